//! An edge of the object graph as a tracer reports it.

use std::alloc::Layout;
use std::ptr::NonNull;

use super::{HEADER_SIZE, Header, Object};

/// The largest object in a block, header included, and a slice's length.
pub(crate) const MAX_SLOT: usize = 512;
/// The strictest alignment in a block.
pub(crate) const SLOT_ALIGN: usize = 8;
/// What the length of a slice takes.
pub(crate) const LENGTH_SIZE: usize = size_of::<usize>();

/// Whether a value of this layout lies in a block. The answer depends on nothing else, so that it
/// can be had from a handle, without a look at the object.
#[inline]
pub(crate) const fn fits_block(value: Layout) -> bool {
    !cfg!(gordian_system_alloc)
        && value.size() <= MAX_SLOT - HEADER_SIZE - LENGTH_SIZE
        && value.align() <= SLOT_ALIGN
}

/// An object that a handle was reported to, and whether it lies in a block: one word.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Edge(NonNull<Header>);

/// Set in the address of an object that lies in no block.
const OUTSIDE: usize = 1;

const _: () = assert!(align_of::<Header>() > OUTSIDE);

impl Edge {
    /// An edge to an object whose value has this layout.
    #[inline]
    pub(crate) fn new(object: Object, value: Layout) -> Self {
        let outside = if fits_block(value) { 0 } else { OUTSIDE };
        Self(object.header_ptr().map_addr(|address| address | outside))
    }

    /// Where it leads.
    #[inline]
    pub(crate) fn object(self) -> Object {
        let address = self.0.as_ptr().map_addr(|address| address & !OUTSIDE);
        // SAFETY: it was not null before the bit was set.
        Object::new(unsafe { NonNull::new_unchecked(address) })
    }

    /// The address at which the object's block starts, of blocks of that size; no multiple of it if the
    /// object is in no block.
    #[inline]
    pub(crate) fn block_start(self, size: usize) -> usize {
        self.0.addr().get() & !(size - 1 - OUTSIDE)
    }

    /// An address in the header of the object, not to be read from.
    #[inline]
    pub(crate) fn address(self) -> *const u8 {
        self.0.as_ptr().cast()
    }

    #[inline]
    pub(crate) fn is_in_block(self) -> bool {
        self.0.addr().get() & OUTSIDE == 0
    }
}
