//! Finalizers to run at exit, if their objects live until then.
#![forbid(unsafe_code)]

use std::cell::Cell;

use crate::guarded::Guarded;
use crate::object::make_room;

/// A finalizer that runs at the thread's end, or the program's, if its object lives until then.
pub(crate) trait RunsAtExit {
    /// Runs it, if it still waits to run, and wants to at exit; says whether it did.
    fn run_at_exit(&self) -> bool;
}

/// How long finalizers that the exit runs may go on to register others: one has a depth that is
/// one more than that of the finalizer that registered it, and at this depth none runs.
const MAX_DEPTH: usize = 16;

/// The finalizers, oldest first, with their depths. The objects own them: these are weak pointers.
pub(crate) struct AtExit<W>(Vec<(W, usize)>);

impl<W> AtExit<W> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a finalizer; amortized constant time, as those that are gone make room.
    pub(crate) fn add(&mut self, finalizer: W, depth: &Cell<usize>, exists: impl Fn(&W) -> bool) {
        make_room(&mut self.0, |(finalizer, _)| exists(finalizer));
        self.0.push((finalizer, depth.get()));
    }

    /// Whether there is none, due or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls `run` with every finalizer, the newest first; those that are registered meanwhile come
    /// before the others. It says whether it was due: those that were not stay. `depth` is that of
    /// what this thread registers.
    pub(crate) fn run(all: &impl Guarded<Self>, depth: &Cell<usize>, run: impl Fn(&W) -> bool) {
        let outer = depth.get();
        let mut left = Vec::new();
        while let Some((finalizer, its_depth)) = all.with(|all| all.0.pop()) {
            depth.set(its_depth + 1);
            if its_depth >= MAX_DEPTH || !run(&finalizer) {
                left.push((finalizer, its_depth));
            }
        }
        depth.set(outer);
        left.reverse();
        all.with(|all| drop(all.0.splice(..0, left)));
    }

    pub(crate) fn shrink(&mut self, exists: impl Fn(&W) -> bool) {
        self.0.retain(|(finalizer, _)| exists(finalizer));
        self.0.shrink_to_fit();
    }
}
