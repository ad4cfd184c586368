//! Cells of one thread.
//!
//! None passes finalizers on: a finalizer could take the very value it runs on out of the cell.

use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::ptr;

use crate::trace::{Depth, Facts, Fields, Leaf, Remainder, Spared, Trace, Tracer};

/// The content is read in place, without being taken out.
///
/// Unsafe code that makes a `&mut` to the content by [`Cell::as_ptr`] must have let go of it when
/// it makes a `Gc`, which may collect, and whenever else a collection can begin.
// SAFETY: 1, 2: a cell is the sole owner of its content, which is traced once; 3: see the block; 4:
// the content is read in place; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for Cell<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        // SAFETY: the pointer is valid, being that of the borrowed cell. While this reference lives
        // nobody writes to the content: `Cell` is `!Sync`, so another thread would need exclusive
        // access, which `&self` excludes; on this thread nothing runs but `T::trace`, which
        // mutates nothing, and does not panic (duty 4). Nor is any `&mut` to
        // the content alive: safe code gets one only from a `&mut Cell`, which `&self` excludes, too.
        let content = unsafe { &*self.as_ptr() };
        tracer.in_cell(|tracer| T::trace(content, tracer));
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: from the caller.
        unsafe { T::drop_rest(self.get_mut(), spared) };
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        Remainder::of::<T>(depth)
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for Cell<T> {}

// SAFETY: 1, 2: the cell is the sole owner of its content, which is traced once; 3: while it is
// mutably borrowed the content is left out; 4: the shared borrow is given back before the end, on
// a panic too, or at once where a panic hook could drop the cell; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for RefCell<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        match self.try_borrow() {
            Ok(content) if tracer.is_in_cell => {
                let place = &raw const *content;
                drop(content);
                // SAFETY: as for the `Cell` around it, from which nobody borrows.
                T::trace(unsafe { &*place }, tracer);
            }
            Ok(content) => T::trace(&content, tracer),
            Err(_) => tracer.is_incomplete = true,
        }
    }

    fn trace_fields(&self, fields: &mut Fields) {
        if let Ok(content) = self.try_borrow() {
            T::trace_fields(&content, fields);
        }
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        // Of what is mutably borrowed, for ever by now, nothing was reported.
        if self.try_borrow().is_ok() {
            // SAFETY: from the caller.
            unsafe { T::drop_rest(self.get_mut(), spared) };
        } else {
            // SAFETY: from the caller.
            unsafe { ptr::drop_in_place(self) };
        }
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        Remainder::of::<T>(depth)
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for RefCell<T> {}

// SAFETY: 1, 2: the cell is the sole owner of its content, which is traced once; 3: what is not
// written yet is left out; 4: `get` never initializes; 5: the drop glue only drops the content.
unsafe impl<T: Trace> Trace for OnceCell<T> {
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
    unsafe fn drop_rest(&mut self, spared: Spared) {
        if let Some(content) = self.get_mut() {
            // SAFETY: from the caller.
            unsafe { T::drop_rest(content, spared) };
        }
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        Remainder::of::<T>(depth)
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

impl<T: Leaf> Leaf for OnceCell<T> {}

lazy! { LazyCell }
