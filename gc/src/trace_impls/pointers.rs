//! Smart pointers and references, and the handles themselves.

use std::borrow::Cow;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::pin::Pin;
use std::ptr;
use std::rc::{self, Rc};
use std::sync::{self, Arc};

use crate::finalize::Finalizers;
use crate::handle::{Gc, Weak};
use crate::trace::{Depth, Facts, Fields, Leaf, Remainder, Spared, Trace, Tracer};

// SAFETY: 1, 2: a handle owns the one reference it counts as, and reports it once; 3, 4: the call
// reads the handle and nothing behind it; 5: dropping a handle gives up that reference and follows
// it no further on its own account: what then becomes of the object is up to the collector.
unsafe impl<T: ?Sized> Trace for Gc<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        tracer.edge(self);
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        if !spared.spares(self) {
            // SAFETY: from the caller.
            unsafe { ptr::drop_in_place(self) };
        }
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        depth.remainder_of_handle(false)
    }

    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

// SAFETY: duties 1, 2, 3 and 5 speak of strong handles, of which none is reported; 4: the call
// reads the weak handle without upgrading it.
unsafe impl<T: ?Sized> Trace for Weak<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        tracer.weak(self);
    }

    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::NOTHING
    }
}

// SAFETY: all duties as for a handle of one thread.
unsafe impl<T: ?Sized> Trace for crate::sync::Gc<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        tracer.shared_edge(self);
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        if !spared.spares_shared() {
            // SAFETY: from the caller.
            unsafe { ptr::drop_in_place(self) };
        }
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        depth.remainder_of_handle(true)
    }

    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: all duties as for a weak handle of one thread.
unsafe impl<T: ?Sized> Trace for crate::sync::Weak<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        tracer.shared_weak(self);
    }

    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::NOTHING
    }
}

// SAFETY: 1, 2: a box is the sole owner of its value, which is traced once; 3, 4: `&self` makes the
// value readable, and reading it is all that is done; 5: the drop glue drops the value and frees
// its memory.
unsafe impl<T: ?Sized + Trace> Trace for Box<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        T::trace(self, tracer);
    }

    fn trace_fields(&self, fields: &mut Fields) {
        T::trace_fields(self, fields);
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: the box is not used afterwards, from the caller.
        let value = Box::into_raw(unsafe { ptr::read(self) });
        // SAFETY: the memory of a box, whose content is dropped only once: below. Freed on a panic,
        // too.
        let mut memory = unsafe { Box::from_raw(value as *mut ManuallyDrop<T>) };
        // SAFETY: from the caller.
        unsafe { T::drop_rest(&mut memory, spared) };
    }

    #[inline]
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        T::finalize_with(self, finalizers);
    }

    /// Nothing is known: `T` may be unsized, and then it cannot be asked.
    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::UNKNOWN
    }
}

impl<T: ?Sized + Leaf> Leaf for Box<T> {}

// SAFETY: all duties as for `Box<T>`, whose value is traced in the same way.
unsafe impl<T: ?Sized + Trace> Trace for Pin<Box<T>> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        T::trace(self, tracer);
    }

    #[inline]
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        T::finalize_with(self, finalizers);
    }

    /// Nothing is known: `T` may be unsized, and then it cannot be asked.
    #[inline]
    fn facts(_: Depth) -> Facts {
        Facts::UNKNOWN
    }
}

impl<T: ?Sized + Leaf> Leaf for Pin<Box<T>> {}

/// A pinned handle is a handle.
macro_rules! pinned {
    ($($Gc:path: $edge:ident, $facts:expr;)+) => {$(
        // SAFETY: all duties as for the handle itself.
        unsafe impl<T: ?Sized> Trace for Pin<$Gc> {
            #[inline]
            fn trace(&self, tracer: &mut Tracer) {
                let handle = (&raw const *self).cast::<$Gc>();
                // SAFETY: `Pin<P>` is guaranteed to have the layout of `P`, and it is borrowed for as
                // long as the reference made here. A shared reference to the pointer cannot move the
                // pointee.
                tracer.$edge(unsafe { &*handle });
            }

            #[inline]
            fn facts(_: Depth) -> Facts {
                $facts
            }
        }
    )+};
}

pinned! {
    Gc<T>: edge, Facts::HANDLE;
    crate::sync::Gc<T>: shared_edge, Facts::SHARED_HANDLE;
}

// SAFETY: 1, 2: only what the `Cow` owns is traced, and once; a borrowed value belongs to another;
// 3, 4: `&self` makes the owned value readable, and reading it is all that is done; 5: the drop
// glue only drops the owned value.
unsafe impl<B: ?Sized + ToOwned<Owned: Trace>> Trace for Cow<'_, B> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        if let Cow::Owned(value) = self {
            B::Owned::trace(value, tracer);
        }
    }

    #[inline]
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        if let Cow::Owned(value) = self {
            B::Owned::finalize_with(value, finalizers);
        }
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<B::Owned>(depth)
    }
}

impl<B: ?Sized + ToOwned<Owned: Leaf>> Leaf for Cow<'_, B> {}

// What a reference leads to belongs to another. Not traced, so `T` may be anything.
leaf! { impl[T: ?Sized] &'static T }

// What these lead to has several owners. Only leaves are allowed behind them, so that a handle is
// not overlooked unless somebody wrote `#[trace(skip)]`.
leaf! { foreign impl[T: ?Sized + Leaf] Rc<T> }
leaf! { foreign impl[T: ?Sized + Leaf] Arc<T> }
leaf! { foreign impl[T: ?Sized + Leaf] rc::Weak<T> }
leaf! { foreign impl[T: ?Sized + Leaf] sync::Weak<T> }

/// `Trace` that reports nothing, for a type whose content may be gone, or never have been there.
macro_rules! opaque {
    ($([$($generics:tt)*] $ty:ty: $facts:expr;)+) => {$(
        // SAFETY: duties 1, 2, 3 and 5 speak of reported handles, and none is; 4: it does nothing;
        // 6: there is no drop glue.
        unsafe impl<$($generics)*> Trace for $ty {
            #[inline]
            fn trace(&self, _: &mut Tracer) {}

            #[inline]
            fn facts(_: Depth) -> Facts {
                $facts
            }

            #[inline]
            fn remainder(_: Depth) -> Remainder {
                Remainder::Nothing
            }
        }
    )+};
}

opaque! {
    [T: ?Sized] ManuallyDrop<T>: Facts::NOTHING;
    // `Gc::assume_init` makes a `T` of it, which may hold handles.
    [T] MaybeUninit<T>: Facts::HANDLE.union(Facts::SHARED_HANDLE);
}

impl<T: ?Sized + Leaf> Leaf for ManuallyDrop<T> {}
impl<T: Leaf> Leaf for MaybeUninit<T> {}
