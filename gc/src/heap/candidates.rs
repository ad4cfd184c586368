//! The candidate buffers: objects that a handle was dropped from and that live on, by generation.
//!
//! Such an object may head a dead cycle. It is inserted once; freed while it is in here, it
//! vacates its slot in constant time, and vacated slots are used again, so a buffer never holds
//! more slots than there were candidates at one time.

use std::cell::{Cell, RefCell};

use super::generation::GENERATIONS;
use crate::object::Object;

const GENERATION_BITS: u32 = 2;
const NONE: u32 = u32::MAX;
/// Buffers with room for more are given back when they are empty.
const MOST_KEPT: usize = 1 << 16;

/// A candidate and its birth epoch, whose place in the header the slot number has taken.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) object: Object,
    pub(crate) epoch: u32,
}

#[derive(Clone, Copy)]
enum Slot {
    Taken(Candidate),
    Vacant(u32),
}

struct Buffer {
    slots: RefCell<Vec<Slot>>,
    vacant: Cell<u32>,
    taken: Cell<usize>,
}

/// See the module. A *place* is `slot << 2 | generation`.
pub(crate) struct Candidates {
    buffers: [Buffer; GENERATIONS],
}

impl Buffer {
    const fn new() -> Self {
        Self {
            slots: RefCell::new(Vec::new()),
            vacant: Cell::new(NONE),
            taken: Cell::new(0),
        }
    }
}

#[inline]
fn place(generation: usize, slot: usize) -> u32 {
    assert!(
        slot < 1 << (32 - GENERATION_BITS),
        "fewer than 2^30 candidates"
    );
    (slot << GENERATION_BITS | generation) as u32
}

impl Candidates {
    pub(super) const fn new() -> Self {
        Self {
            buffers: [const { Buffer::new() }; GENERATIONS],
        }
    }

    /// The generation that a place belongs to.
    pub(super) fn generation(place: u32) -> usize {
        (place & ((1 << GENERATION_BITS) - 1)) as usize
    }

    /// Adds a candidate and returns its place.
    #[inline]
    pub(crate) fn push(&self, generation: usize, object: Object, epoch: u32) -> u32 {
        let buffer = &self.buffers[generation];
        buffer.taken.set(buffer.taken.get() + 1);
        let mut slots = buffer.slots.borrow_mut();
        let taken = Slot::Taken(Candidate { object, epoch });
        let slot = buffer.vacant.get();
        if slot == NONE {
            slots.push(taken);
            return place(generation, slots.len() - 1);
        }
        if let Slot::Vacant(next) = slots[slot as usize] {
            buffer.vacant.set(next);
        }
        slots[slot as usize] = taken;
        place(generation, slot as usize)
    }

    /// Takes out the candidate at a place and returns its birth epoch.
    pub(super) fn vacate(&self, place: u32) -> u32 {
        let buffer = &self.buffers[Self::generation(place)];
        buffer.taken.set(buffer.taken.get() - 1);
        let slot = place >> GENERATION_BITS;
        let mut slots = buffer.slots.borrow_mut();
        let vacant = Slot::Vacant(buffer.vacant.replace(slot));
        match std::mem::replace(&mut slots[slot as usize], vacant) {
            Slot::Taken(candidate) => candidate.epoch,
            Slot::Vacant(_) => unreachable!("a candidate's slot is taken"),
        }
    }

    /// Empties the buffers of all generations up to `oldest`. `visit` adds no candidate.
    pub(crate) fn drain(&self, oldest: usize, mut visit: impl FnMut(Candidate)) {
        for buffer in &self.buffers[..=oldest] {
            buffer.vacant.set(NONE);
            buffer.taken.set(0);
            let mut slots = buffer.slots.borrow_mut();
            for slot in slots.drain(..) {
                if let Slot::Taken(candidate) = slot {
                    visit(candidate);
                }
            }
            if slots.capacity() > MOST_KEPT {
                *slots = Vec::new();
            }
        }
    }

    /// Whether a generation has no candidate.
    pub(crate) fn is_empty(&self, generation: usize) -> bool {
        self.buffers[generation].taken.get() == 0
    }

    /// Whether there is any.
    pub(crate) fn exist(&self) -> bool {
        (0..GENERATIONS).any(|generation| !self.is_empty(generation))
    }

    /// Changes the birth epochs of all candidates.
    pub(crate) fn renumber(&self, change: impl Fn(u32) -> u32) {
        for buffer in &self.buffers {
            for slot in buffer.slots.borrow_mut().iter_mut() {
                if let Slot::Taken(candidate) = slot {
                    candidate.epoch = change(candidate.epoch);
                }
            }
        }
    }

    pub(super) fn shrink(&self) {
        for (generation, buffer) in self.buffers.iter().enumerate() {
            if self.is_empty(generation) {
                buffer.vacant.set(NONE);
                *buffer.slots.borrow_mut() = Vec::new();
            }
        }
    }
}
