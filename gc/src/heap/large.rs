//! Objects that have an allocation of their own, and the table that lists them.
//!
//! Each is allocated with the global allocator, prefix and header before the value, and holds its
//! index in the table, so that adding and removing take constant time and a walk is a walk over a
//! vector.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::{OUTSIDE, Spot};
use crate::object::{HEADER_SIZE, Header, Object, Prefix, Tag};

/// The objects of a heap, by slot. A vacant slot holds the next vacant one.
pub(super) struct Table {
    slots: RefCell<Vec<Slot>>,
    vacant: Cell<u32>,
}

#[derive(Clone, Copy)]
enum Slot {
    Taken(Object),
    Vacant(u32),
}

const NONE: u32 = u32::MAX;

/// Where things are in an allocation: its layout, and the offset of the value.
fn plan(value: Layout) -> (Layout, usize) {
    let before = size_of::<Prefix>() + HEADER_SIZE;
    let head = Layout::from_size_align(before, align_of::<Prefix>()).expect("a constant layout");
    let (whole, offset) = head
        .extend(value)
        .expect("an object larger than the address space");
    (whole, offset)
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            slots: RefCell::new(Vec::new()),
            vacant: Cell::new(NONE),
        }
    }

    pub(super) fn allocate(&self, value: Layout) -> NonNull<Header> {
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
        let slot = Cell::new(self.insert(Object::new(header)));
        // SAFETY: in bounds; aligned because value offsets are multiples of 16.
        unsafe {
            prefix.write(Prefix {
                length: Cell::new(0),
                slot,
                visit: Cell::new(0),
            });
        };
        header
    }

    fn insert(&self, object: Object) -> u32 {
        let mut slots = self.slots.borrow_mut();
        let vacant = self.vacant.get();
        if vacant == NONE {
            let slot = slots.len();
            assert!(slot < OUTSIDE as usize, "fewer than 2^31 large objects");
            slots.push(Slot::Taken(object));
            return slot as u32;
        }
        if let Slot::Vacant(next) = slots[vacant as usize] {
            self.vacant.set(next);
        }
        slots[vacant as usize] = Slot::Taken(object);
        vacant
    }

    /// Frees the memory of an object.
    ///
    /// # Safety
    ///
    /// The object came from this table, for a value of this layout, and nobody uses it any more.
    pub(super) unsafe fn free(&self, object: Object, value: Layout) {
        // SAFETY: [live] until the end of this function.
        let slot = unsafe { object.prefix() }.slot.get();
        self.slots.borrow_mut()[slot as usize] = Slot::Vacant(self.vacant.replace(slot));
        let (whole, offset) = plan(value);
        // SAFETY: the value lies at `offset` in its allocation.
        let base = unsafe { object.value().sub(offset) };
        // SAFETY: allocated by `allocate` with this very layout.
        unsafe { dealloc(base.as_ptr(), whole) };
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
        let prefix = unsafe { object.prefix() };
        Some(Spot {
            word: NonNull::from(&prefix.visit),
            number: OUTSIDE + prefix.slot.get(),
        })
    }

    /// The visit word at a slot, which is taken.
    pub(super) fn word_at(&self, slot: u32) -> u32 {
        match self.slots.borrow()[slot as usize] {
            // SAFETY: [live]: the table lists allocated objects, which have a prefix.
            Slot::Taken(object) => unsafe { object.prefix() }.visit.get(),
            Slot::Vacant(_) => 0,
        }
    }

    /// How many spots there are.
    pub(super) fn spots(&self) -> usize {
        self.slots.borrow().len()
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = Object> + use<> {
        let slots = self.slots.borrow().clone();
        slots.into_iter().filter_map(|slot| match slot {
            Slot::Taken(object) => Some(object),
            Slot::Vacant(_) => None,
        })
    }

    /// Gives back the table's own memory if no object is left.
    pub(super) fn shrink(&self) {
        let mut slots = self.slots.borrow_mut();
        if slots.iter().all(|slot| matches!(slot, Slot::Vacant(_))) {
            *slots = Vec::new();
            self.vacant.set(NONE);
        }
    }
}
