//! Who explores these models: loom. `tests/shuttle/word` has a module of this name, too, and runs the
//! same heap.

use std::sync::atomic::Ordering;

pub(crate) use loom::{cell, hint, sync, thread};

/// Keeps the loads of one atomic in view.
///
/// Loom looks for other schedules where two steps depend on each other, but remembers only the last
/// step on each atomic. A thread that loads a value and then exchanges it hides by its own load the
/// load of another thread, and the schedule in which that one comes last is never run. So each load
/// is preceded by a step that depends on all others of its kind, on an atomic of no other use: being
/// relaxed, it puts nothing into an order.
#[derive(Default, Debug)]
pub(crate) struct Loads(sync::atomic::AtomicUsize);

impl Loads {
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
