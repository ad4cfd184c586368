//! The candidates: objects that a handle was dropped from and that live on.
//!
//! Such an object may head a dead cycle. It is inserted once; freed while it is in here, it
//! vacates its slot in constant time, and the vacated slots of the youngest are used again, so that
//! objects that come and go take no room.
//!
//! The slots are in the order in which objects became candidates, so a collection looks at the end
//! of them: at those that became candidates since the last collection of its generation. What it
//! leaves stays where it is, and belongs to the next generation's part.

use std::cell::{Cell, RefCell};

use super::chunks::Chunks;
use super::generation::{GENERATIONS, OLDEST};
use super::scratch::{Kept, MOST_KEPT};
use crate::object::Edge;

const NONE: u32 = u32::MAX;

/// A candidate and its birth epoch, whose place in the header the slot number has taken.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) edge: Edge,
    pub(crate) epoch: u32,
}

/// Twelve bytes and no more: there may be millions, and they are written as they are, without a detour by
/// the stack.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
struct Slot {
    /// The candidate, unless the slot is vacant.
    edge: Option<Edge>,
    /// Its birth epoch, or the next vacant slot.
    number: u32,
}

impl Slot {
    #[inline]
    fn taken(candidate: Candidate) -> Self {
        Self {
            edge: Some(candidate.edge),
            number: candidate.epoch,
        }
    }

    #[inline]
    const fn vacant(next: u32) -> Self {
        Self {
            edge: None,
            number: next,
        }
    }

    #[inline]
    fn is_taken(self) -> bool {
        { self.edge }.is_some()
    }

    #[inline]
    fn candidate(self) -> Option<Candidate> {
        let epoch = self.number;
        self.edge.map(|edge| Candidate { edge, epoch })
    }
}

/// How many of the newest slots stand apart.
const NEWEST: usize = 64;

/// See the module.
pub(crate) struct Candidates {
    /// All slots but the newest.
    slots: RefCell<Chunks<Slot>>,
    /// The newest, which follow those: one is taken in a few instructions.
    newest: Cell<[Slot; NEWEST]>,
    newest_count: Cell<usize>,
    /// How many slots are not among the newest.
    settled: Cell<u32>,
    /// Where the part of a generation begins; the oldest one's is the rest.
    starts: [Cell<usize>; OLDEST],
    /// How many slots there were when the last collection ended.
    last_end: Cell<usize>,
    /// The first vacant slot behind `last_end`.
    vacant: Cell<u32>,
    /// How many slots are vacant.
    vacated: Cell<usize>,
}

impl Candidates {
    pub(super) const fn new() -> Self {
        Self {
            slots: RefCell::new(Chunks::new()),
            newest: Cell::new([Slot::vacant(0); NEWEST]),
            newest_count: Cell::new(0),
            settled: Cell::new(0),
            starts: [const { Cell::new(0) }; OLDEST],
            last_end: Cell::new(0),
            vacant: Cell::new(NONE),
            vacated: Cell::new(0),
        }
    }

    /// The birth epoch of the candidate at a place.
    pub(super) fn epoch(&self, place: u32) -> u32 {
        let slot = self.replace(place, |slot| slot);
        debug_assert!(slot.is_taken(), "a candidate's slot is taken");
        slot.number
    }

    /// Adds a candidate, if there is room among the newest, and returns its place.
    #[inline]
    pub(super) fn push_quickly(&self, edge: Edge, epoch: u32) -> Option<u32> {
        let count = self.newest_count.get();
        let slot = self.newest().get(count)?;
        slot.set(Slot::taken(Candidate { edge, epoch }));
        self.newest_count.set(count + 1);
        Some(self.settled.get() + count as u32)
    }

    /// Adds a candidate and returns its place: that of a vacant slot, if there is one.
    pub(super) fn push(&self, edge: Edge, epoch: u32) -> u32 {
        let vacant = self.vacant.get();
        if vacant == NONE {
            self.settle();
            let place = self.push_quickly(edge, epoch);
            return place.expect("there is room for the newest");
        }
        let taken = Slot::taken(Candidate { edge, epoch });
        self.vacant.set(self.replace(vacant, |_| taken).number);
        self.vacated.set(self.vacated.get() - 1);
        vacant
    }

    /// Adds the newest slots to the others; then none is.
    fn settle(&self) {
        if self.newest_count.get() == 0 {
            return;
        }
        let mut slots = self.slots.borrow_mut();
        // SAFETY: only this thread writes to them, and not while they are copied.
        let newest = unsafe { &*self.newest.as_ptr() };
        slots.extend(&newest[..self.newest_count.take()]);
        assert!(
            slots.capacity() < NONE as usize - NEWEST,
            "fewer than 2^32 candidates"
        );
        self.settled.set(slots.len() as u32);
    }

    #[inline]
    fn newest(&self) -> &[Cell<Slot>] {
        let newest: &Cell<[Slot]> = &self.newest;
        newest.as_slice_of_cells()
    }

    /// Changes the slot at a place and returns what it was.
    #[inline]
    fn replace(&self, place: u32, change: impl FnOnce(Slot) -> Slot) -> Slot {
        if let Some(number) = place.checked_sub(self.settled.get()) {
            let slot = &self.newest()[number as usize];
            return slot.replace(change(slot.get()));
        }
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut(place as usize);
        std::mem::replace(slot, change(*slot))
    }

    /// Takes out the candidate at a place and returns its birth epoch.
    pub(super) fn vacate(&self, place: u32) -> u32 {
        self.vacated.set(self.vacated.get() + 1);
        let is_young = place as usize >= self.last_end.get();
        let vacant = Slot::vacant(if is_young {
            self.vacant.replace(place)
        } else {
            NONE
        });
        let slot = self.replace(place, |_| vacant);
        debug_assert!(slot.is_taken(), "a candidate's slot is taken");
        slot.number
    }

    /// How many slots there are.
    fn len(&self) -> usize {
        self.settled.get() as usize + self.newest_count.get()
    }

    /// How many candidates there are.
    fn taken(&self) -> usize {
        self.len() - self.vacated.get()
    }

    /// How many candidates a collection of a generation may look at, at most.
    pub(crate) fn count(&self, generation: usize) -> usize {
        let start = self.starts.get(generation).map_or(0, Cell::get);
        self.taken().min(self.len() - start)
    }

    /// Calls `visit` with the candidates that a collection of a generation may look at; they stay
    /// what they are. Older objects are among them. `visit` adds and removes none.
    #[inline]
    pub(crate) fn visit(&self, generation: usize, mut visit: impl FnMut(Candidate)) {
        self.settle();
        let start = self.starts.get(generation).map_or(0, Cell::get);
        // In two loops, which the optimizer sees through.
        for slots in self.slots.borrow().slices(start) {
            for slot in slots {
                if let Some(candidate) = slot.candidate() {
                    visit(candidate);
                }
            }
        }
    }

    /// Ends the candidacies of those of a generation's part that are garbage; `leave` is called with
    /// each. To be followed by [`promote`](Self::promote).
    pub(crate) fn discard(
        &self,
        generation: usize,
        is_garbage: impl Fn(&Candidate) -> bool,
        leave: impl Fn(Candidate),
    ) {
        self.settle();
        let start = self.starts.get(generation).map_or(0, Cell::get);
        let mut discarded = 0;
        for slots in self.slots.borrow_mut().slices_mut(start) {
            for slot in slots {
                if let Some(candidate) = slot.candidate()
                    && is_garbage(&candidate)
                {
                    leave(candidate);
                    *slot = Slot::vacant(NONE);
                    discarded += 1;
                }
            }
        }
        self.vacated.set(self.vacated.get() + discarded);
    }

    /// Ends a collection of a generation, whose candidates belong to the next one now. With
    /// `spares_newborn`, those that became candidates since the last collection do not yet.
    pub(crate) fn promote(&self, generation: usize, spares_newborn: bool) {
        let end = self.len();
        let start = if spares_newborn {
            self.last_end.get()
        } else {
            end
        };
        for part in &self.starts[..(generation + 1).min(OLDEST)] {
            part.set(start);
        }
        self.last_end.set(end);
        self.vacant.set(NONE);
    }

    /// Ends all candidacies; `leave` is called with each, and adds none.
    pub(crate) fn clear(&self, kept: &Kept, leave: impl Fn(Candidate)) {
        self.settle();
        let mut slots = self.slots.borrow_mut();
        for slots in slots.slices(0) {
            let candidates = slots.iter().filter_map(|slot| slot.candidate());
            candidates.for_each(&leave);
        }
        slots.truncate(0);
        if kept.is_too_much(slots.capacity()) {
            *slots = Chunks::new();
        }
        self.reset();
    }

    /// There is no slot any more.
    fn reset(&self) {
        self.newest_count.set(0);
        self.settled.set(0);
        self.vacated.set(0);
        self.starts.iter().for_each(|start| start.set(0));
        self.last_end.set(0);
        self.vacant.set(NONE);
    }

    /// Moves the candidates of a generation's part together, if most slots there are vacant, or all
    /// candidates, if very many are; `moved` is called with each that moves and its new place.
    ///
    /// Amortized constant time for each slot that was vacated.
    pub(crate) fn compact(&self, generation: usize, moved: impl Fn(Edge, u32)) {
        self.settle();
        let mut slots = self.slots.borrow_mut();
        let is_sparse = slots.len() > 4 * self.taken() + MOST_KEPT;
        let start = match self.starts.get(generation) {
            Some(start) if !is_sparse => start.get(),
            _ => 0,
        };
        let taken = |slots: &[Slot]| slots.iter().filter(|slot| slot.is_taken()).count();
        if slots.slices(start).map(taken).sum::<usize>() > (slots.len() - start) / 2 {
            return;
        }
        let bounds = [&self.starts[0], &self.starts[1], &self.last_end];
        let old = bounds.map(Cell::get);
        let mut to = start;
        for from in start..slots.len() {
            for (bound, old) in bounds.iter().zip(old) {
                if old == from {
                    bound.set(to);
                }
            }
            let slot = *slots.get_mut(from);
            if let Some(edge) = slot.edge {
                if from != to {
                    *slots.get_mut(to) = slot;
                    moved(edge, to as u32);
                }
                to += 1;
            }
        }
        for (bound, old) in bounds.iter().zip(old) {
            if old == slots.len() {
                bound.set(to);
            }
        }
        self.vacated.set(self.vacated.get() - (slots.len() - to));
        slots.truncate(to);
        self.settled.set(to as u32);
        self.vacant.set(NONE);
    }

    /// Whether there is any.
    pub(crate) fn exist(&self) -> bool {
        self.taken() > 0
    }

    /// Changes the birth epochs of all candidates.
    pub(crate) fn renumber(&self, change: impl Fn(u32) -> u32) {
        self.settle();
        for slot in self.slots.borrow_mut().slices_mut(0).flatten() {
            if slot.is_taken() {
                slot.number = change(slot.number);
            }
        }
    }

    pub(super) fn shrink(&self) {
        if !self.exist() {
            *self.slots.borrow_mut() = Chunks::new();
            self.reset();
        }
    }
}

const _: () = assert!(GENERATIONS == OLDEST + 1);
const _: () = assert!(size_of::<Slot>() == size_of::<Edge>() + 4);
