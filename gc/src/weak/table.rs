//! What the weak collections have in common: a hash table of entries, each of which has an *owned*
//! part and a *weak* one, and goes the moment the object of the weak part does.
//!
//! The object's extension leads to the entry (see [`Member`]), and the entry to its place in the
//! table, so that removing it takes constant time and no user code. An entry is never lent as a
//! plain reference, which its object's death would leave dangling, but counted: see [`Lent`].
//!
//! No borrow of the table is held while user code runs: hashes are computed before, keys are
//! compared one by one, and what is removed is dropped after the borrow.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{self, Rc};

use hashbrown::HashTable;

use super::Lent;
use crate::handle::{Gc, Weak};
use crate::heap::Heap;
use crate::object::{Edge, Ephemeron, EphemeronMap, Member, Object};
use crate::panics::discard;
use crate::trace::{Facts, Tracer};

/// The place of an entry that is in no table any more.
const NOWHERE: usize = usize::MAX;
/// Tables with fewer places than this are not compacted.
const SMALL: usize = 32;

/// How often a search is repeated because user code has added entries meanwhile.
const ROUNDS: usize = 8;

/// See the module.
pub(super) struct Entry<A, B: ?Sized> {
    pub(super) owned: A,
    weak: RefCell<Weak<B>>,
    hash: u64,
    place: Cell<usize>,
    /// How often it has joined an object.
    joined: Cell<u32>,
    table: rc::Weak<Table<A, B>>,
    /// The look that has seen it last.
    seen: Cell<u64>,
    pub(super) loans: Loans,
}

/// How often something is lent out at this moment.
#[derive(Default)]
pub(super) struct Loans {
    count: Cell<usize>,
    /// Whether a `trace` has left it out since the first time, in a look or not.
    is_left_out: Cell<bool>,
    /// How many looks there were when it was lent first.
    looks: Cell<u64>,
}

impl Loans {
    /// One more.
    pub(super) fn begin(&self) {
        let count = self.count.get();
        if count == 0 {
            self.looks.set(Heap::with(|heap| heap.looks.get()));
            self.is_left_out.set(false);
        }
        self.count.set(count + 1);
    }

    /// One less. Says whether it was the last one.
    pub(super) fn end(&self) -> bool {
        self.count.set(self.count.get() - 1);
        self.count.get() == 0
    }

    /// Whether a look, or another `trace`, may have left out what was lent.
    fn may_have_been_left_out(&self) -> bool {
        self.is_left_out.get() || Heap::with(|heap| heap.looks.get()) != self.looks.get()
    }
}

/// See the module.
pub(super) struct Table<A, B: ?Sized> {
    slots: RefCell<Slots<A, B>>,
    /// How many iterators there are: nothing is moved meanwhile.
    walkers: Cell<usize>,
    /// How many entries were ever added.
    inserted: Cell<u64>,
    /// What reports the handles of an owned part.
    trace: fn(&A, &mut Tracer),
    /// Whether the owned part is of concern only as long as the object of the weak one is alive.
    has_ephemerons: bool,
    /// Whether owned parts can hold handles. The objects of weak parts must be tracked then, if those
    /// are ephemerons.
    holds_handles: bool,
}

struct Slots<A, B: ?Sized> {
    entries: Vec<Option<Rc<Entry<A, B>>>>,
    /// The places of the entries, by hash.
    index: HashTable<usize>,
    vacant: Vec<usize>,
}

/// The hash of the entry at a place of the index.
fn hash_at<A, B: ?Sized>(entries: &[Option<Rc<Entry<A, B>>>], place: usize) -> u64 {
    entries[place].as_ref().map_or(0, |entry| entry.hash)
}

impl<A, B: ?Sized> Slots<A, B> {
    const fn new() -> Self {
        Self {
            entries: Vec::new(),
            index: HashTable::new(),
            vacant: Vec::new(),
        }
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
            entry.place.set(place);
            let hash_of = |place: &usize| hash_at(&self.entries, *place);
            self.index.insert_unique(entry.hash, place, hash_of);
        }
    }
}

impl<A, B: ?Sized> Table<A, B> {
    /// An empty table, the handles of whose owned parts `trace` reports, with the facts of these.
    pub(super) fn new(trace: fn(&A, &mut Tracer), facts: Facts) -> Rc<Self> {
        Rc::new(Self::with(trace, facts, false))
    }

    /// An empty table of ephemerons, with the facts of their values.
    pub(super) fn of_ephemerons(trace: fn(&A, &mut Tracer), facts: Facts) -> Rc<Self> {
        Rc::new(Self::with(trace, facts, true))
    }

    fn with(trace: fn(&A, &mut Tracer), facts: Facts, has_ephemerons: bool) -> Self {
        Self {
            slots: RefCell::new(Slots::new()),
            walkers: Cell::new(0),
            inserted: Cell::new(0),
            trace,
            has_ephemerons,
            holds_handles: facts.contains(Facts::HANDLE),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.borrow().index.len()
    }

    /// How many entries there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.slots.borrow().index.capacity()
    }

    /// Makes room for so many entries more.
    pub(super) fn reserve(&self, additional: usize) {
        let slots = &mut *self.slots.borrow_mut();
        let entries = &slots.entries;
        let hash_of = |place: &usize| hash_at(entries, *place);
        slots.index.reserve(additional, hash_of);
        slots.entries.reserve(additional);
    }

    /// The entry of this hash that is the right one, as user code says.
    pub(super) fn find(
        &self,
        hash: u64,
        mut is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> Option<Lent<A, B>> {
        let (first, others) = {
            let slots = self.slots.borrow();
            let places = slots.index.iter_hash(hash);
            let entries = places.filter_map(|place| slots.entries[*place].as_ref());
            let mut entries = entries.filter(|entry| entry.hash == hash).map(Lent::of);
            (entries.next(), entries.collect::<Vec<_>>())
        };
        let mut entries = first.into_iter().chain(others);
        let found = entries.find(|lent| is_it(&lent.entry) && lent.entry.is_in_table());
        // Those that have left the table meanwhile go here.
        drop(entries);
        found.filter(|lent| lent.entry.is_in_table())
    }

    /// The same, once more if an entry has been added meanwhile, by user code: for
    /// [`insert`](Self::insert) right afterwards. Comparisons that add one each time are not
    /// humoured for ever.
    pub(super) fn find_to_insert(
        &self,
        hash: u64,
        mut is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> Option<Lent<A, B>> {
        let mut found = None;
        for _ in 0..ROUNDS {
            let inserted = self.inserted.get();
            found = self.find(hash, &mut is_it);
            if self.inserted.get() == inserted {
                break;
            }
        }
        found
    }

    /// Removes an entry, if it is still there; it is to be dropped when user code may run.
    pub(super) fn remove(&self, entry: &Entry<A, B>) -> Option<Rc<Entry<A, B>>> {
        let slots = &mut *self.slots.borrow_mut();
        let place = entry.place.replace(NOWHERE);
        let removed = slots.entries.get_mut(place)?.take()?;
        let indexed = slots.index.find_entry(entry.hash, |other| *other == place);
        indexed.ok()?.remove();
        slots.vacant.push(place);
        slots.trim();
        if self.walkers.get() == 0 {
            slots.compact();
        }
        Some(removed)
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        let slots = self.slots.replace(Slots::new());
        let entries = slots.entries.iter().flatten();
        entries.for_each(|entry| entry.place.set(NOWHERE));
    }

    /// The first entry from a place on, and the place behind it.
    fn next_from(&self, place: usize) -> Option<(Lent<A, B>, usize)> {
        let slots = self.slots.borrow();
        let mut places = slots.entries.iter().enumerate().skip(place);
        let (place, entry) = places.find_map(|(place, slot)| Some((place, slot.as_ref()?)))?;
        Some((Lent::of(entry), place + 1))
    }

    /// Removes an entry whose object is still there, whichever.
    pub(super) fn pop(&self) -> Option<(Lent<A, B>, Gc<B>)> {
        let found = {
            let slots = self.slots.borrow();
            let mut entries = slots.entries.iter().rev().flatten();
            // An object that waits for its release does not upgrade any more.
            entries.find_map(|entry| Some((entry.object()?, Lent::of(entry))))
        };
        let (object, lent) = found?;
        drop(self.remove(&lent.entry));
        Some((lent, object))
    }

    /// All entries, those too that are added meanwhile; not those that go.
    pub(super) fn walk(&self) -> Walk<'_, A, B> {
        self.walkers.set(self.walkers.get() + 1);
        Walk {
            table: self,
            next: 0,
        }
    }

    /// Reports the handles of the owned parts, but for those that are lent out.
    pub(super) fn trace(&self, tracer: &mut Tracer) {
        let mut next = 0;
        loop {
            let entry = {
                let slots = self.slots.borrow();
                let Some(slot) = slots.entries.get(next) else {
                    break;
                };
                let at_home = |entry: &&Rc<Entry<A, B>>| {
                    let is_home = Rc::strong_count(entry) == 1;
                    if !is_home {
                        // Whoever asks may not ask again: see `Entry::suspect`.
                        entry.loans.is_left_out.set(true);
                    }
                    is_home
                };
                slot.as_ref().filter(at_home).cloned()
            };
            if let Some(entry) = entry {
                (self.trace)(&entry.owned, tracer);
            }
            next += 1;
        }
    }
}

impl<A: 'static, B: ?Sized + 'static> Table<A, B> {
    /// Adds an entry.
    pub(super) fn insert(self: &Rc<Self>, hash: u64, owned: A, object: &Gc<B>) -> Lent<A, B> {
        let entry = Rc::new(Entry {
            owned,
            weak: RefCell::new(Gc::downgrade(object)),
            hash,
            place: Cell::new(NOWHERE),
            joined: Cell::new(0),
            table: Rc::downgrade(self),
            seen: Cell::new(0),
            loans: Loans::default(),
        });
        {
            let slots = &mut *self.slots.borrow_mut();
            let place = slots.vacant_place();
            entry.place.set(place);
            slots.entries[place] = Some(entry.clone());
            let hash_of = |place: &usize| hash_at(&slots.entries, *place);
            slots.index.insert_unique(hash, place, hash_of);
        }
        self.inserted.set(self.inserted.get() + 1);
        entry.join(object);
        if self.has_ephemerons && self.holds_handles {
            Gc::adopt(object);
        }
        Lent::of(&entry)
    }
}

impl<A, B: ?Sized> Entry<A, B> {
    /// The object of the weak part, if it is still there.
    pub(super) fn object(&self) -> Option<Gc<B>> {
        self.weak.borrow().upgrade()
    }

    /// Whether the object of the weak part is that of a handle.
    pub(super) fn is_of(&self, object: &Gc<B>) -> bool {
        std::ptr::addr_eq(self.weak.borrow().as_ptr(), Gc::as_ptr(object))
    }

    pub(super) fn is_in_table(&self) -> bool {
        self.place.get() != NOWHERE
    }

    /// The entry was lent out, and is not any more.
    ///
    /// Whoever had it may have moved handles into it, so that nothing else keeps what they lead to and
    /// no drop of a handle tells.
    pub(super) fn given_back(&self) {
        let table = self.table.upgrade().filter(|table| table.holds_handles);
        let Some(table) = table.filter(|_| self.is_in_table()) else {
            return;
        };
        if !table.has_ephemerons || self.loans.may_have_been_left_out() {
            self.suspect(&table);
        } else if let Some(key) = self.weak.borrow().edge() {
            // SAFETY: [live]: the weak handle keeps its memory.
            Heap::with(|heap| unsafe { heap.enlist(key) });
        }
    }

    /// Makes candidates of what the owned part leads to.
    fn suspect(&self, table: &Table<A, B>) {
        let mut tracer = Tracer::new();
        let trace = || (table.trace)(&self.owned, &mut tracer);
        let panic = catch_unwind(AssertUnwindSafe(trace)).err();
        if panic.is_some() {
            // The panic hook may have dropped what was reported. The key leads to the value, too.
            tracer.edges.clear();
            if table.has_ephemerons && self.is_in_table() {
                tracer.edges.extend(self.weak.borrow().edge());
            }
        }
        Heap::with(|heap| {
            for edge in tracer.edges {
                // SAFETY: [live]: the edge is a handle, or the key, whose memory the weak handle
                // keeps.
                unsafe { heap.enlist(edge) };
            }
            if let Some(panic) = panic {
                discard(panic);
            }
        });
    }
}

impl<A: 'static, B: ?Sized + 'static> Entry<A, B> {
    /// Has the entry leave the table when an object goes, which is that of the weak part.
    fn join(self: &Rc<Self>, object: &Gc<B>) {
        let this: Rc<dyn Member> = self.clone();
        let number = self.joined.get().wrapping_add(1);
        self.joined.set(number);
        Gc::join(object, Rc::downgrade(&this), number);
    }

    /// Exchanges the object of the weak part; returns the old one, if it is still there.
    pub(super) fn set_object(self: &Rc<Self>, object: &Gc<B>) -> Option<Gc<B>> {
        let old = self.weak.replace(Gc::downgrade(object));
        self.join(object);
        old.upgrade()
    }
}

impl<A: 'static, B: ?Sized + 'static> Member for Entry<A, B> {
    fn leave(&self, object: Object) -> Option<Rc<dyn Member>> {
        // It may be another object's by now.
        if self.weak.borrow().object() != Some(object) {
            return None;
        }
        Some(self.table.upgrade()?.remove(self)?)
    }

    fn is_joined(&self, number: u32) -> bool {
        self.joined.get() == number
    }

    fn into_ephemeron(self: Rc<Self>) -> Option<Rc<dyn Ephemeron>> {
        let is_one = self.table.upgrade()?.has_ephemerons && self.is_in_table();
        is_one.then_some(self as Rc<dyn Ephemeron>)
    }
}

impl<A, B: ?Sized> Ephemeron for Entry<A, B> {
    fn map(&self) -> *const () {
        self.table.as_ptr().cast()
    }

    fn key(&self) -> Option<Edge> {
        self.weak.borrow().edge()
    }

    fn note(&self, look: u64) -> bool {
        self.seen.replace(look) != look
    }

    fn trace(&self, tracer: &mut Tracer) {
        if let Some(table) = self.table.upgrade() {
            (table.trace)(&self.owned, tracer);
        }
    }
}

impl<A: 'static, B: ?Sized + 'static> EphemeronMap for Table<A, B> {
    fn ephemerons(&self) -> Vec<Rc<dyn Ephemeron>> {
        let slots = self.slots.borrow();
        let entries = slots.entries.iter().flatten();
        entries
            .map(|entry| entry.clone() as Rc<dyn Ephemeron>)
            .collect()
    }

    fn identity(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

/// An iteration over a table, in which entries may come and go.
pub(super) struct Walk<'a, A, B: ?Sized> {
    table: &'a Table<A, B>,
    next: usize,
}

impl<A, B: ?Sized> Iterator for Walk<'_, A, B> {
    type Item = Lent<A, B>;

    fn next(&mut self) -> Option<Lent<A, B>> {
        let (lent, next) = self.table.next_from(self.next)?;
        self.next = next;
        Some(lent)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl<A, B: ?Sized> Clone for Walk<'_, A, B> {
    fn clone(&self) -> Self {
        let mut walk = self.table.walk();
        walk.next = self.next;
        walk
    }
}

impl<A, B: ?Sized> Drop for Walk<'_, A, B> {
    fn drop(&mut self) {
        let walkers = self.table.walkers.get() - 1;
        self.table.walkers.set(walkers);
        if walkers == 0 {
            self.table.slots.borrow_mut().compact();
        }
    }
}
