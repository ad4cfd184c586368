//! What users registered with the heap: collection hooks, and finalizers to run at exit.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::gc::Event;

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

/// The finalizers to run at exit, oldest first. The objects own them.
pub(crate) struct AtExit(RefCell<Vec<Weak<dyn RunsAtExit>>>);

impl AtExit {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Adds a finalizer; amortized constant time, as those that are gone make room.
    pub(crate) fn add(&self, finalizer: Weak<dyn RunsAtExit>) {
        let mut all = self.0.borrow_mut();
        if all.len() == all.capacity() {
            all.retain(|finalizer| finalizer.strong_count() > 0);
        }
        all.push(finalizer);
    }

    /// The newest one that is due.
    pub(crate) fn newest(&self) -> Option<Rc<dyn RunsAtExit>> {
        let all: Vec<_> = self.0.borrow().clone();
        all.iter()
            .rev()
            .filter_map(Weak::upgrade)
            .find(|finalizer| finalizer.is_due())
    }

    pub(super) fn shrink(&self) {
        let mut all = self.0.borrow_mut();
        all.retain(|finalizer| finalizer.strong_count() > 0);
        all.shrink_to_fit();
    }
}
