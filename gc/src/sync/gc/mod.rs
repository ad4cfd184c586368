//! The collector's switches, its numbers, and what is on the heap that threads share: what
//! [`gc`](crate::gc) is for the heap of a thread, under the same names.
//!
//! All of it is of the whole process: thresholds, counts, statistics, hooks and debug flags are those of
//! all threads together.
//!
//! # When a collection happens
//!
//! By the rules of [`gc`](crate::gc#when-a-collection-happens), on whatever thread makes the object that
//! brings it about; the others go on. Each thread counts its own objects, so with several of them one
//! comes somewhat later than the threshold says.
//!
//! A collection of generation 0 or 1 that comes by itself looks at the candidates that its own thread has
//! found: others see to theirs, and their objects grow no older by it, unless they have stopped doing so.
//! One of generation 2, or one that was asked for, looks at those of all threads. One that is due while
//! another thread looks for garbage waits for that if the look is of one thread's young objects, a
//! millisecond at most; else it is put off until some more objects have been made.
//!
//! Finalizers, callbacks and destructors run on the thread that collects, so perhaps in
//! [`Gc::new`](crate::sync::Gc::new), of whatever type. The collector has let go of all locks by then, but
//! the thread has not: **a finalizer that takes a lock which the thread holds where it makes an object waits
//! for ever.** So make no objects under a lock that finalizers take, or do so under a [`pause`].
//!
//! An explicit [`collect`] waits for the look of another thread, not for the finalizers that it runs.
//! When it returns, all that was garbage when it was called has been found, and is being dealt with by
//! the threads that have found it.
//!
//! # Finding leaks
//!
//! By what [`gc`](crate::gc#finding-leaks) has for that, under the same names. Other threads go on while it
//! looks: what [`why_alive`] and [`dot`] show was true of each object at some moment, and a handle behind a
//! lock that is taken counts as one from outside. While they look the objects are pinned, so that
//! [`Gc::get_mut`](crate::sync::Gc::get_mut) and its kin wait.
//!
//! # The end
//!
//! When a thread ends that is the last one that has shared objects, or has had some, it collects what is
//! garbage. What is held then, by a static, say, stays as it is.

mod debug;
mod freeze;
mod garbage;
mod objects;
mod references;
mod switches;
mod why;

use std::fmt;
use std::sync::Arc;

pub use self::debug::{debug, reset_debug_sink, set_debug, set_debug_sink};
pub use self::freeze::{freeze, freeze_count, unfreeze};
pub use self::garbage::{Garbage, Saved, garbage};
pub use self::objects::{census, is_finalized, is_tracked, objects};
pub use self::references::{Subject, referents, referrers};
pub use self::switches::{
    Pause, count, disable, enable, is_enabled, pause, set_threshold, stats, threshold,
};
pub(crate) use self::why::why_listed_is_alive;
pub use self::why::{dot, why_alive};
pub use crate::gc::{
    Census, CensusChange, CensusChangeRow, CensusRow, DebugFlags, Event, EventPhase,
    IntoThresholds, ObjectRef, Stats, Step, WhyAlive,
};

use crate::collector::shared as collector;
use crate::gc::check;
use crate::guarded::Guarded;
use crate::heap::OLDEST;
use crate::heap::process::HOOKS;

/// Collects all generations and returns how many objects were garbage.
///
/// Finalizers run, weak handles are cleared, callbacks run, values are dropped, on this thread. Counted
/// is what this call has freed, as in [`gc::collect`](crate::gc::collect): not what another thread's
/// collection has found before.
///
/// Returns 0 and does nothing if called while this thread runs a collection of the shared heap, from a
/// finalizer or a callback.
///
/// # Panics
///
/// Resumes the first panic of user code that ran in it, after the work is done.
///
/// # Examples
///
/// ```
/// use gordian::Trace;
/// use gordian::sync::{self, Gc};
/// use std::sync::OnceLock;
///
/// #[derive(Trace)]
/// struct Loop(OnceLock<Gc<Loop>>);
///
/// let a = Gc::new(Loop(OnceLock::new()));
/// assert!(a.0.set(a.clone()).is_ok());
/// drop(a);
/// assert_eq!(sync::collect(), 1);
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
/// assert_eq!(gordian::sync::gc::collect_generation(0), 0);
/// ```
pub fn collect_generation(generation: usize) -> usize {
    check(generation);
    collector::collect_explicitly(generation)
}

/// Runs the finalizers registered with [`weak::finalize`](crate::sync::weak::finalize) that wait for the
/// exit, the newest first, then collects what is garbage, repeatedly (at most 16 times) as long as
/// finalizers make more.
///
/// The end of the last thread that uses the shared heap does the same by itself, but not
/// `std::process::exit`, nor the end of `main` while other threads go on: call this before. Automatic
/// collection is off while it runs. Panics are swallowed: the panic hook has reported them.
///
/// # Examples
///
/// ```
/// # use gordian::sync::{Gc, gc, weak};
/// let object = Gc::new(1);
/// let finalizer = weak::finalize(&object, || println!("the end"));
/// gc::shutdown();
/// assert!(!finalizer.alive());
/// ```
pub fn shutdown() {
    collector::shutdown();
}

/// Calls `hook` at the start and the end of every collection of the shared heap, on the thread that
/// collects, until the returned [`Hook`] is dropped.
///
/// Two threads may be in their collections at once, one looking for garbage while the other finalizes.
///
/// # Examples
///
/// ```
/// use gordian::sync::gc;
///
/// let hook = gc::on_collect(|event| println!("{event:?}"));
/// gc::collect(); // prints two lines
/// drop(hook);
/// ```
#[must_use = "dropping it removes the hook"]
pub fn on_collect(hook: impl Fn(&Event) + Send + Sync + 'static) -> Hook {
    Hook {
        number: HOOKS.with(|hooks| hooks.add(Arc::new(hook))),
    }
}

/// A registered hook; dropping it removes the hook. See [`on_collect`].
///
/// A collection that another thread has begun may still call it once.
pub struct Hook {
    number: u64,
}

impl Drop for Hook {
    fn drop(&mut self) {
        let _hook = HOOKS.with(|hooks| hooks.remove(self.number));
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("number", &self.number)
            .finish()
    }
}
