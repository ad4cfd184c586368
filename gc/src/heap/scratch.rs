//! The memory that collections work in, kept from one to the next.
#![forbid(unsafe_code)]

use std::cell::Cell;

use super::recent::Recent;
use super::{Distance, Word};
use crate::object::Edge;

/// Vectors with room for more entries than this are large.
pub(super) const MOST_KEPT: usize = 1 << 16;

/// Vectors with the room that the last collection needed, empty but for the sets and what is written
/// before it is read.
#[derive(Default)]
pub(crate) struct Scratch {
    /// For the edges of a few objects.
    pub(crate) edges: Vec<Edge>,
    /// For where some of them lead.
    pub(crate) found: Vec<Option<Word>>,
    /// For the objects visited.
    pub(crate) visited: Vec<Edge>,
    /// For how far their visit words are from them.
    pub(crate) distances: Vec<Distance>,
    /// For the numbers of their spots.
    pub(crate) spots: Vec<u32>,
    /// For what is recorded of their edges.
    pub(crate) records: [Vec<u32>; 2],
    /// For two sets of spots. Not empty vectors, but empty sets: a bit for each spot there is, all
    /// of them zero, so that a small look in a large heap has not to clear them.
    pub(crate) sets: [[Vec<u64>; 2]; 2],
}

/// Where they are between collections.
pub(crate) struct Kept {
    scratch: Cell<Option<Box<Scratch>>>,
    /// How many objects collections visited that freed most of them.
    used: Recent,
}

impl Kept {
    pub(super) const fn new() -> Self {
        Self {
            scratch: Cell::new(None),
            used: Recent::new(),
        }
    }

    /// Takes them, or new ones.
    pub(crate) fn take(&self) -> Box<Scratch> {
        self.scratch.take().unwrap_or_default()
    }

    /// Puts them back, emptied.
    pub(crate) fn put(&self, mut scratch: Box<Scratch>) {
        self.empty(&mut scratch.edges);
        self.empty(&mut scratch.visited);
        self.empty(&mut scratch.distances);
        self.empty(&mut scratch.spots);
        for record in &mut scratch.records {
            self.empty(record);
        }
        self.scratch.set(Some(scratch));
    }

    /// Notes how many objects a collection has visited, and whether it frees most of them.
    pub(crate) fn note(&self, visited: usize, frees_most: bool) {
        if frees_most {
            self.used.note(visited);
        } else if visited > MOST_KEPT {
            self.used.forget();
        } else {
            self.used.note(0);
        }
    }

    /// Empties a vector, and gives its memory back if that is much: unless a collection that freed
    /// more needed it lately, and so may the next one.
    pub(super) fn empty<T>(&self, vector: &mut Vec<T>) {
        vector.clear();
        if self.is_too_much(vector.capacity()) {
            *vector = Vec::new();
        }
    }

    /// Whether room for so many entries is given back.
    pub(super) fn is_too_much(&self, room: usize) -> bool {
        room > MOST_KEPT.max(8 * self.used.most())
    }

    pub(super) fn shrink(&self) {
        self.used.forget();
        self.scratch.set(None);
    }
}
