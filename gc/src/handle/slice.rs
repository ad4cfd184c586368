//! Slices and strings as values: their length is kept before the object's header.

use std::alloc::Layout;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{self, NonNull};

use super::Gc;
use crate::heap::Heap;
use crate::object::{Object, TypeInfo};
use crate::trace::{Depth, Facts, Trace};

/// An object for `length` elements, in phase `Uninit`.
pub(super) fn allocate_slice<T: Trace + 'static>(length: usize) -> (Object, NonNull<[T]>) {
    let facts = Facts::of::<T>(Depth::START);
    let layout = Layout::array::<T>(length).expect("a slice larger than the address space");
    if facts.contains(Facts::HANDLE) {
        Heap::with(crate::collector::before_allocation);
    }
    let info = TypeInfo::of_slice::<T>();
    let object = Heap::with(|heap| heap.allocate(info, layout, Some(length), facts));
    (
        object,
        NonNull::slice_from_raw_parts(object.value().cast(), length),
    )
}

/// An object with a copy of the elements' bytes.
///
/// # Safety
///
/// The caller owns the elements and forgets them.
unsafe fn move_slice<T: Trace + 'static>(elements: *const [T]) -> Gc<[T]> {
    let (object, place) = allocate_slice::<T>(elements.len());
    // SAFETY: the source is readable, from the caller; the place is new and as long.
    unsafe { ptr::copy_nonoverlapping(elements.cast::<T>(), place.cast().as_ptr(), place.len()) };
    // SAFETY: [live], `Uninit`, and its value has just been written.
    unsafe { Heap::with(|heap| heap.publish(object, 1)) };
    // SAFETY: the one count is this handle's.
    unsafe { Gc::from_value(place) }
}

impl<T: Trace + 'static> From<Vec<T>> for Gc<[T]> {
    /// Moves the elements to an object of their own, copying their bytes once.
    fn from(mut elements: Vec<T>) -> Self {
        let all: *const [T] = elements.as_slice();
        // SAFETY: the vector owns them.
        let this = unsafe { move_slice(all) };
        // SAFETY: they have been moved out.
        unsafe { elements.set_len(0) };
        this
    }
}

impl<T: Trace + 'static> From<Box<[T]>> for Gc<[T]> {
    fn from(elements: Box<[T]>) -> Self {
        Self::from(elements.into_vec())
    }
}

impl<T: Trace + 'static, const N: usize> From<[T; N]> for Gc<[T]> {
    fn from(elements: [T; N]) -> Self {
        let elements = ManuallyDrop::new(elements);
        // SAFETY: the array owns them and is not used again.
        unsafe { move_slice(&raw const elements[..]) }
    }
}

impl<T: Trace + Clone + 'static> From<&[T]> for Gc<[T]> {
    fn from(elements: &[T]) -> Self {
        Self::from(elements.to_vec())
    }
}

impl<T: Trace + Clone + 'static> From<&mut [T]> for Gc<[T]> {
    fn from(elements: &mut [T]) -> Self {
        Self::from(&*elements)
    }
}

impl<T: Trace + 'static> FromIterator<T> for Gc<[T]> {
    /// Collects into a vector first: the iterator is user code, and no half-built object is ever
    /// on the heap.
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::from(Vec::from_iter(elements))
    }
}

impl From<&str> for Gc<str> {
    fn from(text: &str) -> Self {
        let bytes: Gc<[u8]> = Gc::from(text.as_bytes());
        // SAFETY: [live]: we hold a handle, and the object is retyped before anybody else sees it.
        unsafe { bytes.object().header() }.set_type(TypeInfo::of_str(), false);
        let bytes = Gc::into_raw(bytes);
        let text: *const str = bytes as *const str;
        // SAFETY: the bytes are valid UTF-8, laid out as the `str` they came from.
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

impl<T: Trace + 'static> Gc<[T]> {
    /// An object for `length` elements that are yet to be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
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
        let (object, place) = allocate_slice::<T>(length);
        // SAFETY: [live]: just allocated.
        unsafe { object.header() }.increment();
        let place = NonNull::slice_from_raw_parts(place.cast(), length);
        // SAFETY: the one count is this handle's.
        unsafe { Gc::from_value(place) }
    }

    /// An object for `length` elements, its memory filled with zeros.
    #[must_use]
    pub fn new_zeroed_slice(length: usize) -> Gc<[MaybeUninit<T>]> {
        let slice = Self::new_uninit_slice(length);
        // SAFETY: the place is as long, and ours alone.
        unsafe { slice.value().cast::<T>().write_bytes(0, length) };
        slice
    }
}
