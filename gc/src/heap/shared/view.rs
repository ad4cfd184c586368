//! The visit words by number, without a lock.

use super::{SharedBlock, directory, large};
use crate::heap::OUTSIDE;
use crate::heap::block::{split, spots};
use crate::heap::large::Table;
use crate::object::Object;

/// The blocks and the large objects there were at one moment, by number.
pub(crate) struct View {
    blocks: Vec<Option<SharedBlock>>,
    large: Vec<Option<Object>>,
}

/// A view of what there is now. What a collection asks it for must be pinned by now.
pub(crate) fn view() -> View {
    View {
        blocks: directory::lock().blocks.as_slice().to_vec(),
        large: large::lock().objects().collect(),
    }
}

impl View {
    /// How many spots there are in blocks, and how many others.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (spots(self.blocks.len()), self.large.len())
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
            // SAFETY: [live], from the caller.
            Some(slot) => self.large[slot as usize]
                .map_or(0, |object| unsafe { Table::spot_of_tracked(object) }.word()),
        }
    }
}
