//! [`Trace`](crate::Trace) for the types of the standard library.
//!
//! Three kinds of impls, by what may lie behind the type:
//!
//! * **Leaves** ([`scalars`], [`strings`], [`system`], the fences of [`sync_cells`]) hold no
//!   handle, report nothing and are [`Leaf`](crate::trace::Leaf).
//! * **Plain owners** ([`containers`], [`tuples`], `Box` in [`pointers`]) report what they own and
//!   pass finalizers on to it.
//! * **Cells and locks** ([`cells`], [`sync_cells`]) report what they can read at this moment and
//!   pass no finalizer on.
//!
//! What has more than one owner (`Rc`, `Arc`, references, `Cow::Borrowed`) or whose owner answers
//! for it alone (`ManuallyDrop`, `MaybeUninit`) reports nothing, which is always safe.
//!
//! The SAFETY comments cite the numbered duties of [`Trace`](crate::Trace): 1 at most once, 2 sole
//! owner, 3 readable now, 4 inert, 5 blind drop. Duty 6, bare means bare, is kept in one way
//! throughout: a type is bare if all its parts are, and if it either passes `drop_rest` on to them, or
//! has none with handles. Elements are traced as `T::trace(element, ..)`,
//! never as `element.trace(..)`: a reference is `Trace` too and reports nothing, so that one `&`
//! too many would silently hide the element.

/// Implements `Trace` and `Leaf` for types that never hold a handle.
///
/// `leaf!(A, B)` is for sized types, `leaf!(unsized A, B)` for unsized ones, whose facts nobody can
/// ask, and `leaf!(impl[T] A<T>)` for a generic type; `leaf!(foreign impl[T] A<T>)` for one that
/// may own something whose drop glue is not the standard library's.
macro_rules! leaf {
    (impl[$($generics:tt)*] $ty:ty) => {
        leaf!(impl[$($generics)*] $ty, $crate::trace::Remainder::of_plain::<Self>());
    };
    (foreign impl[$($generics:tt)*] $ty:ty) => {
        leaf!(impl[$($generics)*] $ty, $crate::trace::Remainder::Anything);
    };
    (impl[$($generics:tt)*] $ty:ty, $remainder:expr) => {
        // SAFETY: duties 1, 2, 3 and 5 speak of reported handles, and none is; 4: it does nothing;
        // 6: there are no handles to spare, and it is called bare only if its drop glue is the
        // standard library's alone.
        unsafe impl<$($generics)*> $crate::trace::Trace for $ty {
            #[inline]
            fn trace(&self, _: &mut $crate::trace::Tracer) {}

            #[inline]
            fn facts(_: $crate::trace::Depth) -> $crate::trace::Facts {
                $crate::trace::Facts::NOTHING
            }

            #[inline]
            fn remainder(_: $crate::trace::Depth) -> $crate::trace::Remainder {
                $remainder
            }
        }

        impl<$($generics)*> $crate::trace::Leaf for $ty {}
    };
    (unsized $($ty:ty),+ $(,)?) => {$(
        // SAFETY: duties 1, 2, 3 and 5 speak of reported handles, and none is; 4: it does nothing.
        unsafe impl $crate::trace::Trace for $ty {
            #[inline]
            fn trace(&self, _: &mut $crate::trace::Tracer) {}
        }

        impl $crate::trace::Leaf for $ty {}
    )+};
    ($($ty:ty),+ $(,)?) => {$(
        leaf!(impl[] $ty);
    )+};
}

/// Implements `Trace` and `Leaf` for a lock, of which is said how to take it unless that meant to wait:
/// `lock!(Mutex, mutex => mutex.try_lock())`, an `Option` of a guard.
macro_rules! lock {
    ($(#[$doc:meta])* $Lock:ident, $lock:ident => $attempt:expr, $content:expr) => {
        $(#[$doc])*
        // SAFETY: 1, 2: the lock is the sole owner of its content, which is traced once; 3: while
        // somebody may write to the content it is left out; 4: to try does not block, and the lock is
        // released, and not poisoned, before the end, on a panic too, or kept by who traces; 5: the drop
        // glue only drops the content.
        unsafe impl<T: $crate::trace::Trace> $crate::trace::Trace for $Lock<T> {
            #[inline]
            fn trace(&self, tracer: &mut $crate::trace::Tracer) {
                let $lock = self;
                match $attempt {
                    // SAFETY: the lock is traced itself; the content lies in it.
                    Some(content) => unsafe { tracer.behind(content, T::trace) },
                    None => tracer.is_incomplete = true,
                }
            }

            fn trace_fields(&self, fields: &mut $crate::trace::Fields) {
                let $lock = self;
                if let Some(content) = $attempt {
                    fields.behind(content, T::trace_fields);
                }
            }

            #[inline]
            unsafe fn drop_rest(&mut self, spared: $crate::trace::Spared) {
                let is_hidden = {
                    let $lock = &*self;
                    // What is locked, for ever by now, was not reported; but in shared garbage the lock is the
                    // collector's own, which has read what is behind it.
                    !spared.spares_shared() && $attempt.is_none()
                };
                if is_hidden || ::std::mem::needs_drop::<$Lock<()>>() {
                    // SAFETY: from the caller.
                    unsafe { ::std::ptr::drop_in_place(self) };
                } else {
                    let $lock = self;
                    // SAFETY: from the caller; but for the content there is nothing to drop.
                    unsafe { T::drop_rest($content, spared) };
                }
            }

            #[inline]
            fn remainder(depth: $crate::trace::Depth) -> $crate::trace::Remainder {
                // Where a lock is a resource of the system it goes with its content.
                $crate::trace::Remainder::of_untraced::<$Lock<()>>().and::<T>(depth)
            }

            #[inline]
            fn facts(depth: $crate::trace::Depth) -> $crate::trace::Facts {
                $crate::trace::Facts::of::<T>(depth).without_finalizer()
            }
        }

        impl<T: $crate::trace::Leaf> $crate::trace::Leaf for $Lock<T> {}
    };
}

/// Implements `Trace` and `Leaf` for a cell whose value a function makes when it is first asked for.
macro_rules! lazy {
    ($Lazy:ident) => {
        /// Only the value is reported, once it exists; the cell is never forced. Handles that the
        /// function captures are held from outside until it has run.
        // SAFETY: 1, 2: the cell is the sole owner of its value, which is traced once; 3: what is not
        // computed yet is left out; 4: `get` neither forces nor waits for another thread that does; 5:
        // the drop glue only drops the value, or else the function, of which nothing was reported.
        unsafe impl<T: $crate::trace::Trace, F> $crate::trace::Trace for $Lazy<T, F> {
            #[inline]
            fn trace(&self, tracer: &mut $crate::trace::Tracer) {
                if let Some(value) = Self::get(self) {
                    T::trace(value, tracer);
                }
            }

            #[inline]
            fn facts(depth: $crate::trace::Depth) -> $crate::trace::Facts {
                $crate::trace::Facts::of::<T>(depth).without_finalizer()
            }
        }

        impl<T: $crate::trace::Leaf, F: $crate::trace::Leaf> $crate::trace::Leaf for $Lazy<T, F> {}
    };
}

mod cells;
mod containers;
mod functions;
#[cfg(feature = "parking_lot")]
mod parking_lot;
mod pointers;
mod scalars;
mod strings;
mod sync_cells;
mod system;
mod tuples;
