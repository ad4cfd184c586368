//! What one thread or several take turns with: a `RefCell` or a `Mutex`.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

/// See the module. For short times in which no user code runs.
pub(crate) trait Guarded<S> {
    /// Lends the content out.
    fn with<R>(&self, f: impl FnOnce(&mut S) -> R) -> R;
}

impl<S> Guarded<S> for RefCell<S> {
    fn with<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        f(&mut self.borrow_mut())
    }
}

impl<S> Guarded<S> for Mutex<S> {
    fn with<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        f(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
