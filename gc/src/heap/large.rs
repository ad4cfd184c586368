//! Objects that have an allocation of their own, and the table that lists them.
//!
//! Each is allocated with the global allocator, prefix and header before the value, and holds its
//! number in the table, which is no larger than what is in it, so that a walk takes as long.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::numbered::{Numbered, PART};
use super::{Distance, OUTSIDE, Spot};
use crate::object::{HEADER_SIZE, Header, Object, Prefix, Tag};

/// The objects of a heap, by slot.
pub(super) struct Table {
    slots: RefCell<Numbered<Slot>>,
    adopted: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Slot {
    Taken(Object),
    /// The visit word of an object that lies in a block without such.
    Adopted(NonNull<Cell<u32>>),
}

impl Slot {
    /// The visit word. It is there as long as its object.
    fn word(self) -> NonNull<Cell<u32>> {
        match self {
            // SAFETY: [live]: the table lists allocated objects, which have a prefix.
            Self::Taken(object) => NonNull::from(&unsafe { object.prefix() }.visit),
            Self::Adopted(word) => word,
        }
    }
}

/// The visit words at so many slots in a row.
pub(super) type Words = [Option<NonNull<Cell<u32>>>; PART];

/// Where things are in an allocation: its layout, and the offset of the value. None if that is larger
/// than the address space.
fn try_plan(value: Layout) -> Option<(Layout, usize)> {
    let before = size_of::<Prefix>() + HEADER_SIZE;
    let head = Layout::from_size_align(before, align_of::<Prefix>()).expect("a constant layout");
    head.extend(value).ok()
}

fn plan(value: Layout) -> (Layout, usize) {
    try_plan(value).expect("an object larger than the address space")
}

/// Whether the address space has room for an object with such a value.
pub(crate) fn fits_address_space(value: Layout) -> bool {
    try_plan(value).is_some()
}

/// Memory for an object, prefix and header before the value. The header is not written.
pub(super) fn allocate_alone(value: Layout) -> NonNull<Header> {
    let (whole, offset) = plan(value);
    // SAFETY: the layout is larger than the prefix, so not empty.
    let base = unsafe { alloc(whole) };
    let Some(base) = NonNull::new(base) else {
        handle_alloc_error(whole)
    };
    // SAFETY: `offset` is at least the size of prefix and header.
    let header = unsafe { base.add(offset - HEADER_SIZE) }.cast::<Header>();
    // SAFETY: the same, and the prefix comes right before the header.
    let prefix = unsafe { header.cast::<Prefix>().sub(1) };
    // SAFETY: in bounds; aligned because value offsets are multiples of 16.
    unsafe {
        prefix.write(Prefix {
            length: Cell::new(0),
            slot: Cell::new(0),
            visit: Cell::new(0),
        });
    };
    header
}

/// Frees the memory of an object.
///
/// # Safety
///
/// The object came from [`allocate_alone`], for a value of this layout. Nobody uses it any more, and no
/// table lists it.
pub(super) unsafe fn free_alone(object: Object, value: Layout) {
    let (whole, offset) = plan(value);
    // SAFETY: the value lies at `offset` in its allocation.
    let base = unsafe { object.value().sub(offset) };
    // SAFETY: allocated with this very layout.
    unsafe { dealloc(base.as_ptr(), whole) };
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            slots: RefCell::new(Numbered::new()),
            adopted: Cell::new(0),
        }
    }

    pub(super) fn allocate(&self, value: Layout) -> NonNull<Header> {
        let header = allocate_alone(value);
        self.add(Object::new(header));
        header
    }

    /// Lists an object that was allocated alone.
    pub(super) fn add(&self, object: Object) {
        let slot = self.insert(Slot::Taken(object));
        // SAFETY: new, with an allocation of its own.
        unsafe { object.prefix() }.slot.set(slot);
    }

    fn insert(&self, taken: Slot) -> u32 {
        let slot = self.slots.borrow_mut().add(taken);
        // The last number is nobody's.
        assert!(slot < OUTSIDE as usize - 1, "fewer than 2^31 large objects");
        slot as u32
    }

    fn vacate(&self, slot: u32) {
        self.slots.borrow_mut().remove(slot as usize);
    }

    /// Gives a visit word the number of a spot.
    pub(super) fn adopt(&self, word: NonNull<Cell<u32>>) -> u32 {
        self.adopted.set(self.adopted.get() + 1);
        OUTSIDE + self.insert(Slot::Adopted(word))
    }

    /// Takes back the number of an adopted object's spot.
    pub(super) fn release(&self, number: u32) {
        self.adopted.set(self.adopted.get() - 1);
        self.vacate(number - OUTSIDE);
    }

    /// Whether any object is adopted.
    pub(super) fn has_adopted(&self) -> bool {
        self.adopted.get() > 0
    }

    /// Frees the memory of an object.
    ///
    /// # Safety
    ///
    /// The object came from this table, for a value of this layout, and nobody uses it any more.
    pub(super) unsafe fn free(&self, object: Object, value: Layout) {
        // SAFETY: [live], from the caller.
        unsafe { self.remove(object) };
        // SAFETY: from the caller.
        unsafe { free_alone(object, value) };
    }

    /// Takes an object off the list.
    ///
    /// # Safety
    ///
    /// The object is [live] and in the list.
    pub(super) unsafe fn remove(&self, object: Object) {
        // SAFETY: from the caller.
        self.vacate(unsafe { object.prefix() }.slot.get());
    }

    /// Where the visit word of an object is; `None` for an untracked one.
    ///
    /// # Safety
    ///
    /// The object is [live] and has an allocation of its own.
    pub(super) unsafe fn spot(object: Object) -> Option<Spot> {
        // SAFETY: from the caller.
        let header = unsafe { object.header() };
        if header.has(Tag::UNTRACKED) {
            return None;
        }
        // SAFETY: from the caller.
        Some(unsafe { Self::spot_of_tracked(object) })
    }

    /// The same for one that is known to be tracked.
    ///
    /// # Safety
    ///
    /// As for [`spot`](Self::spot).
    pub(super) unsafe fn spot_of_tracked(object: Object) -> Spot {
        // SAFETY: from the caller.
        let prefix = unsafe { object.prefix() };
        Spot::new(
            NonNull::from(&prefix.visit),
            OUTSIDE + prefix.slot.get(),
            Distance::IN_PREFIX,
        )
    }

    /// The visit word at a slot, which is taken.
    pub(super) fn word_at(&self, slot: u32) -> u32 {
        let taken = self.slots.borrow().get(slot as usize);
        // SAFETY: [live], as it is in the table, and an adopted object has its word until it is released.
        taken.map_or(0, |taken| unsafe { taken.word().as_ref() }.get())
    }

    /// How many spots there are.
    pub(super) fn spots(&self) -> usize {
        self.slots.borrow().end()
    }

    /// How many spots there is memory for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.slots.borrow().room()
    }

    pub(super) fn objects(&self) -> Vec<Object> {
        let slots = self.slots.borrow();
        let objects = slots.iter().filter_map(|slot| match slot {
            Slot::Taken(object) => Some(object),
            Slot::Adopted(_) => None,
        });
        objects.collect()
    }

    /// The visit words at the slots of a part. They are there as long as their objects.
    pub(super) fn words(&self, part: usize) -> Words {
        let slots = self.slots.borrow().part(part);
        slots.map(|slot| slot.map(Slot::word))
    }

    /// Gives back the table's own memory that holds no object, from now on as soon as it holds none.
    pub(super) fn shrink(&self) {
        self.slots.borrow_mut().be_frugal();
    }
}
