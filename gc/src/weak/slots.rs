//! Where the entries of a weak collection are: in places, which keep them in order, and an index of these
//! by hash. What a thread has to itself and what threads share is the same here.
#![forbid(unsafe_code)]

use std::ops::Deref;

use hashbrown::HashTable;

/// The place of an entry that is in no table any more.
pub(crate) const NOWHERE: usize = usize::MAX;
/// How often a search is repeated because user code has added entries meanwhile.
pub(crate) const ROUNDS: usize = 8;
/// Tables with fewer places than this are not compacted.
const SMALL: usize = 32;

/// What knows its hash, and its place in a table.
pub(crate) trait Placed {
    /// Its hash.
    fn hash(&self) -> u64;

    /// Its place, or [`NOWHERE`].
    fn place(&self) -> usize;

    /// Gives it another place.
    fn set_place(&self, place: usize);
}

/// See the module; `P` leads to an entry.
pub(crate) struct Slots<P> {
    entries: Vec<Option<P>>,
    /// The places of the entries, by hash.
    index: HashTable<usize>,
    vacant: Vec<usize>,
    /// How many iterations there are: nothing is moved meanwhile.
    walkers: usize,
    /// How many entries were ever added.
    inserted: u64,
}

/// The hash of the entry at a place of the index.
fn hash_at<P: Deref<Target: Placed>>(entries: &[Option<P>], place: usize) -> u64 {
    entries[place].as_ref().map_or(0, |entry| entry.hash())
}

impl<P> Slots<P> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            index: HashTable::new(),
            vacant: Vec::new(),
            walkers: 0,
            inserted: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// How many entries there is room for.
    pub(crate) fn capacity(&self) -> usize {
        self.index.capacity()
    }

    /// How many entries were ever added.
    pub(crate) fn inserted(&self) -> u64 {
        self.inserted
    }

    /// The entries, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &P> {
        self.entries.iter().flatten()
    }

    /// The first entry from a place on, and the place behind it.
    pub(crate) fn next_from(&self, place: usize) -> Option<(&P, usize)> {
        let mut places = self.entries.iter().enumerate().skip(place);
        places.find_map(|(place, slot)| Some((slot.as_ref()?, place + 1)))
    }

    /// Leaves no vacant place at the end, so that the last entry is found at once. The list of
    /// vacant places is left as it is.
    fn trim(&mut self) {
        while let Some(None) = self.entries.last() {
            self.entries.pop();
        }
    }

    /// A place for an entry.
    fn vacant_place(&mut self) -> usize {
        // A place that was trimmed away may be in the list, and in use again.
        while let Some(place) = self.vacant.pop() {
            if let Some(None) = self.entries.get(place) {
                return place;
            }
        }
        self.entries.push(None);
        self.entries.len() - 1
    }

    /// An iteration begins.
    pub(crate) fn begin_walk(&mut self) {
        self.walkers += 1;
    }
}

impl<P: Deref<Target: Placed>> Slots<P> {
    /// Makes room for so many entries more.
    pub(crate) fn reserve(&mut self, additional: usize) {
        let entries = &self.entries;
        let hash_of = |place: &usize| hash_at(entries, *place);
        self.index.reserve(additional, hash_of);
        self.entries.reserve(additional);
    }

    /// The entries of a hash.
    pub(crate) fn of_hash(&self, hash: u64) -> impl Iterator<Item = &P> {
        let places = self.index.iter_hash(hash);
        let entries = places.filter_map(|place| self.entries[*place].as_ref());
        entries.filter(move |entry| entry.hash() == hash)
    }

    /// Adds an entry.
    pub(crate) fn insert(&mut self, entry: P) {
        let place = self.vacant_place();
        let hash = entry.hash();
        entry.set_place(place);
        self.entries[place] = Some(entry);
        let hash_of = |place: &usize| hash_at(&self.entries, *place);
        self.index.insert_unique(hash, place, hash_of);
        self.inserted += 1;
    }

    /// Adds an entry, in the place of another of the same hash if that is still there. That one is to be
    /// dropped when user code may run. No iteration misses both, or visits both.
    pub(crate) fn replace(&mut self, old: &P::Target, entry: P) -> Option<P> {
        let place = old.place();
        let Some(slot @ Some(_)) = self.entries.get_mut(place) else {
            self.insert(entry);
            return None;
        };
        old.set_place(NOWHERE);
        entry.set_place(place);
        self.inserted += 1;
        slot.replace(entry)
    }

    /// Removes an entry, if it is still there; it is to be dropped when user code may run.
    pub(crate) fn remove(&mut self, entry: &P::Target) -> Option<P> {
        let place = entry.place();
        entry.set_place(NOWHERE);
        let removed = self.entries.get_mut(place)?.take()?;
        let indexed = self.index.find_entry(entry.hash(), |other| *other == place);
        indexed.ok()?.remove();
        self.vacant.push(place);
        self.trim();
        if self.walkers == 0 {
            self.compact();
        }
        Some(removed)
    }

    /// Removes all entries, which are to be dropped when user code may run.
    #[must_use]
    pub(crate) fn clear(&mut self) -> impl Sized + use<P> {
        for entry in self.iter() {
            entry.set_place(NOWHERE);
        }
        self.index = HashTable::new();
        self.vacant = Vec::new();
        std::mem::take(&mut self.entries)
    }

    /// Moves the entries together, if most places are vacant. Amortized constant time for each entry
    /// that was removed.
    fn compact(&mut self) {
        let places = self.entries.len();
        // Trimmed places are still in the list of vacant ones.
        if places.max(self.vacant.len()) < SMALL || self.vacant.len() < places - places / 4 {
            return;
        }
        self.entries.retain(Option::is_some);
        self.entries.shrink_to_fit();
        self.vacant = Vec::new();
        self.index = HashTable::with_capacity(self.entries.len());
        for (place, entry) in self.entries.iter().flatten().enumerate() {
            entry.set_place(place);
            let hash_of = |place: &usize| hash_at(&self.entries, *place);
            self.index.insert_unique(entry.hash(), place, hash_of);
        }
    }

    /// An iteration ends.
    pub(crate) fn end_walk(&mut self) {
        self.walkers -= 1;
        if self.walkers == 0 {
            self.compact();
        }
    }
}
