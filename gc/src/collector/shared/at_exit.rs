//! The finalizers to run when the last thread ends that uses the shared heap.

use std::cell::Cell;
use std::sync::{Mutex, Weak};

use crate::collector::run_at_exit;
use crate::guarded::Guarded;
use crate::heap::process::Mutator;
use crate::heap::{AtExit, RunsAtExit};

type Finalizer = Weak<dyn RunsAtExit + Send + Sync>;

static ALL: Mutex<AtExit<Finalizer>> = Mutex::new(AtExit::new());

thread_local! {
    /// The depth of a finalizer that this thread registers now: see [`AtExit`].
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Adds a finalizer to those that run at exit: at once, if the thread's end has been, and it is the last
/// one.
pub(crate) fn add_at_exit(finalizer: Finalizer) {
    Mutator::with(|mutator| {
        mutator.guard();
        let exists = |finalizer: &Finalizer| finalizer.strong_count() > 0;
        DEPTH.with(|depth| ALL.with(|all| all.add(finalizer, depth, exists)));
        if mutator.nesting.ended.get() {
            super::end(mutator);
        }
    });
}

/// Whether there may be any that is due.
pub(super) fn exist() -> bool {
    ALL.with(|all| !all.is_empty())
}

/// Runs all that are due, as long as `may_run` says so. Other threads may register more meanwhile, and
/// run some of them.
pub(super) fn run(mutator: &Mutator, may_run: impl Fn() -> bool) {
    DEPTH.with(|depth| {
        AtExit::run(&ALL, depth, |finalizer| {
            may_run() && run_at_exit(&mutator.nesting, || finalizer.upgrade())
        });
    });
}
