//! The collector's switches, its numbers, and what is on the heap; the names are those of
//! Python's `gc` module.
//!
//! All of it is of the calling thread: each thread has a heap of its own.
//!
//! # When a collection happens
//!
//! Making an object whose type can hold handles may run one, before the object is made; cloning,
//! dropping and reading a handle never do. Objects are in three generations, and new ones in
//! generation 0; survivors move up. The rule is CPython's: generation 0 is collected when
//! allocations exceed releases since its last collection by more than [`threshold`]`().0`,
//! generation 1 when generation 0 has been collected more than `threshold().1` times since its own
//! last collection, and generation 2 likewise, but only if the objects that wait in it for their
//! first full collection are at least a quarter of those that have had one.
//!
//! Beyond CPython, old garbage does not wait for ever, even in a program that makes no more of it:
//! a full collection also runs when 160 times as many objects have been made since the last one as
//! there are (and at least 4 000), whatever has become of them, and some object has lost a handle and
//! lives on. It visits each object at most once, which takes about as long as making ten. A program
//! that makes no object at all that can hold handles keeps its garbage until it calls [`collect`], or
//! the thread ends.
//!
//! And a program that builds a large structure is not held up: a collection that visits more than
//! 500 objects in vain puts off the next one, by sixteen allocations for each of these, or for as
//! long as allowed if next to nothing was garbage; but never by more objects than survived one of the
//! last 16 to 32 collections, or were there when one was asked for (or 4 000, where there were few).
//! Collections that find garbage instead soon end the delay, and an explicit one does at once. In an
//! automatic collection objects born since the last one stay in generation 0, so that what is half
//! built does not grow old.
//!
//! # Finding leaks
//!
//! [`census`] counts objects by type, and says what has grown since another one. [`why_alive`] gives the
//! shortest path to an object from one that is held from outside, field by field; [`referrers()`],
//! [`referents()`] and [`dot`] show what is around it. Garbage is told of and kept by [`set_debug`]. All
//! of these but the last cost nothing as long as they are not asked.
//!
//! # Memory
//!
//! What objects needed at one of the last 16 to 32 collections is kept for the next ones; beyond
//! that, and a reserve of 2 MiB or a quarter of what is in use, memory that is free goes back to the
//! global allocator. A [`collect`] that finds nothing, and nothing made since the one before, gives back
//! all but the reserve: to give up memory, call it twice.

mod census;
mod debug;
mod freeze;
mod garbage;
mod object_ref;
mod objects;
mod references;
mod switches;
mod why;

use std::fmt;
use std::rc::Rc;

pub(crate) use self::census::Count;
pub use self::census::{Census, CensusChange, CensusChangeRow, CensusRow, census};
pub use self::debug::{DebugFlags, debug, reset_debug_sink, set_debug, set_debug_sink};
pub use self::freeze::{freeze, freeze_count, unfreeze};
pub(crate) use self::garbage::saved_garbage;
pub use self::garbage::{Garbage, Saved, garbage};
pub(crate) use self::object_ref::named;
pub use self::object_ref::{ObjectRef, Subject};
pub use self::objects::{is_finalized, is_tracked, objects};
pub use self::references::{referents, referrers};
pub(crate) use self::references::{referents_in, referrers_in};
pub use self::switches::{
    IntoThresholds, Pause, count, disable, enable, is_enabled, pause, set_threshold, stats,
    threshold,
};
pub(crate) use self::why::draw;
pub use self::why::{Step, WhyAlive, dot, why_alive};

pub(crate) use self::debug::short_name;

use crate::collector;
use crate::heap::{GENERATIONS, Heap, OLDEST};

/// Collects all generations and returns how many objects were garbage.
///
/// Finalizers run, weak handles are cleared, callbacks run, values are dropped. Objects that a
/// finalizer resurrected, or that were freed by counting because a finalizer cut their cycle, are
/// not counted; nor are untracked ones.
///
/// Returns 0 and does nothing if called while a collection runs, from a finalizer or a callback.
///
/// # Panics
///
/// Resumes the first panic of user code that ran in it, after the work is done.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Trace};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// struct Loop(RefCell<Option<Gc<Loop>>>);
///
/// let a = Gc::new(Loop(RefCell::default()));
/// *a.0.borrow_mut() = Some(a.clone());
/// drop(a);
/// assert_eq!(gordian::collect(), 1);
/// ```
pub fn collect() -> usize {
    collect_generation(OLDEST)
}

/// Collects the generations up to `generation` and returns how many objects were garbage.
///
/// # Panics
///
/// If `generation` is above 2; and as [`collect`].
///
/// # Examples
///
/// ```
/// assert_eq!(gordian::gc::collect_generation(0), 0);
/// ```
pub fn collect_generation(generation: usize) -> usize {
    check(generation);
    Heap::with(|heap| collector::collect_explicitly(heap, generation))
}

pub(crate) fn check(generation: usize) {
    assert!(
        generation < GENERATIONS,
        "there is no generation {generation}: they are 0, 1 and 2"
    );
}

/// Runs the finalizers registered with [`weak::finalize`](crate::weak::finalize) that wait for the
/// thread's end, the newest first, then collects what is garbage, repeatedly (at most 16 times)
/// as long as finalizers make more.
///
/// The end of a thread does the same by itself. `std::process::exit` need not (whether it runs the
/// destructors of thread-locals depends on the platform), so call this before it. Automatic collection is off while it runs. Panics are swallowed: the panic hook has
/// reported them.
///
/// # Examples
///
/// ```
/// # use gordian::{Gc, gc, weak};
/// use std::{cell::Cell, rc::Rc};
///
/// let ran = Rc::new(Cell::new(false));
/// let object = Gc::new(1);
/// weak::finalize(&object, { let ran = ran.clone(); move || ran.set(true) });
/// gc::shutdown();
/// assert!(ran.get());
/// ```
pub fn shutdown() {
    Heap::with(collector::shutdown);
}

/// How a type's collections went: see [`stats`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How often the generation was collected.
    pub collections: usize,
    /// How many objects that freed.
    pub collected: usize,
    /// How many objects were found to be garbage and could not be freed. Always 0: finalizers do
    /// not stand in the way. Kept for the sake of the name.
    pub uncollectable: usize,
}

impl Stats {
    pub(crate) const ZERO: Self = Self {
        collections: 0,
        collected: 0,
        uncollectable: 0,
    };
}

/// Whether a collection begins or has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventPhase {
    /// It is about to begin.
    Start,
    /// It has ended.
    Stop,
}

/// What a hook is told of a collection: see [`on_collect`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Event {
    /// Start or stop.
    pub phase: EventPhase,
    /// The oldest generation collected.
    pub generation: usize,
    /// How many objects were collected; 0 at the start.
    pub collected: usize,
    /// Always 0: see [`Stats::uncollectable`].
    pub uncollectable: usize,
}

impl Event {
    pub(crate) fn new(phase: EventPhase, generation: usize, collected: usize) -> Self {
        Self {
            phase,
            generation,
            collected,
            uncollectable: 0,
        }
    }
}

/// Calls `hook` at the start and the end of every collection of this thread, until the returned
/// [`Hook`] is dropped.
///
/// # Examples
///
/// ```
/// use gordian::gc;
///
/// let hook = gc::on_collect(|event| println!("{event:?}"));
/// gc::collect(); // prints two lines
/// drop(hook);
/// gc::collect(); // prints nothing
/// ```
#[must_use = "dropping it removes the hook"]
pub fn on_collect(hook: impl Fn(&Event) + 'static) -> Hook {
    Hook {
        number: Heap::with(|heap| {
            heap.guard();
            heap.hooks.borrow_mut().add(Rc::new(hook))
        }),
        marker: Default::default(),
    }
}

/// A registered hook; dropping it removes the hook. See [`on_collect`].
pub struct Hook {
    number: u64,
    /// Of this thread's heap: not to be sent elsewhere.
    marker: std::marker::PhantomData<*mut ()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        let _hook = Heap::with(|heap| heap.hooks.borrow_mut().remove(self.number));
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = self.marker;
        f.debug_struct("Hook")
            .field("number", &self.number)
            .finish()
    }
}
