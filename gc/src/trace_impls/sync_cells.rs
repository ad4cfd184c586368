//! Locks, and cells of several threads.
//!
//! Nobody ever waits here: what is locked is left out, which is safe. What is poisoned is looked
//! into, for its handles are owned all the same. None passes finalizers on: a finalizer could take
//! the very value it runs on out of the lock.

use std::sync::{
    Barrier, Condvar, LazyLock, LockResult, Mutex, Once, OnceLock, PoisonError, RwLock,
    TryLockError, TryLockResult,
};

use crate::trace::{Depth, Facts, Fields, Leaf, Trace, Tracer};

// Nothing is in them but waiting threads.
leaf! { Condvar, Barrier, Once }

/// The guard of a lock that is free, poisoned or not.
fn guard<G>(attempt: TryLockResult<G>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// The content of a lock that nobody else has, poisoned or not.
fn content<C>(attempt: LockResult<C>) -> C {
    attempt.unwrap_or_else(PoisonError::into_inner)
}

lock! {
    /// A panic in the content's `trace` does not poison the mutex: it says nothing about the content.
    Mutex, mutex => guard(mutex.try_lock()), content(mutex.get_mut())
}

lock! {
    /// A panic in the content's `trace` does not poison the lock, for it is locked for reading.
    RwLock, lock => guard(lock.try_read()), content(lock.get_mut())
}

// SAFETY: 1, 2: the cell is the sole owner of its content, which is traced once; 3: what is not
// written yet is left out; 4: `get` neither initializes nor waits for another thread that does; 5:
// the drop glue only drops the content.
unsafe impl<T: Trace> Trace for OnceLock<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        if let Some(content) = self.get() {
            T::trace(content, tracer);
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Some(content) = self.get() {
            T::trace_fields(content, fields);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for OnceLock<T> {}

lazy! { LazyLock }
