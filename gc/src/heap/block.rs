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

use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::Spot;
use super::segments::Site;
use super::size_class::Class;
use crate::object::{Header, Object};

/// Size and alignment of a block, in bytes.
pub(super) const BLOCK_SIZE: usize = 64 * 1024;
const SIZE: usize = BLOCK_SIZE;
/// How many different places the descriptor has.
const PLACES: usize = 16;
/// How many bytes of untouched slots become vacant ones at a time.
const BATCH: usize = 4096;

/// The descriptor of a block: everything that allocating and freeing touch, in one cache line.
#[repr(C, align(64))]
struct Descriptor {
    /// The first of the slots to allocate next; they lead to each other. Apart from those that
    /// were freed since, so that an allocation need not wait for the last free to be done.
    ready: Cell<*const Header>,
    /// The first of the other vacant slots.
    vacant: Cell<*const Header>,
    /// How many slots are in use or ready; one more while the block is the one to allocate from.
    used: Cell<u32>,
    /// How many slots were ever vacant or in use; those behind them are untouched memory.
    touched: Cell<u32>,
    /// 2^32 / `stride`, rounded up: turns the division by `stride` into a multiplication.
    reciprocal: u32,
    /// Offset of the first slot's header.
    first: u16,
    class: Class,
    is_tracked: bool,
    is_held: Cell<bool>,
    /// Whether objects of the block have become tracked although it is not made for it.
    has_adopted: Cell<bool>,
    /// The segment this block is of.
    segment: u32,
    /// Where this block is in the list of all.
    index: Cell<u32>,
    /// How many of its objects are about to be freed, while a collection counts them; or [`ALL`].
    doomed: Cell<u32>,
    /// Neighbours in the list of the blocks of a class that have vacant slots.
    previous: Cell<Option<Block>>,
    next: Cell<Option<Block>>,
}

const _: () = assert!(size_of::<Descriptor>() == 64);

/// All objects of the block are about to be freed, and nothing else is in it.
const ALL: u32 = u32::MAX;

/// There are fewer than two to the power of this many slots in a block.
const MOST_SLOTS_BITS: u32 = 12;
const _: () = assert!(SIZE / size_of::<Header>() <= 1 << MOST_SLOTS_BITS);

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
    (PLACES * 64 + words + class.shift()).next_multiple_of(8)
}

const fn capacity(class: Class) -> usize {
    let per_slot = class.stride() + if class.is_tracked() { 4 } else { 0 };
    (SIZE - PLACES * 64 - class.shift() - 8) / per_slot
}

/// The start of the block that a pointer with the provenance of the whole block leads into.
#[inline]
fn base_of<T>(inside: NonNull<T>) -> NonNull<u8> {
    let base = inside.as_ptr().map_addr(|address| address & !(SIZE - 1));
    // SAFETY: blocks are not at address zero.
    unsafe { NonNull::new_unchecked(base) }.cast()
}

/// A block. Copies are made freely; the pool decides when one is freed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Block(NonNull<Descriptor>);

/// What a freed slot means to its block.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Freed {
    /// Nothing of note.
    Ordinary,
    /// It is the first vacant slot, or was the last one in use.
    Notable,
}

impl Block {
    /// Makes a block of a class.
    ///
    /// # Safety
    ///
    /// Nothing in the memory is used.
    pub(super) unsafe fn new(site: Site, class: Class, index: u32) -> Self {
        let (stride, capacity) = (class.stride(), capacity(class));
        let descriptor = Descriptor {
            ready: Cell::new(ptr::null()),
            vacant: Cell::new(ptr::null()),
            used: Cell::new(0),
            touched: Cell::new(0),
            first: first_slot(capacity, class) as u16,
            reciprocal: (1_u64 << 32).div_ceil(stride as u64) as u32,
            class,
            is_tracked: class.is_tracked(),
            has_adopted: Cell::new(false),
            is_held: Cell::new(false),
            segment: site.segment,
            index: Cell::new(index),
            doomed: Cell::new(0),
            previous: Cell::new(None),
            next: Cell::new(None),
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
        let place = (base.addr().get() / SIZE) % PLACES;
        // SAFETY: within the block: there is room for the descriptor at every place.
        Self(unsafe { base.add(place * 64) }.cast())
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

    #[inline]
    fn descriptor(&self) -> &Descriptor {
        // SAFETY: a `Block` is used only while its memory is allocated, and the descriptor is
        // never borrowed mutably.
        unsafe { self.0.as_ref() }
    }

    /// Sets all visit words, if there are any, to zero.
    pub(super) fn clear_visit_words(self) {
        let descriptor = self.descriptor();
        if descriptor.is_tracked {
            // SAFETY: the block has visit words.
            let words = unsafe { self.word(0) };
            // SAFETY: as many as it has slots; nobody has a reference to one of them.
            unsafe { words.write_bytes(0, capacity(descriptor.class)) };
        }
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
            && descriptor.touched.get() == self.capacity()
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

    /// Counts one more object that is about to be freed.
    #[inline]
    pub(super) fn doom_one(self) {
        let doomed = &self.descriptor().doomed;
        doomed.set(doomed.get() + 1);
    }

    /// Ends the count: says whether nothing is left but what is about to be freed. Slots that are
    /// ready are in use by the other count, as is a block to allocate from.
    pub(super) fn judge(self) -> bool {
        let descriptor = self.descriptor();
        let (doomed, used) = (descriptor.doomed.get(), descriptor.used.get());
        let is_all = doomed > 0 && doomed == used;
        descriptor.doomed.set(if is_all { ALL } else { 0 });
        is_all
    }

    /// Whether [`judge`](Self::judge) has said so.
    #[inline]
    pub(super) fn is_doomed(self) -> bool {
        self.descriptor().doomed.get() == ALL
    }

    pub(super) fn index(self) -> u32 {
        self.descriptor().index.get()
    }

    pub(super) fn set_index(self, index: u32) {
        self.descriptor().index.set(index);
    }

    /// Puts the block into a list before its first member.
    pub(super) fn push(self, list: &Cell<Option<Self>>) {
        let next = list.replace(Some(self));
        self.descriptor().next.set(next);
        self.descriptor().previous.set(None);
        if let Some(next) = next {
            next.descriptor().previous.set(Some(self));
        }
    }

    /// Takes the block out of the list it is in.
    pub(super) fn unlink(self, list: &Cell<Option<Self>>) {
        let (previous, next) = (
            self.descriptor().previous.take(),
            self.descriptor().next.take(),
        );
        if let Some(next) = next {
            next.descriptor().previous.set(previous);
        }
        match previous {
            Some(previous) => previous.descriptor().next.set(next),
            None => list.set(next),
        }
    }

    /// Takes a slot that is ready. Its header says that it is vacant.
    #[inline]
    pub(super) fn pop(self) -> Option<NonNull<Header>> {
        let descriptor = self.descriptor();
        let slot = NonNull::new(descriptor.ready.get().cast_mut())?;
        // SAFETY: vacant slots have a header, and nobody else uses them.
        descriptor.ready.set(unsafe { slot.as_ref() }.next_vacant());
        Some(slot)
    }

    /// Makes slots ready, of which there is none: the vacant ones, or else untouched ones. Not if
    /// the block is full. Returns how many there are.
    pub(super) fn prepare(self) -> u32 {
        let descriptor = self.descriptor();
        let before = descriptor.used.get();
        if descriptor.vacant.get().is_null() {
            self.extend();
        }
        descriptor.ready.set(descriptor.vacant.replace(ptr::null()));
        // What was touched is in use or ready now.
        let held = self.held();
        let used = descriptor.touched.get() + held;
        descriptor.used.set(used);
        used - before
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
        let next = descriptor.vacant.replace(object.header_ptr().as_ptr());
        // SAFETY: [live] until this very moment.
        unsafe { object.header() }.vacate(next);
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
        let start = descriptor.touched.get();
        let batch = (BATCH / descriptor.class.stride()).max(1) as u32;
        let end = self.capacity().min(start + batch);
        let mut next = descriptor.vacant.get();
        let (base, stride) = (base_of(self.0), descriptor.class.stride());
        let mut offset = descriptor.first as usize + end as usize * stride;
        for _ in start..end {
            offset -= stride;
            // SAFETY: the offset of a slot with a number below the capacity, within the block.
            let slot = unsafe { base.add(offset) }.cast::<Header>();
            // SAFETY: in bounds, aligned, and never used so far.
            unsafe { slot.write(Header::vacant(next)) };
            next = slot.as_ptr();
        }
        descriptor.vacant.set(next);
        descriptor.touched.set(end);
    }

    /// The header of a slot.
    fn slot(self, number: u32) -> NonNull<Header> {
        let descriptor = self.descriptor();
        let offset = descriptor.first as usize + number as usize * descriptor.class.stride();
        // SAFETY: `number` is below the capacity, so this is within the block.
        unsafe { base_of(self.0).add(offset) }.cast()
    }

    /// The objects there are in this block, whatever their phase.
    pub(super) fn objects(self) -> impl Iterator<Item = Object> {
        let touched = self.descriptor().touched.get();
        let slots = (0..touched).map(move |number| Object::new(self.slot(number)));
        // SAFETY: slots that were touched have a header.
        slots.filter(|object| !unsafe { object.header() }.is_vacant())
    }

    /// Where the visit word of an object is, or `None` in a block of untracked objects.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in a block.
    #[inline]
    pub(super) unsafe fn spot(object: Object) -> Option<Spot> {
        // SAFETY: from the caller.
        let this = unsafe { Self::of(object) };
        let descriptor = this.descriptor();
        if !descriptor.is_tracked {
            // SAFETY: from the caller.
            return unsafe { this.spot_of_adopted(object) };
        }
        let offset = object.header_ptr().addr().get() % SIZE - descriptor.first as usize;
        let slot = ((offset as u64 * u64::from(descriptor.reciprocal)) >> 32) as u32;
        Some(Spot {
            // SAFETY: the slot of an object in this block, which has visit words.
            word: unsafe { this.word(slot) },
            number: descriptor.index.get() << MOST_SLOTS_BITS | slot,
        })
    }

    /// The same in a block without visit words of its own.
    ///
    /// # Safety
    ///
    /// The object is [live] and lies in this block.
    #[inline]
    unsafe fn spot_of_adopted(self, object: Object) -> Option<Spot> {
        if !self.descriptor().has_adopted.get() {
            return None;
        }
        // SAFETY: from the caller.
        let (word, number) = unsafe { object.header() }.extension()?.adopted()?;
        Some(Spot { word, number })
    }

    /// Notes that an object of the block is tracked although it is not made for it.
    pub(super) fn adopt_one(self) {
        self.descriptor().has_adopted.set(true);
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
    pub(super) fn word_at(self, slot: u32) -> u32 {
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
