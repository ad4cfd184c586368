//! Handles as pointers: where they lead to, their addresses, and handles that are counted by hand.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use crate::object::{Edge, Object};

/// Where a weak handle of no object points to: the last address there is.
const fn nowhere<T>() -> NonNull<T> {
    let Some(nowhere) = NonNull::new(ptr::without_provenance_mut::<T>(usize::MAX)) else {
        unreachable!()
    };
    nowhere
}

fn is_nowhere<T: ?Sized>(value: NonNull<T>) -> bool {
    value.cast::<()>().addr().get() == usize::MAX
}

macro_rules! pointers {
    ($Home:ty, [$($also:tt)*], $module:literal) => {
        // The handle owns no `T` inline: pinning a handle says nothing of the value.
        impl<T: ?Sized> Unpin for Gc<T> {}

        impl<T: ?Sized> Gc<T> {
            /// The object behind the handle.
            #[inline]
            pub(crate) fn object(&self) -> Object {
                // SAFETY: the pointer is a handle's.
                unsafe { Object::of_value(self.value()) }
            }

            /// The same, as the collector is told of it.
            #[inline]
            pub(crate) fn edge(&self) -> Edge {
                // The value is not read: its layout is known from the type and the pointer. Nor is
                // there a `&mut` to it, which `get_mut` lends through a `&mut` to the only handle.
                Edge::new(self.object(), Layout::for_value(&**self))
            }

            /// Whether two handles are of the same object. Addresses are compared, not metadata.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// assert!(Gc::ptr_eq(&a, &a.clone()));
            /// assert!(!Gc::ptr_eq(&a, &Gc::new(1)));
            /// ```
            #[must_use]
            pub fn ptr_eq(this: &Self, other: &Self) -> bool {
                ptr::addr_eq(this.value().as_ptr(), other.value().as_ptr())
            }

            /// The address of the value. It stays valid while a strong handle exists.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// assert_eq!(Gc::as_ptr(&a), &raw const *a);
            /// ```
            #[must_use]
            pub fn as_ptr(this: &Self) -> *const T {
                this.value().as_ptr()
            }

            /// Turns the handle into a pointer, to be turned back with [`from_raw`](Self::from_raw)
            /// or leaked. The collector takes it for a handle held from outside.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let raw = Gc::into_raw(Gc::new(1));
            /// // SAFETY: from `into_raw`, once.
            /// let a = unsafe { Gc::from_raw(raw) };
            /// assert_eq!(*a, 1);
            /// ```
            #[must_use = "losing the pointer leaks the object"]
            pub fn into_raw(this: Self) -> *const T {
                ManuallyDrop::new(this).value().as_ptr()
            }

            /// The handle of a pointer that [`into_raw`](Self::into_raw) gave.
            ///
            /// # Safety
            ///
            /// The pointer comes from `into_raw` of a `Gc` of this very type, or of the type that it
            /// was unsized from, and stands for a strong count that no other handle has. It is used on
            /// the same thread, unless the handle is `Send`.
            #[must_use]
            pub unsafe fn from_raw(value: *const T) -> Self {
                // SAFETY: pointers from `into_raw` are not null.
                let value = unsafe { NonNull::new_unchecked(value.cast_mut()) };
                // SAFETY: from the caller.
                unsafe { Self::from_value(value) }
            }

            /// One strong handle more, without having it.
            ///
            /// # Safety
            ///
            /// The pointer comes from `into_raw`, of this type, and the object has a strong handle. It
            /// is used on the same thread, unless the handle is `Send`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// let raw = Gc::into_raw(a);
            /// // SAFETY: the count of `raw` itself keeps the object alive; both are given back.
            /// unsafe {
            ///     Gc::increment_strong_count(raw);
            ///     let b = Gc::from_raw(raw);
            ///     assert_eq!(Gc::strong_count(&b), 2);
            ///     Gc::decrement_strong_count(raw);
            ///     assert_eq!(Gc::strong_count(&b), 1);
            /// }
            /// ```
            pub unsafe fn increment_strong_count(value: *const T) {
                // SAFETY: from the caller; the handle is not dropped.
                let this = ManuallyDrop::new(unsafe { Self::from_raw(value) });
                let _ = ManuallyDrop::new(Self::clone(&this));
            }

            /// One strong handle less, for one that [`into_raw`](Self::into_raw) or
            /// [`increment_strong_count`](Self::increment_strong_count) left behind.
            ///
            /// # Safety
            ///
            /// As for [`from_raw`](Self::from_raw).
            pub unsafe fn decrement_strong_count(value: *const T) {
                // SAFETY: from the caller.
                drop(unsafe { Self::from_raw(value) });
            }
        }

        impl<T: ?Sized> Unpin for Weak<T> {}

        impl<T> Weak<T> {
            /// A weak handle of no object: it never upgrades. Allocates nothing.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Weak;")]
            /// let nothing: Weak<i32> = Weak::new();
            /// assert!(nothing.upgrade().is_none());
            /// ```
            #[must_use]
            pub const fn new() -> Self {
                // SAFETY: it points nowhere.
                unsafe { Self::from_parts(nowhere(), None) }
            }
        }

        impl<T> Default for Weak<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T: ?Sized> Weak<T> {
            /// The object, or `None` of a handle made by `new`.
            pub(crate) fn object(&self) -> Option<Object> {
                let value = self.value();
                // SAFETY: a pointer that does not point nowhere is that of a handle.
                (!is_nowhere(value)).then(|| unsafe { Object::of_value(value) })
            }

            /// Whether two handles are of the same object, or both of none.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::{Gc, Weak};")]
            /// let a = Gc::new(1);
            /// assert!(Gc::downgrade(&a).ptr_eq(&Gc::downgrade(&a)));
            /// assert!(Weak::<i32>::new().ptr_eq(&Weak::new()));
            /// ```
            #[must_use]
            pub fn ptr_eq(&self, other: &Self) -> bool {
                ptr::addr_eq(self.as_ptr(), other.as_ptr())
            }

            /// The address of the value; valid to read while the object has a strong handle.
            #[must_use]
            pub fn as_ptr(&self) -> *const T {
                self.value().as_ptr()
            }

            /// Turns the handle into a pointer, to be turned back with
            /// [`from_raw`](Self::from_raw).
            ///
            /// A callback is called off unless another clone has it: a pointer cannot carry one. Nor
            /// can it say that the handle was made after its object was saved in
            #[doc = concat!("[`garbage`](crate", $module, "::gc::garbage()): the handle that it is")]
            /// turned back into does not upgrade then.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::{Gc, Weak};")]
            /// let a = Gc::new(1);
            /// let raw = Gc::downgrade(&a).into_raw();
            /// // SAFETY: from `into_raw`, once.
            /// let weak = unsafe { Weak::from_raw(raw) };
            /// assert_eq!(weak.upgrade().as_deref(), Some(&1));
            /// ```
            #[must_use = "losing the pointer leaks the object's memory"]
            pub fn into_raw(self) -> *const T {
                let (value, registration) = self.into_parts();
                // SAFETY: the parts of this handle.
                let bare = unsafe { Self::from_parts(value, None) };
                $crate::panics::after_drop_of(registration, bare).into_parts().0.as_ptr()
            }

            /// The handle of a pointer that [`into_raw`](Self::into_raw) gave.
            ///
            /// # Safety
            ///
            /// The pointer comes from `into_raw` of a `Weak` of this very type, or of the type that it
            /// was unsized from, and stands for a weak count that no other handle has. It is used on
            /// the same thread, unless the handle is `Send`.
            #[must_use]
            pub unsafe fn from_raw(value: *const T) -> Self {
                // SAFETY: pointers from `into_raw` are not null.
                let value = unsafe { NonNull::new_unchecked(value.cast_mut()) };
                // SAFETY: from the caller.
                unsafe { Self::from_parts(value, None) }
            }
        }
    };
}

for_both!(pointers);
