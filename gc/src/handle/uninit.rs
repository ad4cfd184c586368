//! Objects whose value is written after they were made.
//!
//! Such an object is in phase `Uninit`: not traced, not listed, no candidate, and its memory is
//! freed without dropping a value.

use std::alloc::Layout;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::Gc;
use crate::heap::Heap;
use crate::object::{Object, Phase, TypeInfo};
use crate::trace::{Depth, Facts, Trace};

impl<T: Trace + 'static> Gc<T> {
    /// An object whose value is yet to be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let mut five = Gc::<u32>::new_uninit();
    /// Gc::get_mut(&mut five).unwrap().write(5);
    /// // SAFETY: just written.
    /// let five = unsafe { five.assume_init() };
    /// assert_eq!(*five, 5);
    /// ```
    #[must_use]
    pub fn new_uninit() -> Gc<MaybeUninit<T>> {
        let facts = T::facts(Depth::START);
        Self::before_new(facts);
        let (info, layout) = (TypeInfo::of::<T>(), Layout::new::<T>());
        let object = Heap::with(|heap| heap.allocate(info, layout, None, facts));
        // SAFETY: [live]: just allocated.
        unsafe { object.header() }.increment();
        let place: NonNull<MaybeUninit<T>> = object.value().cast();
        // SAFETY: the one count is this handle's.
        unsafe { Gc::from_value(place) }
    }

    /// An object whose memory is filled with zeros.
    #[must_use]
    pub fn new_zeroed() -> Gc<MaybeUninit<T>> {
        let this = Self::new_uninit();
        // SAFETY: the place is a `T`'s, and ours alone.
        unsafe { this.value().write_bytes(0, 1) };
        this
    }
}

impl<T: Trace + 'static> Gc<MaybeUninit<T>> {
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
        let facts = T::facts(Depth::START);
        // SAFETY: the value is a `T`, from the caller.
        unsafe { publish(self.object(), TypeInfo::of::<T>(), facts) };
        // SAFETY: laid out alike; the count moves over.
        unsafe { Gc::from_raw(Gc::into_raw(self).cast()) }
    }
}

impl<T: Trace + 'static> Gc<[MaybeUninit<T>]> {
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
        let facts = Facts::of::<T>(Depth::START);
        // SAFETY: the elements are `T`s, from the caller.
        unsafe { publish(self.object(), TypeInfo::of_slice::<T>(), facts) };
        // SAFETY: laid out alike; the count moves over.
        unsafe { Gc::from_raw(Gc::into_raw(self) as *const [T]) }
    }
}

/// Makes an object whose value has been written an ordinary one.
///
/// One that was made as a `MaybeUninit` (by `Gc::new(MaybeUninit::uninit())`) is ordinary, but
/// reports and drops nothing: it becomes an object of the type that was written. But an array that
/// became a slice has no slice's length before its header, so it stays what it is: its elements leak.
///
/// # Safety
///
/// The value has been written, and is of the type of `info` and `facts`.
unsafe fn publish(object: Object, info: &'static TypeInfo, facts: Facts) {
    // SAFETY: [live]: the caller has a handle.
    let header = unsafe { object.header() };
    if header.state().phase() == Phase::Uninit {
        let count = header.state().count();
        // SAFETY: [live], `Uninit`, written.
        unsafe { Heap::with(|heap| heap.publish(object, count)) };
    } else if info.is_slice() == header.info().is_slice() {
        header.set_type(info, facts.contains(Facts::FINALIZER));
    }
}
