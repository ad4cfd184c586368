//! What one thread or several take turns with: a `RefCell` or a `Mutex`. Who panicked with it has left
//! nothing half done, so that a poisoned mutex is one like any other.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
        f(&mut lock(self))
    }
}

/// Locks a mutex of the crate's own.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
