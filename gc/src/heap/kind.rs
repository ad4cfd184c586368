//! The two kinds of blocks: those of a thread's own heap, and those that threads share.

use std::cell::Cell;
use std::ptr::NonNull;

use crate::object::{Header, Object};

/// What stands at the start of a slot, and says whether there is an object in it.
pub(super) trait Vacancy: Sized {
    /// Writes the header of a vacant slot, which leads to `next`.
    ///
    /// # Safety
    ///
    /// The memory is the writer's alone.
    unsafe fn write_vacant(place: NonNull<Self>, next: *const Self);

    /// Makes the slot of this header a vacant one, which leads to `next`.
    fn vacate(&self, next: *const Self);

    /// The vacant slot after this one.
    fn next_vacant(&self) -> *const Self;

    fn is_vacant(&self) -> bool;
}

/// What lets several threads use a block. The thread-local heap's blocks have nothing of the kind.
pub(super) trait Sharing {
    /// Takes over what others have freed: the offset of the first slot in the block, in multiples of
    /// [`SLOT_ALIGN`](crate::object::SLOT_ALIGN), and how many slots it leads to, itself included.
    fn take_freed(&self) -> Option<(u16, u32)>;

    /// Gives up a block that is full. If that is not so any more, because others have freed, it says
    /// no and the block stays with its owner.
    fn park(&self) -> bool;
}

/// A kind of blocks.
pub(super) trait Kind {
    type Header: Vacancy;
    type Sharing: Sharing;

    /// The visit word of an object that is tracked although its block is not made for it, and the number of
    /// its spot.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn adopted(object: Object) -> Option<(NonNull<Cell<u32>>, u32)>;
}

/// The blocks of a thread's own heap.
pub(super) enum Local {}

impl Kind for Local {
    type Header = Header;
    type Sharing = ();

    unsafe fn adopted(object: Object) -> Option<(NonNull<Cell<u32>>, u32)> {
        // SAFETY: from the caller.
        unsafe { object.header() }.extension()?.adopted()
    }
}

impl Sharing for () {
    #[inline]
    fn take_freed(&self) -> Option<(u16, u32)> {
        None
    }

    #[inline]
    fn park(&self) -> bool {
        true
    }
}

impl Vacancy for Header {
    #[inline]
    unsafe fn write_vacant(place: NonNull<Self>, next: *const Self) {
        // SAFETY: from the caller.
        unsafe { place.write(Self::vacant(next)) };
    }

    #[inline]
    fn vacate(&self, next: *const Self) {
        self.vacate(next);
    }

    #[inline]
    fn next_vacant(&self) -> *const Self {
        self.next_vacant()
    }

    fn is_vacant(&self) -> bool {
        self.is_vacant()
    }
}
