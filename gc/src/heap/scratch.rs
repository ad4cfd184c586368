//! The memory that collections work in, kept from one to the next.
#![forbid(unsafe_code)]

use std::cell::Cell;

use super::Spot;
use crate::object::Edge;

/// Vectors with room for more entries than this are given back.
pub(super) const MOST_KEPT: usize = 1 << 16;

/// Vectors with the room that the last collection needed, empty but for the sets.
#[derive(Default)]
pub(crate) struct Scratch {
    /// For the edges of a few objects.
    pub(crate) edges: Vec<Edge>,
    /// For where they lead.
    pub(crate) found: Vec<Option<Spot>>,
    /// For the objects visited.
    pub(crate) visited: Vec<Edge>,
    /// For the numbers of their spots.
    pub(crate) spots: Vec<u32>,
    /// For what is recorded of their edges.
    pub(crate) records: [Vec<u32>; 2],
    /// For two sets of spots. Not empty vectors, but empty sets: a bit for each spot there is, all
    /// of them zero, so that a small look in a large heap has not to clear them.
    pub(crate) sets: [[Vec<u64>; 2]; 2],
}

/// Where they are between collections.
pub(crate) struct Kept(Cell<Option<Box<Scratch>>>);

impl Kept {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Takes them, or new ones.
    pub(crate) fn take(&self) -> Box<Scratch> {
        self.0.take().unwrap_or_default()
    }

    /// Puts them back, emptied, unless they have become too large.
    pub(crate) fn put(&self, mut scratch: Box<Scratch>) {
        empty(&mut scratch.edges);
        empty(&mut scratch.found);
        empty(&mut scratch.visited);
        empty(&mut scratch.spots);
        scratch.records.iter_mut().for_each(empty);
        self.0.set(Some(scratch));
    }

    pub(super) fn shrink(&self) {
        self.0.set(None);
    }
}

/// Empties a vector, and gives its memory back if that is much.
pub(super) fn empty<T>(vector: &mut Vec<T>) {
    vector.clear();
    if vector.capacity() > MOST_KEPT {
        *vector = Vec::new();
    }
}
