//! The visit words by number, without a lock.

use std::cell::Cell;
use std::ptr::NonNull;

use super::{SharedBlock, directory, large};
use crate::heap::OUTSIDE;
use crate::heap::block::{split, spots};

/// The blocks, and the visit words outside, that there were at one moment, by number.
pub(crate) struct View {
    blocks: Vec<Option<SharedBlock>>,
    outside: Vec<Option<NonNull<Cell<u32>>>>,
}

/// A view of what there is now. What a collection asks it for must be pinned by now.
pub(crate) fn view() -> View {
    View {
        blocks: directory::lock().blocks.as_slice().to_vec(),
        outside: large::lock().words(),
    }
}

impl View {
    /// How many spots there are in blocks, and how many others.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (spots(self.blocks.len()), self.outside.len())
    }

    /// The visit word at the spot of that number.
    ///
    /// # Safety
    ///
    /// It is the spot of an object that the thread that collects, which is this one, has pinned since
    /// before the view was made.
    #[inline]
    pub(crate) unsafe fn word_at(&self, number: u32) -> u32 {
        match number.checked_sub(OUTSIDE) {
            None => {
                let (block, slot) = split(number);
                self.blocks[block].map_or(0, |block| block.word_at(slot))
            }
            Some(slot) => {
                let word = self.outside[slot as usize];
                // SAFETY: it is there as long as its object, which is pinned, as the caller says.
                word.map_or(0, |word| unsafe { word.as_ref() }.get())
            }
        }
    }
}
