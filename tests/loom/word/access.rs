//! What the models say of memory and locks: any wrong use of either fails.

use crate::runtime::cell::UnsafeCell;
use crate::runtime::sync::atomic::{AtomicBool, Ordering};
use crate::runtime::thread::yield_now;

/// Memory that is watched: two accesses at once, one of them a write, fail the model, and so do
/// accesses that nothing puts into an order.
#[derive(Debug)]
pub(crate) struct Watched<T>(UnsafeCell<T>);

// SAFETY: the cell panics at an access that races with another one, before it is made.
unsafe impl<T: Send> Sync for Watched<T> {}

impl<T> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        self.0.with(|value| {
            // SAFETY: the cell has found no write that could race with it.
            look(unsafe { &*value })
        })
    }

    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        self.0.with_mut(|value| {
            // SAFETY: the cell has found no other access that could race with it.
            change(unsafe { &mut *value })
        })
    }
}

/// A spin lock. Loom's own mutex hides some of the schedules in which an attempt fails.
#[derive(Debug)]
pub(crate) struct Lock(AtomicBool);

impl Lock {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    pub(crate) fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    pub(crate) fn lock(&self) {
        while !self.try_lock() {
            yield_now();
        }
    }

    pub(crate) fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}
