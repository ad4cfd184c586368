//! Size classes: which objects share a block.
#![forbid(unsafe_code)]

use std::alloc::Layout;

use crate::object::{HEADER_SIZE, LENGTH_SIZE, MAX_SLOT, SLOT_ALIGN, fits_block};

/// A class of objects that share blocks: a slot size, whether they are tracked, and whether they
/// are slices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct Class(u16);

/// Slots come in multiples of their alignment.
const SIZES: usize = MAX_SLOT / SLOT_ALIGN + 1;
const TRACKED: u16 = SIZES as u16;
const SLICE: u16 = 2 * TRACKED;

impl Class {
    /// How many classes there are.
    pub(super) const COUNT: usize = 4 * SIZES;

    /// The class of an object, if it fits a block.
    #[inline]
    pub(super) const fn of(value: Layout, is_tracked: bool, is_slice: bool) -> Option<Self> {
        if !fits_block(value) {
            return None;
        }
        let length = if is_slice { LENGTH_SIZE } else { 0 };
        let size = (HEADER_SIZE + length + value.size()).div_ceil(SLOT_ALIGN) as u16;
        let tracked = if is_tracked { TRACKED } else { 0 };
        let slice = if is_slice { SLICE } else { 0 };
        Some(Self(size + tracked + slice))
    }

    /// All of them, in the order of their indices.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u16).map(Self)
    }

    #[inline]
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    #[inline]
    pub(super) const fn is_tracked(self) -> bool {
        self.0 / TRACKED % 2 == 1
    }

    /// Bytes from one slot to the next.
    pub(super) const fn stride(self) -> usize {
        (self.0 % TRACKED) as usize * SLOT_ALIGN
    }

    /// By how much headers are shifted in their slots, for what stands before them.
    pub(super) const fn shift(self) -> usize {
        if self.0 >= SLICE { LENGTH_SIZE } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_header_value_and_length() {
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        for size in 0..=MAX_SLOT - HEADER_SIZE - LENGTH_SIZE {
            if !fits_block(layout(size)) {
                continue;
            }
            for (is_tracked, is_slice) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let class = Class::of(layout(size), is_tracked, is_slice).unwrap();
                let length = if is_slice { LENGTH_SIZE } else { 0 };
                assert!((HEADER_SIZE + size + length..).contains(&class.stride()));
                assert!(class.stride() < HEADER_SIZE + size + length + SLOT_ALIGN);
                assert_eq!(class.is_tracked(), is_tracked);
                assert_eq!(class.shift(), length);
                assert!(class.index() < Class::COUNT);
            }
        }
        assert!(Class::of(layout(MAX_SLOT), true, false).is_none());
        assert!(Class::of(Layout::from_size_align(16, 16).unwrap(), true, false).is_none());
    }
}
