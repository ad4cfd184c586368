//! Where a collection notes what it knows of an object.

use std::cell::Cell;
use std::mem::offset_of;
use std::ptr::NonNull;

use super::block::BLOCK_SIZE;
use crate::object::{Edge, Object, Prefix};

/// The spots of objects in blocks have lower numbers, those of others have these.
pub(crate) const OUTSIDE: u32 = 1 << 31;

/// A visit word.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Word(NonNull<Cell<u32>>);

impl Word {
    #[inline]
    pub(crate) fn get(self) -> u32 {
        // SAFETY: a visit word is used while its object is [live]; they are written when a block
        // or a prefix is made, and are never borrowed mutably.
        unsafe { self.0.as_ref() }.get()
    }

    #[inline]
    pub(crate) fn set(self, word: u32) {
        // SAFETY: as in `get`.
        unsafe { self.0.as_ref() }.set(word);
    }

    /// Fetches the word, to be used soon.
    #[inline]
    pub(crate) fn prefetch(self) {
        prefetch(self.0.as_ptr());
    }

    /// How far it is from the object that it is of.
    #[inline]
    pub(crate) fn distance(self, edge: Edge) -> Distance {
        if !edge.is_in_block() {
            return Distance::IN_PREFIX;
        }
        let (word, header) = (self.0.addr().get(), edge.object().header_ptr().addr().get());
        if word / BLOCK_SIZE == header / BLOCK_SIZE {
            Distance::in_block(header - word)
        } else {
            // An object that was adopted has its word elsewhere.
            Distance::FAR
        }
    }
}

/// How many words before the header of an object its visit word is, in the same allocation, or zero: a
/// quicker way to it than from the object's address alone.
#[derive(Clone, Copy)]
pub(crate) struct Distance(u16);

const _: () = assert!(BLOCK_SIZE / size_of::<u32>() <= u16::MAX as usize);

impl Distance {
    pub(super) const FAR: Self = Self(0);
    pub(super) const IN_PREFIX: Self =
        Self(((size_of::<Prefix>() - offset_of!(Prefix, visit)) / size_of::<u32>()) as u16);

    /// That of a word so many bytes before the header, in the same block.
    #[inline]
    pub(super) fn in_block(bytes: usize) -> Self {
        Self((bytes / size_of::<u32>()) as u16)
    }

    /// The visit word, if this tells where it is.
    ///
    /// # Safety
    ///
    /// The distance is that of this object, which is [live].
    #[inline]
    pub(crate) unsafe fn word(self, object: Object) -> Option<Word> {
        if self.0 == 0 {
            return None;
        }
        let header = object.header_ptr().cast::<Cell<u32>>();
        // SAFETY: in the block, or in the prefix, of which the pointer has the provenance.
        Some(Word(unsafe { header.sub(self.0 as usize) }))
    }
}

/// The visit word of a tracked object: found from the object's address alone, and near those of
/// other objects of its block.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    word: Word,
    /// A number that no other object's spot has.
    number: u32,
    distance: Distance,
}

impl Spot {
    #[inline]
    pub(super) fn new(word: NonNull<Cell<u32>>, number: u32, distance: Distance) -> Self {
        let word = Word(word);
        Self {
            word,
            number,
            distance,
        }
    }

    /// How far the word is from the object.
    #[inline]
    pub(crate) fn distance(self) -> Distance {
        self.distance
    }

    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.number
    }

    #[inline]
    pub(crate) fn word(self) -> Word {
        self.word
    }
}

impl Edge {
    /// Fetches the header of the object and the start of its value, to be used soon.
    #[inline]
    pub(crate) fn prefetch(self) {
        prefetch(self.address());
    }
}

/// How many bytes are brought near at once.
pub(super) const CACHE_LINE: usize = 64;

/// Has the memory at `place` brought near, where the processor can do that.
#[inline]
pub(super) fn prefetch<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which reads nothing; every x86-64 processor has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}
