//! A collection from outside: what goes before and after it, whoever's the heap is.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::ops::Deref;
use std::panic::resume_unwind;

use super::nesting::{call_user, enter, leave};
use super::report::{self, Reports};
use crate::gc::{Event, EventPhase};
use crate::heap::{Cause, GENERATIONS, OLDEST};
use crate::panics::{Panic, discard};

/// How often a last collection is repeated for garbage that finalizers make.
const EXIT_ROUNDS: usize = 16;

/// Somebody's heap, as it is collected.
pub(super) trait Collects: Reports {
    /// Set while a collection of this thread is under way; another one does nothing.
    fn collecting(&self) -> &Cell<bool>;

    /// The hooks there are now.
    fn hooks(&self) -> Vec<impl Deref<Target: Fn(&Event)>>;

    /// Finds the garbage of the generations up to `generation` and deals with it. Panics of user code
    /// are noted.
    fn collect(&self, generation: usize, cause: Cause) -> Collected;
}

/// How much garbage a collection dealt with.
pub(super) struct Collected {
    /// How many objects it took for garbage.
    pub(super) found: usize,
    /// How many of them it freed.
    pub(super) collected: usize,
}

/// Collects the generations up to `generation`: how much, and the first panic of user code. Does nothing
/// while a collection is under way.
fn collect<H: Collects>(heap: &H, generation: usize, cause: Cause) -> (Collected, Option<Panic>) {
    /// Resets the flag that a collection is under way, however the collection ends.
    struct Collecting<'h>(&'h Cell<bool>);
    impl Drop for Collecting<'_> {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }

    assert!(generation < GENERATIONS, "the generations are 0, 1 and 2");
    if heap.collecting().replace(true) {
        let nothing = Collected {
            found: 0,
            collected: 0,
        };
        return (nothing, None);
    }
    let collecting = Collecting(heap.collecting());
    let nesting = heap.nesting();
    let pending = nesting.pending.set_aside();
    let base = nesting.base.replace(usize::MAX);
    let waiting = enter(nesting);
    call_hooks(heap, &Event::new(EventPhase::Start, generation, 0));

    let start = report::started(heap, generation);
    let done = heap.collect(generation, cause);
    report::done(heap, done.collected, start);

    let event = Event::new(EventPhase::Stop, generation, done.collected);
    call_hooks(heap, &event);
    leave(heap, waiting);
    nesting.base.set(base);
    drop(collecting);
    (done, nesting.pending.put_back(pending))
}

fn call_hooks<H: Collects>(heap: &H, event: &Event) {
    for hook in heap.hooks() {
        call_user(heap.nesting(), move || hook(event));
    }
}

/// A collection that the user asked for: returns how many objects were collected, and calls `finish` with
/// that. Then resumes the first panic of user code.
pub(super) fn collect_explicitly<H: Collects>(
    heap: &H,
    generation: usize,
    finish: impl FnOnce(usize),
) -> usize {
    let (Collected { collected, .. }, panic) = collect(heap, generation, Cause::Explicit);
    finish(collected);
    match panic {
        Some(panic) if std::thread::panicking() => discard(panic),
        Some(panic) => resume_unwind(panic),
        None => {}
    }
    collected
}

/// A collection whose panics nobody gets, as the panic hook has reported them; returns how many objects
/// were found to be garbage, be it that finalizers resurrected or freed them.
pub(super) fn collect_quietly<H: Collects>(heap: &H, generation: usize, cause: Cause) -> usize {
    let (Collected { found, .. }, panic) = collect(heap, generation, cause);
    if let Some(panic) = panic {
        discard(panic);
    }
    found
}

/// Collects until no garbage is left, or finalizers seem to go on making some.
pub(super) fn collect_repeatedly<H: Collects>(heap: &H) {
    for _ in 0..EXIT_ROUNDS {
        if collect_quietly(heap, OLDEST, Cause::Explicit) == 0 {
            break;
        }
    }
}
