//! The locks of `parking_lot`, with the feature of that name.
//!
//! As those of the standard library ([`sync_cells`](super::sync_cells)), but that they are never
//! poisoned. Reentrant ones are not here: that one is taken would not mean that it is in use.

use parking_lot::{Condvar, Mutex, Once, RwLock};

use crate::trace::{Depth, Facts, Fields, Leaf, Trace, Tracer};

// Nothing is in them but waiting threads.
leaf! { Condvar, Once }

// SAFETY: 1, 2: the mutex is the sole owner of its content, which is traced once; 3: while it is
// locked the content is left out; 4: `try_lock` does not block, and the lock is released before the
// end, on a panic too, or kept by who traces; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for Mutex<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        match self.try_lock() {
            // SAFETY: the lock is traced itself; the content lies in it.
            Some(content) => unsafe { tracer.behind(content, T::trace) },
            None => tracer.is_incomplete = true,
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Some(content) = self.try_lock() {
            fields.behind(content, T::trace_fields);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for Mutex<T> {}

// SAFETY: all duties as for a mutex; while it is locked for writing the content is left out.
unsafe impl<T: Trace> Trace for RwLock<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        match self.try_read() {
            // SAFETY: the lock is traced itself; the content lies in it.
            Some(content) => unsafe { tracer.behind(content, T::trace) },
            None => tracer.is_incomplete = true,
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Some(content) = self.try_read() {
            fields.behind(content, T::trace_fields);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for RwLock<T> {}
