//! Locks, and cells of several threads.
//!
//! Nobody ever waits here: what is locked is left out, which is safe. What is poisoned is looked
//! into, for its handles are owned all the same. None passes finalizers on: a finalizer could take
//! the very value it runs on out of the lock.

use std::sync::{
    Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, TryLockError, TryLockResult,
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

/// A panic in the content's `trace` does not poison the mutex: it says nothing about the content.
// SAFETY: 1, 2: the mutex is the sole owner of its content, which is traced once; 3: while it is
// locked the content is left out; 4: `try_lock` does not block, and the lock is released, and not
// poisoned, before the end, on a panic too; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for Mutex<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        match guard(self.try_lock()) {
            // SAFETY: the lock is traced itself; the content lies in it.
            Some(content) => unsafe { tracer.behind(content, T::trace) },
            None => tracer.is_incomplete = true,
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Some(content) = guard(self.try_lock()) {
            fields.behind(content, T::trace_fields);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for Mutex<T> {}

/// A panic in the content's `trace` does not poison the lock, for it is locked for reading.
// SAFETY: 1, 2: the lock is the sole owner of its content, which is traced once; 3: while it is
// locked for writing the content is left out; 4: `try_read` does not block, and the lock is
// released before the end, on a panic too; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for RwLock<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        match guard(self.try_read()) {
            // SAFETY: the lock is traced itself; the content lies in it.
            Some(content) => unsafe { tracer.behind(content, T::trace) },
            None => tracer.is_incomplete = true,
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Some(content) = guard(self.try_read()) {
            fields.behind(content, T::trace_fields);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for RwLock<T> {}

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

/// Only the value is reported, once it exists; the cell is never forced. Handles that the function
/// captures are held from outside until it has run.
// SAFETY: 1, 2: the cell is the sole owner of its value, which is traced once; 3: what is not
// computed yet is left out; 4: `get` neither forces nor waits for another thread that does; 5: the
// drop glue only drops the value, or else the function, of which nothing was reported.
unsafe impl<T: Trace, F> Trace for LazyLock<T, F> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        if let Some(value) = Self::get(self) {
            T::trace(value, tracer);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf, F: Leaf> Leaf for LazyLock<T, F> {}
