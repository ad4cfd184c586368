//! Where a thread is in releases and collections, which nest: how deep, what waits, and what panicked.

use std::cell::{Cell, RefCell};

use crate::panics::FirstPanic;

/// See the module. `W` is what waits for its release.
pub(crate) struct Nesting<W> {
    /// How deep releases and collections are nested; from a fixed depth on, released objects wait.
    /// More than that by [`POSTPONING`](Nesting::POSTPONING) while a collection visits or frees
    /// objects, and nothing else may be freed.
    pub(crate) depth: Cell<usize>,
    /// The depth at which the innermost user code was called.
    pub(crate) base: Cell<usize>,
    /// What waits for its release, the next one last.
    pub(crate) queue: RefCell<Vec<W>>,
    /// The first panic since the outermost release or collection began.
    pub(crate) pending: FirstPanic,
    /// The thread is ending: nobody gets a panic any more.
    pub(crate) exiting: Cell<bool>,
    /// Its last collection has been: whatever is dropped from now on is collected at once.
    pub(crate) ended: Cell<bool>,
}

impl<W> Nesting<W> {
    /// What is added to `depth` while releases wait.
    pub(crate) const POSTPONING: usize = 1 << 16;

    pub(crate) const fn new() -> Self {
        Self {
            depth: Cell::new(0),
            base: Cell::new(0),
            queue: RefCell::new(Vec::new()),
            pending: FirstPanic::new(),
            exiting: Cell::new(false),
            ended: Cell::new(false),
        }
    }

    /// Gives back the queue's memory, if nothing waits in it.
    pub(crate) fn forget_room(&self) {
        let mut queue = self.queue.borrow_mut();
        if queue.is_empty() {
            *queue = Vec::new();
        }
    }

    /// Whether a collection visits objects, or frees them.
    pub(crate) fn is_postponing(&self) -> bool {
        self.depth.get() >= Self::POSTPONING
    }
}
