//! The visit words by number, mostly without a lock.

use std::cell::OnceCell;

use super::{SharedBlock, directory, large};
use crate::heap::OUTSIDE;
use crate::heap::block::{split, spots};
use crate::heap::large::Words;
use crate::heap::numbered::{self, PART};

/// The blocks that there were at one moment, and the visit words outside, by number.
pub(crate) struct View {
    blocks: Vec<Option<SharedBlock>>,
    /// The words of a part of the table, from the first time on that one of them is asked for: what is
    /// pinned keeps its slot, so that it does not matter when that is.
    outside: Vec<OnceCell<Box<Words>>>,
}

/// A view of what there is now. What a collection asks it for must be pinned by now.
pub(crate) fn view() -> View {
    let outside = large::lock().spots() / PART;
    View {
        blocks: directory::lock().blocks.as_slice().to_vec(),
        outside: (0..outside).map(|_| OnceCell::new()).collect(),
    }
}

impl View {
    /// How many spots there are in blocks, and how many others.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (spots(self.blocks.len()), self.outside.len() * PART)
    }

    /// Of how many parts of the table it has read the words.
    #[cfg(test)]
    pub(super) fn parts_read(&self) -> usize {
        self.outside.iter().filter_map(OnceCell::get).count()
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
                let (part, place) = numbered::split(slot as usize);
                let words = self.outside[part].get_or_init(|| large::lock().words(part).into());
                // SAFETY: it is there as long as its object, which is pinned, as the caller says.
                words[place].map_or(0, |word| unsafe { word.as_ref() }.get())
            }
        }
    }
}
