//! What the lock-free parts are built of. The models in `tests/loom` compile the very same files with
//! loom's types under these names.

pub(super) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

/// A cell that one thread at a time has access to, in the manner of loom's.
pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    #[inline]
    pub(super) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    #[inline]
    pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
