//! The header of a shared object, as far as its memory is concerned: two words, which walkers read at
//! any time.

use super::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The state word of a slot without an object: a count of zero, and flags that no object has together.
pub(crate) const VACANT: u64 = 1 << 35 | 1 << 36 | 1 << 42;

/// The header of a slot. In a vacant slot the first word leads to the next vacant one, and the state
/// word is [`VACANT`]. In any other both are the object's.
///
/// Whoever makes an object writes the first word, and then the state word with Release; a walker that
/// does not find the slot vacant has done so with Acquire. By then the object may be gone, and the first
/// word that of another object or of a vacant slot: it means something only to who has pinned the object,
/// by raising a count that is above zero, with Acquire.
#[repr(C, align(8))]
pub(crate) struct Slot {
    first: AtomicPtr<()>,
    state: AtomicU64,
}

impl Slot {
    /// The header of a vacant slot.
    #[inline]
    pub(crate) fn vacant(next: *const Self) -> Self {
        Self {
            first: AtomicPtr::new(next.cast_mut().cast()),
            state: AtomicU64::new(VACANT),
        }
    }

    /// Makes the slot vacant.
    #[inline]
    pub(crate) fn vacate(&self, next: *const Self) {
        // Ordering: Relaxed. The thread that takes the slot next synchronizes with this one by the
        // block it lies in; walkers believe nothing of what they read here.
        self.state.store(VACANT, Ordering::Relaxed);
        self.first.store(next.cast_mut().cast(), Ordering::Relaxed);
    }

    /// The vacant slot after this one.
    #[inline]
    pub(crate) fn next_vacant(&self) -> *const Self {
        // Ordering: Relaxed, as in `vacate`.
        self.first.load(Ordering::Relaxed).cast_const().cast()
    }

    pub(crate) fn is_vacant(&self) -> bool {
        // Ordering: Acquire pairs with the Release of who makes an object.
        self.state.load(Ordering::Acquire) == VACANT
    }

    /// The first word of an object's header.
    #[inline]
    pub(crate) fn first(&self) -> *const () {
        // Ordering: Relaxed, as the object is pinned by the thread that asks, by an Acquire.
        self.first.load(Ordering::Relaxed)
    }
}
