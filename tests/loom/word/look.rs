//! What a collection sees, and the steps by which it finds garbage.

use std::collections::BTreeMap;

use crate::heap::{Heap, Id, lock};
use crate::word::{Bits, Flag, Word};

/// An object that is pinned.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    /// What its word was when it was taken out of a buffer, if it was.
    pub(crate) taken: Option<Bits>,
    /// Whether it has been touched before it was scanned again.
    pub(crate) is_touched: bool,
    /// How many handles to it were found.
    found: i64,
    edges: Vec<Id>,
    pub(crate) is_live: bool,
    has_guard: bool,
}

/// One look at a part of the heap.
#[derive(Debug)]
pub(crate) struct Look<'h> {
    heap: &'h Heap,
    /// How many objects it may trace. What is beyond that is live.
    limit: usize,
    /// How many locks it may keep while it finds more objects.
    most_guards: usize,
    /// Whether it has kept all locks.
    pub(crate) is_exact: bool,
    /// Whether somebody is to see the garbage, which is treated as if it had finalizers then.
    pub(crate) is_watched: bool,
    pub(crate) entries: Vec<Entry>,
    places: BTreeMap<Id, usize>,
}

impl<'h> Look<'h> {
    pub(crate) fn new(heap: &'h Heap, limit: usize, most_guards: usize) -> Self {
        Self {
            heap,
            limit,
            most_guards,
            is_exact: true,
            is_watched: false,
            entries: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    fn word(&self, id: Id) -> &'h Word {
        &self.heap.object(id).word
    }

    /// Another object that is pinned.
    pub(crate) fn add(&mut self, id: Id, taken: Option<Bits>, is_touched: bool) {
        let place = self.entries.len();
        let visit_word = &self.heap.object(id).visit_word;
        let has_visit_word = visit_word.as_ref().is_none_or(|word| word.read(|is| *is));
        assert!(has_visit_word, "{id} cannot be visited");
        assert_eq!(self.places.insert(id, place), None, "{id} was pinned twice");
        self.entries.push(Entry {
            id,
            taken,
            is_touched,
            found: 0,
            edges: Vec::new(),
            is_live: false,
            has_guard: false,
        });
    }

    /// Finds all handles, breadth first, and pins what they lead to while it has the lock behind which
    /// they lie.
    pub(crate) fn trace(&mut self) {
        let mut next = 0;
        while next < self.entries.len() {
            for id in self.trace_one(next) {
                self.follow(id);
            }
            self.settle_guards();
            next += 1;
        }
    }

    fn follow(&mut self, id: Id) {
        let is_leaf = self.heap.object(id).visit_word.is_some();
        if is_leaf && !lock(&self.heap.adopted).contains(&id) {
            return;
        }
        if !self.places.contains_key(&id) && self.word(id).pin().is_some() {
            self.add(id, None, false);
        }
    }

    /// Keeps the locks, or gives them back in a look that is, or becomes, a rough one.
    fn settle_guards(&mut self) {
        let guards = self.entries.iter().filter(|entry| entry.has_guard).count();
        self.is_exact &= guards <= self.most_guards;
        if !self.is_exact {
            self.unlock();
        }
    }

    /// Finds the handles of all that is pinned already, and of nothing else.
    pub(crate) fn trace_again(&mut self) {
        for place in 0..self.entries.len() {
            let _elsewhere = self.trace_one(place);
        }
    }

    /// Whether it saw all that it should have seen.
    pub(crate) fn is_complete(&self) -> bool {
        self.entries.len() <= self.limit
    }

    /// Finds the handles in one value, unless it is in use. Its lock stays taken.
    fn trace_one(&mut self, place: usize) -> Vec<Id> {
        let entry = &mut self.entries[place];
        if place >= self.limit {
            entry.is_live = true;
            return Vec::new();
        }
        let object = self.heap.object(entry.id);
        assert!(object.value.read(|is| *is), "traced without a value");
        if let Some(lock) = &object.lock {
            if !lock.try_lock() {
                entry.is_live = true;
                return Vec::new();
            }
            entry.has_guard = true;
        }
        entry.edges = object.edges();
        entry.edges.clone()
    }

    /// Pass 1: whose count has more than what was found is live.
    pub(crate) fn count(&mut self) {
        let edges: Vec<Id> = self
            .entries
            .iter()
            .flat_map(|it| it.edges.clone())
            .collect();
        for target in edges {
            if let Some(place) = self.places.get(&target) {
                self.entries[*place].found += 1;
            }
        }
        for place in 0..self.entries.len() {
            let word = self.word(self.entries[place].id);
            let entry = &mut self.entries[place];
            let unexplained = i64::from(word.read().count()) - 1 - entry.found;
            // A rough look may have met a handle in two places.
            assert!(unexplained >= 0 || !self.is_exact, "{entry:?}");
            entry.is_live |= unexplained != 0;
        }
        self.spread();
    }

    /// Pass 2, under the mutex of upgrades: what was touched is live.
    pub(crate) fn ask(&mut self) {
        for place in 0..self.entries.len() {
            let word = self.word(self.entries[place].id);
            let entry = &mut self.entries[place];
            entry.is_live |= word.peek().has(Flag::Touched);
        }
        self.spread();
    }

    /// What the live lead to is live.
    fn spread(&mut self) {
        let mut live: Vec<usize> = (0..self.entries.len()).collect();
        live.retain(|place| self.entries[*place].is_live);
        while let Some(place) = live.pop() {
            for target in self.entries[place].edges.clone() {
                let Some(target) = self.places.get(&target) else {
                    continue;
                };
                if !self.entries[*target].is_live {
                    self.entries[*target].is_live = true;
                    live.push(*target);
                }
            }
        }
    }

    /// Gives the locks back, last taken first.
    pub(crate) fn unlock(&mut self) {
        for entry in self.entries.iter_mut().rev() {
            if std::mem::take(&mut entry.has_guard) {
                let lock = &self.heap.object(entry.id).lock;
                lock.as_ref().expect("the lock that was taken").unlock();
            }
        }
    }

    /// The live and the garbage.
    pub(crate) fn split(self) -> (Vec<Entry>, Vec<Entry>) {
        self.entries.into_iter().partition(|entry| entry.is_live)
    }
}
