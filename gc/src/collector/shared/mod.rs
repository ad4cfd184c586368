//! The collector of the heap that threads share: trial deletion beside threads that go on.
//!
//! A collection looks twice. The first look is a rough one: it goes through everything that the
//! candidates lead to, keeps each lock only until what is behind it is pinned, and so has nobody wait.
//! Nothing that is garbage escapes it, for nobody changes garbage; but a handle that wanders about
//! meanwhile may be missed. So what it takes for garbage is looked at once more, exactly: with all
//! locks kept that are met, which nobody wants if it is garbage, and as [`word`] has it. If there are
//! finalizers to run, no lock is held while they do, and what is left is looked at again after them.
//!
//! [`word`]: crate::object::shared

mod at_exit;
mod domain;
mod garbage;
mod release;
mod walk;

use std::cell::Cell;
use std::panic::resume_unwind;

pub(crate) use self::at_exit::add_at_exit;
pub(crate) use self::release::{drop_handle, dropped, forget, free, free_now, run_callbacks};
pub(crate) use self::walk::{Walk, for_each_object};

use self::garbage::{Garbage, renumber};
use self::walk::between_looks;
use super::Done;
use super::nesting::{call_user, enter, leave};
use crate::gc::{Event, EventPhase};
use crate::heap::process::{self, AGES, Mutator};
use crate::heap::{Cause, GENERATIONS, OLDEST, Pacing, shared as memory};
use crate::panics::discard;

/// How often the last collection of all is repeated for garbage that finalizers make.
const EXIT_ROUNDS: usize = 16;

/// A collection that the user asked for: returns how many objects were collected, and resumes the
/// first panic of user code.
pub(crate) fn collect_explicitly(generation: usize) -> usize {
    let was_idle = process::pacing(Pacing::is_idle);
    let Done {
        collected, panic, ..
    } = Mutator::with(|mutator| collect_generation(mutator, generation, Cause::Explicit));
    if generation == OLDEST && was_idle && collected == 0 {
        memory::give_back();
    }
    match panic {
        Some(panic) if std::thread::panicking() => discard(panic),
        Some(panic) => resume_unwind(panic),
        None => {}
    }
    collected
}

/// The step before a tracked object is made: the collection that is due then.
#[inline]
pub(crate) fn before_allocation(mutator: &Mutator) {
    if mutator.is_due() {
        collect_due(mutator);
    }
}

/// Never unwinds, and says so: the value for the object, which waits meanwhile, need not be where a
/// landing pad can drop it, but may stay in registers.
#[cold]
#[inline(never)]
extern "C" fn collect_due(mutator: &Mutator) {
    if mutator.has_many_suspects() {
        garbage::sweep(mutator);
    }
    if !mutator.collecting.get() && process::try_detector().is_none() {
        mutator.put_off();
        return;
    }
    // The object to be made counts as one that the collection finds there.
    mutator.made();
    let generation = process::pacing(|pacing| pacing.is_due().then(|| pacing.due()));
    if let Some(generation) = generation {
        collect_quietly(mutator, generation, Cause::Automatic);
    }
    mutator.not_yet_made();
}

/// A collection whose panics nobody gets; returns how many objects were found to be garbage, be it that
/// finalizers resurrected or freed them.
fn collect_quietly(mutator: &Mutator, generation: usize, cause: Cause) -> usize {
    let done = collect_generation(mutator, generation, cause);
    if let Some(panic) = done.panic {
        discard(panic);
    }
    done.found
}

/// The thread ends. If it is the last one that uses the heap, what is garbage then is finalized.
pub(crate) fn thread_exit() {
    Mutator::with(|mutator| {
        mutator.nesting.exiting.set(true);
        end(mutator);
        mutator.nesting.ended.set(true);
    });
}

/// The thread has to do with the heap no longer. If nobody has, what is garbage then is finalized.
fn end(mutator: &Mutator) {
    if !mutator.collecting.get() && mutator.end() {
        unfreeze();
        if process::has_candidates() || at_exit::exist() {
            shutdown_with(mutator);
            mutator.end();
        }
    }
    mutator.nesting.forget_room();
}

/// Runs the finalizers that wait for the exit, newest first, then collects what is garbage, and what
/// that leaves behind.
pub(crate) fn shutdown() {
    Mutator::with(shutdown_with);
}

fn shutdown_with(mutator: &Mutator) {
    process::pacing(Pacing::pause);
    at_exit::run(mutator);
    for _ in 0..EXIT_ROUNDS {
        if collect_quietly(mutator, OLDEST, Cause::Explicit) == 0 {
            break;
        }
    }
    process::pacing(Pacing::resume);
}

/// Freezes all objects there are.
pub(crate) fn freeze() {
    between_looks(|| {
        if AGES.is_last() {
            renumber();
        }
        AGES.freeze();
        process::start_over();
        process::pacing(Pacing::start_over);
    });
}

/// Moves what is frozen to the oldest generation.
pub(crate) fn unfreeze() {
    between_looks(|| AGES.unfreeze());
}

/// Resets a flag, however its time ends.
struct Flagged<'m>(&'m Cell<bool>);

impl Drop for Flagged<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Collects the generations up to `generation`. Does nothing while a collection of this thread is under
/// way, and neither if nobody asked for it and another thread is at it.
fn collect_generation(mutator: &Mutator, generation: usize, cause: Cause) -> Done {
    assert!(generation < GENERATIONS, "the generations are 0, 1 and 2");
    if mutator.collecting.replace(true) {
        return Done::default();
    }
    let collecting = Flagged(&mutator.collecting);
    let pending = mutator.nesting.pending.set_aside();
    let base = mutator.nesting.base.replace(usize::MAX);
    let level = enter(&mutator.nesting);
    call_hooks(mutator, &Event::new(EventPhase::Start, generation, 0));

    let garbage = Garbage::detect(mutator, generation, cause);
    let found = garbage.len();
    let collected = garbage.reclaim(mutator);

    process::pacing(|pacing| pacing.collected(generation, collected));
    call_hooks(
        mutator,
        &Event::new(EventPhase::Stop, generation, collected),
    );
    leave(mutator, level);
    mutator.nesting.base.set(base);
    drop(collecting);
    Done {
        found,
        collected,
        panic: mutator.nesting.pending.put_back(pending),
    }
}

fn call_hooks(mutator: &Mutator, event: &Event) {
    for hook in process::hooks() {
        call_user(&mutator.nesting, move || hook(event));
    }
}
