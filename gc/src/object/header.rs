//! The header of an object and the pointer to it.

use std::cell::Cell;
use std::ptr::NonNull;

use super::{Extension, Phase, State, TypeInfo};

/// Bytes from the header to the value.
pub(crate) const HEADER_SIZE: usize = 16;

/// See the table in [`super`].
#[repr(C, align(8))]
pub(crate) struct Header {
    info: Cell<*const ()>,
    state: Cell<u32>,
    place: Cell<u32>,
}

const _: () = assert!(size_of::<Header>() <= HEADER_SIZE);
const _: () = assert!(align_of::<Extension>() > Tag::MASK && align_of::<TypeInfo>() > Tag::MASK);

/// What the heap keeps before the header of an object that lies in no block.
#[repr(C, align(16))]
pub(crate) struct Prefix {
    /// Its slot in the table of such objects.
    pub(crate) slot: Cell<u32>,
    /// What a collection notes.
    pub(crate) visit: Cell<u32>,
    /// Room for the length of a slice.
    pub(crate) length: Cell<usize>,
}

const _: () = assert!(size_of::<Prefix>() == 16);

/// A rare property of an object, kept in a low bit of the header's first word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tag(usize);

impl Tag {
    /// The first word points to an [`Extension`], not to a [`TypeInfo`].
    pub(super) const EXTENDED: Self = Self(1);
    /// The value can hold no handle: the collector never sees the object.
    pub(crate) const UNTRACKED: Self = Self(2);
    /// The value has, or may have, finalizers.
    pub(crate) const HAS_FINALIZER: Self = Self(4);
    /// They have run.
    pub(crate) const FINALIZED: Self = Self(8);
    /// They run right now on the refcount path: one count stands in for a handle.
    pub(crate) const STANDS_IN: Self = Self(16);
    /// `get_mut` or `make_mut` lent the value out: with a count of one it must not be looked into
    /// by walking the heap.
    pub(crate) const EXCLUSIVE: Self = Self(32);

    pub(super) const MASK: usize = 63;

    /// The bit that it is.
    #[inline]
    pub(super) const fn bit(self) -> usize {
        self.0
    }

    /// Whether a first word has it.
    pub(crate) fn is_in(self, first: *const ()) -> bool {
        first.addr() & self.0 != 0
    }
}

impl Header {
    /// A header of an object that is not built yet.
    pub(crate) fn new(info: &'static TypeInfo, untracked: bool, has_finalizer: bool) -> Self {
        let state = State::new(0, Phase::Uninit, untracked);
        Self::with(info, untracked, has_finalizer, state, 0)
    }

    /// A header of an object whose value has been written, with one handle.
    #[inline]
    pub(crate) fn of_value(
        info: &'static TypeInfo,
        untracked: bool,
        has_finalizer: bool,
        epoch: u32,
    ) -> Self {
        let state = State::new(1, Phase::Live, untracked);
        Self::with(info, untracked, has_finalizer, state, epoch)
    }

    #[inline]
    fn with(
        info: &'static TypeInfo,
        untracked: bool,
        has_finalizer: bool,
        state: State,
        place: u32,
    ) -> Self {
        let header = Self {
            info: Cell::new((&raw const *info).cast()),
            state: Cell::new(state.0),
            place: Cell::new(place),
        };
        header.set_tag(Tag::UNTRACKED, untracked);
        header.set_tag(Tag::HAS_FINALIZER, has_finalizer);
        header
    }

    /// The header of a vacant slot, which leads to the next one.
    pub(crate) fn vacant(next: *const Self) -> Self {
        Self {
            info: Cell::new(next.cast()),
            state: Cell::new(State::VACANT.0),
            place: Cell::new(0),
        }
    }

    /// Makes the slot of this header a vacant one.
    #[inline]
    pub(crate) fn vacate(&self, next: *const Self) {
        self.info.set(next.cast());
        self.set_state(State::VACANT);
    }

    /// The vacant slot after this one.
    #[inline]
    pub(crate) fn next_vacant(&self) -> *const Self {
        self.info.get().cast()
    }

    pub(crate) fn is_vacant(&self) -> bool {
        self.state() == State::VACANT
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        State(self.state.get())
    }

    #[inline]
    pub(crate) fn set_state(&self, state: State) {
        self.state.set(state.0);
    }

    /// Changes the phase and keeps the count.
    pub(crate) fn set_phase(&self, phase: Phase) {
        self.set_state(State::new(
            self.state().count(),
            phase,
            self.has(Tag::UNTRACKED),
        ));
    }

    /// Changes the count and keeps the phase.
    pub(crate) fn set_count(&self, count: u32) {
        self.set_state(State::new(
            count,
            self.state().phase(),
            self.has(Tag::UNTRACKED),
        ));
    }

    /// One handle more. Aborts at the limit, as `Rc` does, so that counts never wrap.
    #[inline]
    pub(crate) fn increment(&self) {
        match self.state().incremented() {
            Some(state) => self.set_state(state),
            None => std::process::abort(),
        }
    }

    /// Whether this is an ordinary object with nothing that its release must see to.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_special() && self.state().is_ordinary()
    }

    /// Whether there is a finalizer, or an extension.
    #[inline]
    pub(crate) fn is_special(&self) -> bool {
        let special = Tag::EXTENDED.0 | Tag::HAS_FINALIZER.0;
        self.info.get().addr() & special != 0
    }

    /// Whether the value has, or may have, finalizers that have not run.
    pub(crate) fn is_to_finalize(&self) -> bool {
        self.has(Tag::HAS_FINALIZER) && !self.has(Tag::FINALIZED)
    }

    /// Whether the object has an extension.
    #[inline]
    pub(crate) fn is_extended(&self) -> bool {
        self.has(Tag::EXTENDED)
    }

    /// Makes an object in phase `Live`, a tracked one, the candidate at a place.
    #[inline]
    pub(crate) fn nominate(&self, place: u32) {
        self.set_tag(Tag::EXCLUSIVE, false);
        self.set_place(place);
        self.set_state(self.state().nominated());
    }

    /// Pins an ordinary object by a count, as garbage whose weak handles are cleared.
    #[inline]
    pub(crate) fn doom(&self) {
        self.set_state(self.state().doomed());
    }

    pub(crate) fn place(&self) -> u32 {
        self.place.get()
    }

    pub(crate) fn set_place(&self, place: u32) {
        self.place.set(place);
    }

    pub(crate) fn has(&self, tag: Tag) -> bool {
        tag.is_in(self.info.get())
    }

    pub(crate) fn set_tag(&self, tag: Tag, on: bool) {
        let bits = if on { tag.0 } else { 0 };
        self.info
            .set(self.info.get().map_addr(|address| address & !tag.0 | bits));
    }

    fn record(&self) -> *const () {
        self.info.get().map_addr(|address| address & !Tag::MASK)
    }

    /// Exchanges the record, keeping the tag bits.
    fn set_record(&self, record: *const ()) {
        let tags = self.info.get().addr() & Tag::MASK;
        self.info.set(record.map_addr(|address| address | tags));
    }

    pub(crate) fn info(&self) -> &'static TypeInfo {
        if let Some(extension) = self.extension() {
            return extension.info.get();
        }
        // SAFETY: without EXTENDED the record is the `&'static TypeInfo` of `new` or `set_type`.
        unsafe { &*self.record().cast::<TypeInfo>() }
    }

    /// Gives the object another type, of the same layout and as tracked as the old one.
    pub(crate) fn set_type(&self, info: &'static TypeInfo, has_finalizer: bool) {
        debug_assert_eq!(info.is_slice(), self.info().is_slice());
        match self.extension() {
            Some(extension) => extension.info.set(info),
            None => self.set_record((&raw const *info).cast()),
        }
        self.set_tag(Tag::HAS_FINALIZER, has_finalizer);
    }

    pub(crate) fn extension(&self) -> Option<&Extension> {
        if !self.has(Tag::EXTENDED) {
            return None;
        }
        // SAFETY: with EXTENDED the record is the box that `extend` leaked, and it lives until
        // `take_extension`, which clears EXTENDED.
        Some(unsafe { &*self.record().cast::<Extension>() })
    }

    /// The extension, made if there is none: allocates 64 bytes then.
    pub(crate) fn extend(&self) -> &Extension {
        if !self.has(Tag::EXTENDED) {
            let extension = Box::new(Extension::new(self.info()));
            self.set_record(Box::into_raw(extension).cast_const().cast());
            self.set_tag(Tag::EXTENDED, true);
        }
        self.extension().expect("just made")
    }

    /// Takes the extension away, at the end of the object's memory or to retype it.
    pub(crate) fn take_extension(&self) -> Option<Box<Extension>> {
        if !self.has(Tag::EXTENDED) {
            return None;
        }
        let extension: *const Extension = self.record().cast();
        let info = self.info();
        self.set_record((&raw const *info).cast());
        self.set_tag(Tag::EXTENDED, false);
        // SAFETY: the pointer comes from `Box::into_raw` in `extend`, and the header no longer
        // refers to it.
        Some(unsafe { Box::from_raw(extension.cast_mut()) })
    }

    pub(crate) fn weak_count(&self) -> usize {
        self.extension().map_or(0, Extension::weak_count)
    }

    /// The strong count as users see it: without the collector's pin and without the count that
    /// stands in for a handle while the finalizer runs.
    pub(crate) fn strong_count(&self) -> u32 {
        self.state().unpinned_count() - u32::from(self.has(Tag::STANDS_IN))
    }
}

/// An object: a thin pointer to its header, of whatever type the value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub(crate) struct Object(NonNull<Header>);

impl Object {
    pub(crate) fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// The object of a value that lies in one.
    ///
    /// # Safety
    ///
    /// The pointer comes from a handle: the memory before it, in the same allocation, is a header.
    #[inline]
    pub(crate) unsafe fn of_value<T: ?Sized>(value: NonNull<T>) -> Self {
        // SAFETY: the header lies right before the value, in the same allocation.
        Self(unsafe { value.cast::<u8>().sub(HEADER_SIZE) }.cast())
    }

    /// The header.
    ///
    /// # Safety
    ///
    /// The object stays [live] while the reference is used.
    #[inline]
    pub(crate) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: [live], from the caller; the header is never borrowed mutably.
        unsafe { self.0.as_ref() }
    }

    /// The address of the header, with the provenance of the whole block or allocation.
    #[inline]
    pub(crate) fn header_ptr(self) -> NonNull<Header> {
        self.0
    }

    /// The heap's part of an object that lies in no block.
    ///
    /// # Safety
    ///
    /// As for [`header`](Self::header), and the object has an allocation of its own.
    pub(crate) unsafe fn prefix<'a>(self) -> &'a Prefix {
        // SAFETY: such an allocation has a prefix before the header.
        let prefix = unsafe { self.0.cast::<Prefix>().sub(1) };
        // SAFETY: [live], from the caller; the prefix is never borrowed mutably.
        unsafe { prefix.as_ref() }
    }

    /// The number of elements, where the value is a slice.
    ///
    /// # Safety
    ///
    /// As for [`header`](Self::header).
    pub(crate) unsafe fn length(self) -> usize {
        // SAFETY: where the value is a slice, its length stands before the header.
        let length = unsafe { self.0.cast::<Cell<usize>>().sub(1) };
        // SAFETY: [live], from the caller; written when the object was made.
        unsafe { length.as_ref() }.get()
    }

    /// Notes the number of elements of a slice.
    ///
    /// # Safety
    ///
    /// The object is new, and was allocated for a slice.
    pub(crate) unsafe fn set_length(self, length: usize) {
        // SAFETY: there is room for a slice's length before the header.
        let place = unsafe { self.0.cast::<Cell<usize>>().sub(1) };
        // SAFETY: as above.
        unsafe { place.write(Cell::new(length)) };
    }

    /// Where the value is.
    #[inline]
    pub(crate) fn value(self) -> NonNull<u8> {
        // SAFETY: the value lies right behind the header, in the same allocation.
        unsafe { self.0.cast::<u8>().add(HEADER_SIZE) }
    }

    /// The address users see, in `Gc::as_ptr` and in diagnostics: that of the value.
    pub(crate) fn address(self) -> *const () {
        self.value().as_ptr().cast_const().cast()
    }
}
