//! Blocks: 64 KiB of slots of one size, found from the address of any object in them.
//!
//! ```text
//!   block, at a multiple of its size
//!   +----------+-------+--------+-----+------+------+------+-----+
//!   | a gap of | Block | visit  |     | slot | slot | slot | ... |
//!   | 0 to 960 |       | words  |     |      |      |      |     |
//!   +----------+-------+--------+-----+------+------+------+-----+
//! ```
//!
//! The gap depends on the block's address, so that the descriptors of many blocks do not fight for
//! the same cache sets. A slot begins with the object's header; the length of a slice stands right
//! before its header, in slots that are all shifted for it. A vacant slot has a header too, which
//! says so and leads to the next vacant one.
//!
//! Blocks of tracked objects have a word for each slot, the *visit word*, where a collection notes
//! which objects it has met, without touching the objects.
//!
//! All address arithmetic of blocks is here. It starts from pointers whose provenance is the whole
//! block: those that handles are made from.
//!
//! Blocks of both variants are the same, but for the header of a slot and for what lets threads share
//! a block: [`Kind`]. Whoever is allowed to allocate from a block and to free into it *owns* it; for
//! the thread-local variant that is the thread of the heap. Who may touch what:
//!
//! * What is never written again after the block was made: anybody who has an object in the block, or
//!   the directory's mutex.
//! * `touched`: written by the owner, with Release after the slots have their headers; read by walkers
//!   with Acquire, at any time.
//! * [`Sharing`]: anybody, at any time; it has rules of its own.
//! * The visit words: the thread that collects, by whatever excludes other collections. They are
//!   zero when the block is made.
//! * `has_adopted`: set by whoever adopts an object; read by the thread that collects. Who reads it too early
//!   takes the object for untracked, as it was a moment ago.
//! * `is_listed`, and `previous` and `next` while it is set: who has the directory's mutex.
//! * All the rest: the owner.

mod doom;
mod list;
mod slots;
mod words;

pub(crate) use self::words::Words;

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::kind::{Kind, Local, Sharing, Vacancy};
use super::segments::Site;
use super::size_class::Class;
use super::spot::{CACHE_LINE, prefetch};
use crate::object::{Edge, HEADER_SIZE, Object};

/// Size and alignment of a block, in bytes.
pub(super) const BLOCK_SIZE: usize = 64 * 1024;
const SIZE: usize = BLOCK_SIZE;
/// Where the places that the descriptor has end.
const HEAD: usize = 1024;
/// How many bytes of untouched slots become vacant ones at a time; as many are fetched then for the next
/// time, which is as much as the processor fetches at once.
const BATCH: usize = 2048;
/// Vacant slots with fewer bytes are few: more are made, so that those which come and go will do for longer.
const FEW: usize = 4096;

/// The descriptor of a block: everything that allocating and freeing touch, in one cache line, or in
/// two where threads share the block: then the second one is all that others touch.
#[repr(C, align(64))]
struct Descriptor<K: Kind> {
    /// The first of the slots to allocate next; they lead to each other. Apart from those that
    /// were freed since, so that an allocation need not wait for the last free to be done.
    ready: Cell<*const K::Header>,
    /// The first of the other vacant slots.
    vacant: Cell<*const K::Header>,
    /// How many slots are in use or ready; one more while the block is the one to allocate from.
    used: Cell<u32>,
    /// How many slots were ever vacant or in use; those behind them are untouched memory.
    touched: AtomicU32,
    /// 2^32 / `stride`, rounded up: turns the division by `stride` into a multiplication.
    reciprocal: u32,
    /// Offset of the first slot's header.
    first: u16,
    class: Class,
    is_tracked: bool,
    is_held: Cell<bool>,
    /// Whether it is in a list that all threads use.
    is_listed: Cell<bool>,
    /// Whether objects of the block have become tracked although it is not made for it.
    has_adopted: AtomicBool,
    /// The segment this block is of.
    segment: u32,
    /// Where this block is in the list of all, as long as there is this block.
    index: u32,
    /// How many of its objects are about to be freed, while a collection counts them; or that
    /// all of them are: see `doom`.
    doomed: Cell<u32>,
    /// Neighbours in the list of the blocks of a class that have vacant slots.
    previous: Cell<Option<Block<K>>>,
    next: Cell<Option<Block<K>>>,
    sharing: K::Sharing,
}

const _: () = assert!(size_of::<Descriptor<Local>>() == 64);

/// There are fewer than two to the power of this many slots in a block.
const MOST_SLOTS_BITS: u32 = 12;
const _: () = assert!(SIZE / HEADER_SIZE <= 1 << MOST_SLOTS_BITS);

/// How many blocks there can be, 32 GiB of them, so that all slots have different numbers below
/// [`OUTSIDE`](super::OUTSIDE).
pub(super) const MOST_BLOCKS: usize = 1 << (31 - MOST_SLOTS_BITS);

/// The block and the slot that the number of a spot consists of.
pub(super) const fn split(number: u32) -> (usize, u32) {
    let slot = number & ((1 << MOST_SLOTS_BITS) - 1);
    ((number >> MOST_SLOTS_BITS) as usize, slot)
}

/// How many spots so many blocks have.
pub(super) const fn spots(blocks: usize) -> usize {
    blocks << MOST_SLOTS_BITS
}

/// Where the first slot is: behind the descriptor, wherever that is, and the visit words.
const fn first_slot(capacity: usize, class: Class) -> usize {
    let words = if class.is_tracked() { capacity * 4 } else { 0 };
    (HEAD + words + class.shift()).next_multiple_of(8)
}

const fn capacity(class: Class) -> usize {
    let per_slot = class.stride() + if class.is_tracked() { 4 } else { 0 };
    (SIZE - HEAD - class.shift() - 8) / per_slot
}

/// The start of the block that a pointer with the provenance of the whole block leads into.
#[inline]
fn base_of<T>(inside: NonNull<T>) -> NonNull<u8> {
    let base = inside.as_ptr().map_addr(|address| address & !(SIZE - 1));
    // SAFETY: blocks are not at address zero.
    unsafe { NonNull::new_unchecked(base) }.cast()
}

/// A block. Copies are made freely; the pool decides when one is freed.
#[repr(transparent)]
pub(super) struct Block<K: Kind>(NonNull<Descriptor<K>>);

impl<K: Kind> Clone for Block<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Block<K> {}

impl<K: Kind> PartialEq for Block<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Kind> Eq for Block<K> {}

/// What a freed slot means to its block.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Freed {
    /// Nothing of note.
    Ordinary,
    /// It is the first vacant slot, or was the last one in use.
    Notable,
}

impl<K: Kind> Block<K> {
    /// Makes a block of a class.
    ///
    /// # Safety
    ///
    /// Nothing in the memory is used.
    pub(super) unsafe fn new(site: Site, class: Class, index: u32, sharing: K::Sharing) -> Self {
        let (stride, capacity) = (class.stride(), capacity(class));
        let descriptor = Descriptor {
            ready: Cell::new(ptr::null()),
            vacant: Cell::new(ptr::null()),
            used: Cell::new(0),
            touched: AtomicU32::new(0),
            first: first_slot(capacity, class) as u16,
            reciprocal: (1_u64 << 32).div_ceil(stride as u64) as u32,
            class,
            is_tracked: class.is_tracked(),
            has_adopted: AtomicBool::new(false),
            is_held: Cell::new(false),
            is_listed: Cell::new(false),
            segment: site.segment,
            index,
            doomed: Cell::new(0),
            previous: Cell::new(None),
            next: Cell::new(None),
            sharing,
        };
        let this = Self::at(site.base);
        // SAFETY: in bounds and aligned, and the memory is ours.
        unsafe { this.0.write(descriptor) };
        this.clear_visit_words();
        this
    }

    /// The block at the memory that starts at `base`.
    #[inline]
    fn at(base: NonNull<u8>) -> Self {
        let places = const { HEAD / size_of::<Descriptor<K>>() };
        let place = (base.addr().get() / SIZE) % places;
        // SAFETY: within the block: there is room for the descriptor at every place.
        Self(unsafe { base.add(place * size_of::<Descriptor<K>>()) }.cast())
    }

    /// The block an object lies in.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in a block.
    #[inline]
    pub(super) unsafe fn of(object: Object) -> Self {
        Self::at(base_of(object.header_ptr()))
    }

    /// Whether both objects lie in the same block, or both in none perhaps.
    #[inline]
    pub(super) fn has_both(one: Edge, other: Edge) -> bool {
        one.block_start(SIZE) == other.block_start(SIZE)
    }

    #[inline]
    fn descriptor(&self) -> &Descriptor<K> {
        // SAFETY: a `Block` is used only while its memory is allocated, and the descriptor is
        // never borrowed mutably.
        unsafe { self.0.as_ref() }
    }

    /// The block's memory.
    pub(super) fn site(self) -> Site {
        Site {
            base: base_of(self.0),
            segment: self.descriptor().segment,
        }
    }

    pub(super) fn class(self) -> Class {
        self.descriptor().class
    }

    pub(super) fn used(self) -> u32 {
        self.descriptor().used.get()
    }

    /// How many slots there are.
    pub(super) fn capacity(self) -> u32 {
        capacity(self.class()) as u32
    }

    /// Whether every slot is in use.
    pub(super) fn is_full(self) -> bool {
        let descriptor = self.descriptor();
        descriptor.ready.get().is_null()
            && descriptor.vacant.get().is_null()
            && self.touched() == self.capacity()
    }

    /// Counts one slot more than there is, to keep a block that is allocated from, or no more.
    pub(super) fn hold(self, is_held: bool) {
        let descriptor = self.descriptor();
        let used = descriptor.used.get() - self.held();
        descriptor.is_held.set(is_held);
        descriptor.used.set(used + self.held());
    }

    fn held(self) -> u32 {
        u32::from(self.descriptor().is_held.get())
    }

    pub(super) fn index(self) -> u32 {
        self.descriptor().index
    }

    /// Takes a slot that is ready. Its header says that it is vacant.
    #[inline]
    pub(super) fn pop(self) -> Option<NonNull<K::Header>> {
        let descriptor = self.descriptor();
        let slot = NonNull::new(descriptor.ready.get().cast_mut())?;
        // SAFETY: vacant slots have a header, and nobody else uses them.
        descriptor.ready.set(unsafe { slot.as_ref() }.next_vacant());
        Some(slot)
    }

    /// Makes slots ready, of which there is none: the vacant ones, and untouched ones if those are few. Not
    /// if the block is full. Returns how many there are.
    pub(super) fn prepare(self) -> u32 {
        let descriptor = self.descriptor();
        if descriptor.vacant.get().is_null() {
            self.reclaim();
        }
        let before = descriptor.used.get();
        let vacant = self.touched() + self.held() - before;
        if (vacant as usize) * descriptor.class.stride() < FEW {
            self.extend();
        }
        descriptor.ready.set(descriptor.vacant.replace(ptr::null()));
        // What was touched is in use or ready now.
        let held = self.held();
        let used = self.touched() + held;
        descriptor.used.set(used);
        used - before
    }

    /// Makes vacant what others have freed, if the block has no other vacant slots. Says whether there
    /// was anything.
    pub(super) fn reclaim(self) -> bool {
        let descriptor = self.descriptor();
        debug_assert!(descriptor.vacant.get().is_null());
        let Some((offset, count)) = descriptor.sharing.take_freed() else {
            return false;
        };
        let slot = self.slot_at(offset);
        descriptor
            .vacant
            .set(slot.map_or(ptr::null(), |slot| slot.as_ptr()));
        descriptor.used.set(descriptor.used.get() - count);
        true
    }

    /// What lets threads share the block.
    #[inline]
    pub(super) fn sharing(&self) -> &K::Sharing {
        &self.descriptor().sharing
    }

    /// Whether it is in a list that all threads use.
    pub(super) fn is_listed(&self) -> &Cell<bool> {
        &self.descriptor().is_listed
    }

    /// How many slots were ever vacant or in use.
    #[inline]
    fn touched(self) -> u32 {
        // Ordering: pairs with the Release in `extend`, for walkers on other threads.
        self.descriptor().touched.load(Ordering::Acquire)
    }

    /// Takes back the slots that are ready.
    pub(super) fn unprepare(self) {
        while let Some(slot) = self.pop() {
            let descriptor = self.descriptor();
            let next = descriptor.vacant.replace(slot.as_ptr());
            // SAFETY: vacant slots have a header, and nobody else uses them.
            unsafe { slot.as_ref() }.vacate(next);
            descriptor.used.set(descriptor.used.get() - 1);
        }
    }

    /// Makes the slot of an object vacant.
    ///
    /// # Safety
    ///
    /// The object lies in this block, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn free(self, object: Object) -> Freed {
        let descriptor = self.descriptor();
        let slot = object.header_ptr().cast::<K::Header>();
        let next = descriptor.vacant.replace(slot.as_ptr());
        // SAFETY: [live] until this very moment.
        unsafe { slot.as_ref() }.vacate(next);
        let used = descriptor.used.get() - 1;
        descriptor.used.set(used);
        if next.is_null() || used == 0 {
            Freed::Notable
        } else {
            Freed::Ordinary
        }
    }

    /// Makes the next untouched slots vacant ones, if there are any.
    fn extend(self) {
        let descriptor = self.descriptor();
        let start = self.touched();
        let batch = (BATCH / descriptor.class.stride()).max(1) as u32;
        let end = self.capacity().min(start + batch);
        let mut next = descriptor.vacant.get();
        let (base, stride) = (base_of(self.0), descriptor.class.stride());
        let mut offset = descriptor.first as usize + end as usize * stride;
        for _ in start..end {
            offset -= stride;
            // SAFETY: the offset of a slot with a number below the capacity, within the block.
            let slot = unsafe { base.add(offset) }.cast::<K::Header>();
            // SAFETY: in bounds, aligned, and never used so far; walkers come no further than
            // `touched`.
            unsafe { K::Header::write_vacant(slot, next) };
            next = slot.as_ptr();
        }
        descriptor.vacant.set(next);
        // The next ones are needed soon.
        let behind = descriptor.first as usize + end as usize * stride;
        for offset in (behind..SIZE.min(behind + BATCH)).step_by(CACHE_LINE) {
            prefetch(base.as_ptr().wrapping_add(offset));
        }
        // Ordering: pairs with the Acquire in `touched`: a walker finds these headers written.
        descriptor.touched.store(end, Ordering::Release);
    }
}
