//! What users registered with the heap: collection hooks, and finalizers to run at exit.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::gc::Event;
use crate::object::make_room;

/// A collection hook.
pub(crate) type Hook = Rc<dyn Fn(&Event)>;

/// The collection hooks, in the order they were added.
pub(crate) struct Hooks(RefCell<Vec<(u64, Hook)>>, Cell<u64>);

impl Hooks {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(Vec::new()), Cell::new(0))
    }

    /// Adds a hook and returns its number.
    pub(crate) fn add(&self, hook: Hook) -> u64 {
        let number = self.1.replace(self.1.get() + 1);
        self.0.borrow_mut().push((number, hook));
        number
    }

    /// Removes a hook. The caller drops it, with no borrow held.
    pub(crate) fn remove(&self, number: u64) -> Option<Hook> {
        let mut hooks = self.0.borrow_mut();
        let index = hooks.iter().position(|hook| hook.0 == number)?;
        Some(hooks.remove(index).1)
    }

    /// The hooks there are now.
    pub(crate) fn all(&self) -> Vec<Hook> {
        self.0.borrow().iter().map(|hook| hook.1.clone()).collect()
    }

    pub(super) fn shrink(&self) {
        self.0.borrow_mut().shrink_to_fit();
    }
}

/// A finalizer that runs at the thread's end if its object lives until then.
pub(crate) trait RunsAtExit {
    /// Whether it still waits to run, and wants to at exit.
    fn is_due(&self) -> bool;
    /// Runs it.
    fn run_at_exit(&self);
}

/// How long finalizers that the exit runs may go on to register others: one has a depth that is
/// one more than that of the finalizer that registered it, and at this depth none runs.
const MAX_DEPTH: usize = 16;

/// The finalizers to run at exit, oldest first. The objects own them.
pub(crate) struct AtExit {
    all: RefCell<Vec<(Weak<dyn RunsAtExit>, usize)>>,
    /// The depth of a finalizer that is registered now.
    depth: Cell<usize>,
}

impl AtExit {
    pub(super) const fn new() -> Self {
        Self {
            all: RefCell::new(Vec::new()),
            depth: Cell::new(0),
        }
    }

    /// Adds a finalizer; amortized constant time, as those that are gone make room.
    pub(crate) fn add(&self, finalizer: Weak<dyn RunsAtExit>) {
        let mut all = self.all.borrow_mut();
        let is_running = self.depth.get() > 0;
        if !is_running {
            make_room(&mut all, |(finalizer, _)| finalizer.strong_count() > 0);
        }
        all.push((finalizer, self.depth.get()));
    }

    /// Calls `run` with every finalizer that is due, the newest first; those that are registered
    /// meanwhile come before the others.
    pub(crate) fn run(&self, run: impl Fn(Rc<dyn RunsAtExit>)) {
        let outer = self.depth.get();
        let mut known = self.all.borrow().len();
        let all = 0..known;
        let mut ranges = vec![all];
        while let Some(range) = ranges.last_mut() {
            let Some(index) = range.next_back() else {
                ranges.pop();
                continue;
            };
            let (finalizer, depth) = self.all.borrow()[index].clone();
            let due = finalizer.upgrade().filter(|finalizer| finalizer.is_due());
            if let Some(finalizer) = due
                && depth < MAX_DEPTH
            {
                self.depth.set(depth + 1);
                run(finalizer);
                let len = self.all.borrow().len();
                ranges.push(known..len);
                known = len;
            }
        }
        self.depth.set(outer);
    }

    pub(super) fn shrink(&self) {
        let mut all = self.all.borrow_mut();
        all.retain(|(finalizer, _)| finalizer.strong_count() > 0);
        all.shrink_to_fit();
    }
}
