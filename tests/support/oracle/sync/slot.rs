//! What a `RefCell` is on the heap of a thread.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult};

use gordian::Trace;

/// A lock that is free whenever it is asked for, if the driver is right: one thread at a time does
/// something. A poisoned one is as good as any.
#[derive(Trace, Default)]
pub(super) struct Slot<T>(RwLock<T>);

impl<T> Slot<T> {
    pub(super) fn new(content: T) -> Self {
        Self(RwLock::new(content))
    }

    pub(super) fn borrow(&self) -> RwLockReadGuard<'_, T> {
        locked(self.0.try_read())
    }

    pub(super) fn borrow_mut(&self) -> RwLockWriteGuard<'_, T> {
        locked(self.0.try_write())
    }

    pub(super) fn replace(&self, content: T) -> T {
        std::mem::replace(&mut *self.borrow_mut(), content)
    }

    pub(super) fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }
}

fn locked<G>(result: TryLockResult<G>) -> G {
    match result {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => panic!("the slot is in use"),
    }
}
