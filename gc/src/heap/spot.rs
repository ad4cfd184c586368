//! Where a collection notes what it knows of an object.

use std::cell::Cell;
use std::ptr::NonNull;

use crate::object::Edge;

/// The spots of objects in blocks have lower numbers, those of others have these.
pub(crate) const OUTSIDE: u32 = 1 << 31;

/// The visit word of a tracked object: found from the object's address alone, and near those of
/// other objects of its block.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub(super) word: NonNull<Cell<u32>>,
    /// A number that no other object's spot has.
    pub(super) number: u32,
}

impl Spot {
    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.number
    }

    #[inline]
    pub(crate) fn word(self) -> u32 {
        // SAFETY: a spot is used while its object is [live]; visit words are written when a block
        // or a prefix is made, and are never borrowed mutably.
        unsafe { self.word.as_ref() }.get()
    }

    #[inline]
    pub(crate) fn set_word(self, word: u32) {
        // SAFETY: as in `word`.
        unsafe { self.word.as_ref() }.set(word);
    }

    /// Fetches the word, to be used soon.
    #[inline]
    pub(crate) fn prefetch(self) {
        prefetch(self.word.as_ptr());
    }
}

impl Edge {
    /// Fetches the header of the object and the start of its value, to be used soon.
    #[inline]
    pub(crate) fn prefetch(self) {
        prefetch(self.object().header_ptr().as_ptr());
    }
}

/// Has the memory at `place` brought near, where the processor can do that.
#[inline]
fn prefetch<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which reads nothing; every x86-64 processor has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}
