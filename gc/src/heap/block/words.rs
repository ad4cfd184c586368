//! The visit words of a block.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::{Block, MOST_SLOTS_BITS, SIZE, capacity};
use crate::heap::kind::Kind;
use crate::heap::{Distance, Spot};
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

    /// Where the visit word of an object is; `None` for an untracked one.
    ///
    /// A block of untracked objects has no visit words; one that is tracked all the same has its own.
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
            // SAFETY: from the caller.
            return unsafe { this.spot_of_adopted(object) };
        }
        let offset = object.header_ptr().addr().get() % SIZE - descriptor.first as usize;
        let slot = ((offset as u64 * u64::from(descriptor.reciprocal)) >> 32) as u32;
        // SAFETY: the slot of an object in this block, which has visit words.
        let word = unsafe { this.word(slot) };
        let distance = object.header_ptr().addr().get() - word.addr().get();
        let number = descriptor.index << MOST_SLOTS_BITS | slot;
        Some(Spot::new(word, number, Distance::in_block(distance)))
    }

    /// The same in a block without visit words.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in this block.
    #[inline]
    unsafe fn spot_of_adopted(self, object: Object) -> Option<Spot> {
        // Ordering: what is there for who sees this early is acquired with the extension.
        if !self.descriptor().has_adopted.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: from the caller.
        let (word, number) = unsafe { K::adopted(object) }?;
        Some(Spot::new(word, number, Distance::FAR))
    }

    /// Notes that an object of the block is tracked although it is not made for it.
    pub(in crate::heap) fn adopt_one(self) {
        // Ordering: see `spot_of_adopted`.
        self.descriptor().has_adopted.store(true, Ordering::Relaxed);
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
