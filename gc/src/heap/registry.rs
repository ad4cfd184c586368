//! What users registered with the heap: collection hooks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

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
