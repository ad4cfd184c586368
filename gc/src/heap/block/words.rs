//! The visit words of a block.

use std::cell::Cell;
use std::ptr::NonNull;

use super::{Block, MOST_SLOTS_BITS, SIZE, capacity};
use crate::heap::Spot;
use crate::heap::kind::{Kind, Local};
use crate::object::Object;

impl<K: Kind> Block<K> {
    /// Sets all visit words, if there are any, to zero.
    pub(in crate::heap) fn clear_visit_words(self) {
        let descriptor = self.descriptor();
        if descriptor.is_tracked {
            // SAFETY: the block has visit words.
            let words = unsafe { self.word(0) };
            // SAFETY: as many as it has slots; nobody has a reference to one of them.
            unsafe { words.write_bytes(0, capacity(descriptor.class)) };
        }
    }

    /// Where the visit word of an object is, or `None` in a block of untracked objects.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in a block.
    #[inline]
    pub(in crate::heap) unsafe fn spot(object: Object) -> Option<Spot> {
        // SAFETY: from the caller.
        let this = unsafe { Self::of(object) };
        let descriptor = this.descriptor();
        if !descriptor.is_tracked {
            return None;
        }
        let offset = object.header_ptr().addr().get() % SIZE - descriptor.first as usize;
        let slot = ((offset as u64 * u64::from(descriptor.reciprocal)) >> 32) as u32;
        Some(Spot {
            // SAFETY: the slot of an object in this block, which has visit words.
            word: unsafe { this.word(slot) },
            number: descriptor.index << MOST_SLOTS_BITS | slot,
        })
    }

    /// The visit word of a slot.
    ///
    /// # Safety
    ///
    /// It is a slot of this block, whose objects are tracked.
    #[inline]
    unsafe fn word(self, slot: u32) -> NonNull<Cell<u32>> {
        // SAFETY: the visit words stand behind the descriptor, one for each slot.
        let words = unsafe { self.0.add(1) }.cast::<Cell<u32>>();
        // SAFETY: as above, and from the caller.
        unsafe { words.add(slot as usize) }
    }

    /// What the visit word of a slot says; zero where there is none.
    pub(in crate::heap) fn word_at(self, slot: u32) -> u32 {
        let descriptor = self.descriptor();
        if !descriptor.is_tracked || slot >= self.capacity() {
            return 0;
        }
        // SAFETY: just checked.
        let word = unsafe { self.word(slot) };
        // SAFETY: written when the block was made; never borrowed mutably.
        unsafe { word.as_ref() }.get()
    }
}

impl Block<Local> {
    /// The same for any object of a thread's own heap: blocks without visit words may have objects
    /// that are tracked although they are not made for it.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in a block.
    #[inline]
    pub(in crate::heap) unsafe fn spot_of_any(object: Object) -> Option<Spot> {
        // SAFETY: from the caller.
        let spot = unsafe { Self::spot(object) };
        if spot.is_some() {
            return spot;
        }
        // SAFETY: from the caller.
        let this = unsafe { Self::of(object) };
        if !this.descriptor().has_adopted.get() {
            return None;
        }
        // SAFETY: from the caller.
        let (word, number) = unsafe { object.header() }.extension()?.adopted()?;
        Some(Spot { word, number })
    }

    /// Notes that an object of the block is tracked although it is not made for it.
    pub(in crate::heap) fn adopt_one(self) {
        self.descriptor().has_adopted.set(true);
    }
}
