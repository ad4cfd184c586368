//! A handle and its value, which is read, pinned, changed, and taken out again.

use std::mem::{self, ManuallyDrop};
use std::ops::Deref;
use std::pin::Pin;

use crate::trace::{Depth, Trace};

macro_rules! values {
    ($Home:ty, [$($also:tt)*], $module:literal) => {
        impl<T: ?Sized> Deref for Gc<T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: [live] and [value]: a handle that user code has is of an object whose value
                // is there. The garbage that the collector drops has no handles but its own, and the
                // drop glue of traced values follows none of these.
                unsafe { self.value().as_ref() }
            }
        }

        impl<T: Trace + $($also)* 'static> Gc<T> {
            /// Moves a value to the heap and pins it there.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let pinned = Gc::pin(5);
            /// assert_eq!(*pinned, 5);
            /// ```
            #[must_use]
            pub fn pin(value: T) -> Pin<Self> {
                // SAFETY: the value does not move while the object lives, and `Gc` gives out `&mut T`
                // only through `get_mut` and `make_mut`, which `Pin` hides unless `T: Unpin`.
                unsafe { Pin::new_unchecked(Self::new(value)) }
            }
        }

        impl<T> Gc<T> {
            /// Takes the value out if this is the only strong handle, else gives the handle back.
            ///
            /// The value is not finalized: it is not inside a `Gc` any more. Weak handles are cleared
            /// and their callbacks run.
            ///
            /// # Errors
            ///
            /// The handle itself, if there are other strong handles or the collector holds the object
            /// (inside a finalizer).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(3);
            /// assert_eq!(Gc::try_unwrap(a), Ok(3));
            ///
            /// let a = Gc::new(4);
            /// let b = a.clone();
            /// assert_eq!(*Gc::try_unwrap(a).unwrap_err(), 4);
            /// # drop(b);
            /// ```
            pub fn try_unwrap(this: Self) -> Result<T, Self> {
                // SAFETY: if it is given up it is never used again.
                let Some(given_up) = (unsafe { Self::give_up(&this) }) else {
                    return Err(this);
                };
                let this = ManuallyDrop::new(this);
                // SAFETY: [value]: the count that was given up was the only one, so it is moved out
                // once; and from now on it is gone from the object.
                let value = unsafe { this.value().read() };
                // SAFETY: the value was moved out.
                unsafe { given_up.end() };
                Ok(value)
            }

            /// Takes the value out if this is the last strong handle, else drops the handle.
            ///
            /// As [`try_unwrap`](Self::try_unwrap), the value is not finalized.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(3);
            /// let b = a.clone();
            /// assert_eq!(Gc::into_inner(a), None);
            /// assert_eq!(Gc::into_inner(b), Some(3));
            /// ```
            #[must_use]
            pub fn into_inner(this: Self) -> Option<T> {
                Self::try_unwrap(this).ok()
            }
        }

        impl<T: Clone> Gc<T> {
            /// Takes the value out if this is the only strong handle, else clones it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(String::from("x"));
            /// assert_eq!(Gc::unwrap_or_clone(a), "x");
            /// ```
            #[must_use]
            pub fn unwrap_or_clone(this: Self) -> T {
                Self::try_unwrap(this).unwrap_or_else(|this| {
                    let clone = (*this).clone();
                    $crate::panics::after_drop_of(this, clone)
                })
            }
        }

        impl<T: Clone + Trace + $($also)* 'static> Gc<T> {
            /// A mutable reference to the value, which is made this handle's own first: cloned if
            /// there are other strong handles, moved to a new object if there are weak ones only.
            ///
            /// Weak handles to the old object are cleared in the second case.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let mut a = Gc::new(1);
            /// let b = a.clone();
            /// *Gc::make_mut(&mut a) += 1;
            /// assert_eq!((*a, *b), (2, 1));
            /// ```
            pub fn make_mut(this: &mut Self) -> &mut T {
                Self::lend_own(this)
            }

            /// Has the handle be of a new object: the value is moved there if this is the only strong
            /// handle, else cloned.
            pub(crate) fn leave(this: &mut Self) {
                // Before the handle is given up: the type's author may have written what panics, or
                // what makes another one.
                let facts = T::facts(Depth::START);
                // SAFETY: if it is given up it is forgotten, and nobody uses it in between.
                let Some(given_up) = (unsafe { Self::give_up(this) }) else {
                    *this = Self::new((**this).clone());
                    return;
                };
                // SAFETY: [value]; it now belongs to the new object.
                let value = unsafe { this.value().read() };
                // That runs no user code.
                let fresh = Self::new_uncollected(value, facts);
                let _ = ManuallyDrop::new(mem::replace(this, fresh));
                // SAFETY: the value was moved out.
                unsafe { given_up.end() };
            }
        }
    };
}

for_both!(values);
