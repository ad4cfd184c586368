//! Slices and strings as values: their length is kept before the object's header.

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use super::home::{Home, Local, Plan, Shared};
use crate::trace::Trace;

/// An object with a copy of the elements' bytes, and with one handle, which is the caller's.
///
/// # Safety
///
/// The caller owns the elements and forgets them; the object is planned for as many.
unsafe fn move_slice<H: Home, T>(elements: *const [T], plan: Plan) -> NonNull<[T]> {
    let object = H::allocate(plan, 0);
    let place = NonNull::slice_from_raw_parts(object.value().cast::<T>(), elements.len());
    // SAFETY: the source is readable, from the caller; the place is new and as long.
    unsafe { ptr::copy_nonoverlapping(elements.cast::<T>(), place.cast().as_ptr(), place.len()) };
    // SAFETY: [live]: nobody else knows it; its value has just been written.
    let is_new = unsafe { H::initialize(object, plan.facts, 1) };
    debug_assert!(is_new);
    place
}

macro_rules! slices {
    ($Home:ty, [$($also:tt)*], $module:literal) => {
        impl<T: Trace + $($also)* 'static> Gc<[T]> {
            /// # Safety
            ///
            /// The caller owns the elements and forgets them.
            unsafe fn of_elements(elements: *const [T]) -> Self {
                let plan = Plan::of_slice::<T>(elements.len());
                // SAFETY: from the caller.
                let place = unsafe { move_slice::<$Home, T>(elements, plan) };
                // SAFETY: the one count is this handle's.
                unsafe { Self::from_value(place) }
            }
        }

        impl<T: Trace + $($also)* 'static> From<Vec<T>> for Gc<[T]> {
            /// Moves the elements to an object of their own, copying their bytes once.
            fn from(mut elements: Vec<T>) -> Self {
                // SAFETY: the vector owns them.
                let this = unsafe { Self::of_elements(elements.as_slice()) };
                // SAFETY: they have been moved out.
                unsafe { elements.set_len(0) };
                this
            }
        }

        impl<T: Trace + $($also)* 'static> From<Box<[T]>> for Gc<[T]> {
            fn from(elements: Box<[T]>) -> Self {
                Self::from(elements.into_vec())
            }
        }

        impl<T: Trace + $($also)* 'static, const N: usize> From<[T; N]> for Gc<[T]> {
            fn from(elements: [T; N]) -> Self {
                let elements = ManuallyDrop::new(elements);
                // SAFETY: the array owns them and is not used again.
                unsafe { Self::of_elements(&raw const elements[..]) }
            }
        }

        impl<T: Trace + Clone + $($also)* 'static> From<&[T]> for Gc<[T]> {
            fn from(elements: &[T]) -> Self {
                Self::from(elements.to_vec())
            }
        }

        impl<T: Trace + Clone + $($also)* 'static> From<&mut [T]> for Gc<[T]> {
            fn from(elements: &mut [T]) -> Self {
                Self::from(&*elements)
            }
        }

        impl<T: Trace + $($also)* 'static> FromIterator<T> for Gc<[T]> {
            /// Collects into a vector first: the iterator is user code, and no half-built object is
            /// ever on the heap.
            fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
                Self::from(Vec::from_iter(elements))
            }
        }

        impl From<&str> for Gc<str> {
            fn from(text: &str) -> Self {
                let plan = Plan::of_str(text.len());
                // SAFETY: bytes are copied.
                let bytes = unsafe { move_slice::<$Home, u8>(text.as_bytes(), plan) };
                let text: *const str = bytes.as_ptr() as *const str;
                // SAFETY: the bytes are valid UTF-8, laid out as the `str` they came from, and the
                // one count is this handle's.
                unsafe { Self::from_raw(text) }
            }
        }

        impl From<Gc<str>> for Gc<[u8]> {
            fn from(text: Gc<str>) -> Self {
                // SAFETY: a `str` is laid out as its bytes; the count moves over.
                unsafe { Self::from_raw(Gc::into_raw(text) as *const [u8]) }
            }
        }

        impl<T, const N: usize> TryFrom<Gc<[T]>> for Gc<[T; N]> {
            type Error = Gc<[T]>;

            fn try_from(slice: Gc<[T]>) -> Result<Self, Gc<[T]>> {
                if slice.len() != N {
                    return Err(slice);
                }
                // SAFETY: N elements in a row are laid out as an array of N; the count moves over.
                Ok(unsafe { Self::from_raw(Gc::into_raw(slice).cast()) })
            }
        }
    };
}

for_both!(slices);
