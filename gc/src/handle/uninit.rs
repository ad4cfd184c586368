//! Objects whose value is written after they were made, by who has a handle to them.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::home::{Home, Local, Plan, Shared};
use crate::object::Object;
use crate::trace::Trace;

macro_rules! uninit {
    ($Home:ty, [$($also:tt)*], $module:literal) => {
        impl<T: Trace + $($also)* 'static> Gc<T> {
            /// An object whose value is yet to be written.
            ///
            /// If it never is, the memory is freed with the last handle, and nothing is dropped.
            /// Costs what [`new`](Self::new) does.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let mut five = Gc::<u32>::new_uninit();
            /// Gc::get_mut(&mut five).unwrap().write(5);
            /// // SAFETY: just written.
            /// let five = unsafe { five.assume_init() };
            /// assert_eq!(*five, 5);
            /// ```
            #[must_use]
            pub fn new_uninit() -> Gc<MaybeUninit<T>> {
                let object = <$Home>::allocate(Plan::of::<T>(), 1);
                let place: NonNull<MaybeUninit<T>> = object.value().cast();
                // SAFETY: the one count is this handle's.
                unsafe { Gc::from_value(place) }
            }

            /// An object whose memory is filled with zeros.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let zero = Gc::<u32>::new_zeroed();
            /// // SAFETY: zeros are a `u32`.
            /// assert_eq!(*unsafe { zero.assume_init() }, 0);
            /// ```
            #[must_use]
            pub fn new_zeroed() -> Gc<MaybeUninit<T>> {
                let this = Self::new_uninit();
                // SAFETY: the place is a `T`'s, and ours alone.
                unsafe { this.value().write_bytes(0, 1) };
                this
            }
        }

        impl<T: Trace + $($also)* 'static> Gc<MaybeUninit<T>> {
            /// The object, its value now written.
            ///
            /// # Safety
            ///
            /// The value has been written, and no other handle takes it for unwritten.
            ///
            /// # Examples
            ///
            /// See [`Gc::new_uninit`].
            #[must_use]
            pub unsafe fn assume_init(self) -> Gc<T> {
                // SAFETY: [live]: we have a handle; the value is a `T`, from the caller.
                unsafe { initialize::<$Home>(self.object(), Plan::of::<T>()) };
                // SAFETY: laid out alike; the count moves over.
                unsafe { Gc::from_raw(Gc::into_raw(self).cast()) }
            }
        }

        impl<T: Trace + $($also)* 'static> Gc<[MaybeUninit<T>]> {
            /// The object, its elements now written.
            ///
            /// # Safety
            ///
            /// All elements have been written, and no other handle takes them for unwritten.
            ///
            /// # Examples
            ///
            /// See [`Gc::new_uninit_slice`].
            #[must_use]
            pub unsafe fn assume_init(self) -> Gc<[T]> {
                let plan = Plan::of_slice::<T>(self.len());
                // SAFETY: [live]: we have a handle; the elements are `T`s, from the caller.
                unsafe { initialize::<$Home>(self.object(), plan) };
                // SAFETY: laid out alike; the count moves over.
                unsafe { Gc::from_raw(Gc::into_raw(self) as *const [T]) }
            }
        }

        impl<T: Trace + $($also)* 'static> Gc<[T]> {
            /// An object for `length` elements that are yet to be written.
            ///
            /// # Panics
            ///
            /// If so many elements are larger than the address space.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let mut slice = Gc::<[u32]>::new_uninit_slice(2);
            /// for (element, value) in Gc::get_mut(&mut slice).unwrap().iter_mut().zip([7, 8]) {
            ///     element.write(value);
            /// }
            /// // SAFETY: both are written.
            /// let slice = unsafe { slice.assume_init() };
            /// assert_eq!(*slice, [7, 8]);
            /// ```
            #[must_use]
            pub fn new_uninit_slice(length: usize) -> Gc<[MaybeUninit<T>]> {
                let object = <$Home>::allocate(Plan::of_slice::<T>(length), 1);
                let place = NonNull::slice_from_raw_parts(object.value().cast(), length);
                // SAFETY: the one count is this handle's.
                unsafe { Gc::from_value(place) }
            }

            /// An object for `length` elements, its memory filled with zeros.
            ///
            /// # Panics
            ///
            /// If so many elements are larger than the address space.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let zeros = Gc::<[u32]>::new_zeroed_slice(2);
            /// // SAFETY: zeros are `u32`s.
            /// assert_eq!(*unsafe { zeros.assume_init() }, [0, 0]);
            /// ```
            #[must_use]
            pub fn new_zeroed_slice(length: usize) -> Gc<[MaybeUninit<T>]> {
                let slice = Self::new_uninit_slice(length);
                // SAFETY: the place is as long, and ours alone.
                unsafe { slice.value().cast::<T>().write_bytes(0, length) };
                slice
            }
        }
    };
}

for_both!(uninit);

/// Makes an object whose value has been written an ordinary one.
///
/// One that was made as a `MaybeUninit` (by `Gc::new(MaybeUninit::uninit())`) is ordinary, but
/// reports and drops nothing: it becomes an object of the type that was written. But an array that
/// became a slice has no slice's length before its header, so it stays what it is: its elements leak.
///
/// # Safety
///
/// The object is [live]; its value has been written, and is as planned.
unsafe fn initialize<H: Home>(object: Object, plan: Plan) {
    // SAFETY: [live] and written, from the caller.
    if !unsafe { H::initialize(object, plan.facts, 0) } {
        // SAFETY: [live], from the caller; a `MaybeUninit` is tracked, whatever is written.
        unsafe { H::retype(object, plan) };
    }
}
