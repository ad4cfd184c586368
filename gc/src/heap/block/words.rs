//! The visit words of a block.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::{Block, MOST_SLOTS_BITS, SIZE, base_of, capacity};
use crate::heap::kind::Kind;
use crate::heap::{Distance, Spot};
use crate::object::{Edge, Object};

/// Where the visit words of the objects in one block are, or in none. Used only while there is the block.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// The block's address, or zero.
    base: usize,
    words: NonNull<Cell<u32>>,
    /// See [`Descriptor`](super::Descriptor).
    first: usize,
    reciprocal: u32,
    /// The number of the first slot's spot.
    number: u32,
}

impl Words {
    /// Those of no block.
    pub(crate) const NONE: Self = Self {
        base: 0,
        words: NonNull::dangling(),
        first: 0,
        reciprocal: 0,
        number: 0,
    };

    /// Whether an object is in this block.
    #[inline]
    pub(crate) fn are_of(&self, edge: Edge) -> bool {
        edge.block_start(SIZE) == self.base
    }

    /// Where the visit word of an object is.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in this block.
    #[inline]
    pub(crate) unsafe fn spot(&self, edge: Edge) -> Spot {
        let header = edge.object().header_ptr().addr().get();
        let offset = (header % SIZE - self.first) as u64;
        let slot = ((offset * u64::from(self.reciprocal)) >> 32) as u32;
        // SAFETY: the slot of an object in the block, each of which has a visit word.
        let word = unsafe { self.words.add(slot as usize) };
        let distance = Distance::in_block(header - word.addr().get());
        Spot::new(word, self.number | slot, distance)
    }
}

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
    pub(in crate::heap) unsafe fn spot(edge: Edge) -> Option<Spot> {
        // SAFETY: from the caller.
        let this = unsafe { Self::of(edge.object()) };
        match this.words() {
            // SAFETY: from the caller, in the block that they are of.
            Some(words) => Some(unsafe { words.spot(edge) }),
            // SAFETY: from the caller.
            None => unsafe { this.spot_of_adopted(edge.object()) },
        }
    }

    /// Where the visit words of its objects are, if it has any.
    #[inline]
    pub(in crate::heap) fn words(self) -> Option<Words> {
        let descriptor = self.descriptor();
        if !descriptor.is_tracked {
            return None;
        }
        // SAFETY: the block has visit words.
        let words = unsafe { self.word(0) };
        Some(Words {
            base: base_of(self.0).addr().get(),
            words,
            first: descriptor.first as usize,
            reciprocal: descriptor.reciprocal,
            number: descriptor.index << MOST_SLOTS_BITS,
        })
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
