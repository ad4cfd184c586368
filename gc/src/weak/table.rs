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

use super::Lent;
use super::slots::{NOWHERE, Placed, ROUNDS, Slots};
use super::tabled::{self, Tabled};
use crate::handle::{Gc, Weak};
use crate::heap::Heap;
use crate::object::{Edge, Ephemeron, EphemeronMap, Member, Object};
use crate::panics::{after_drop_of, discard};
use crate::trace::{Facts, Tracer};

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

/// How a map has its table.
pub(super) type Own<A, B> = Rc<Table<A, B>>;

/// An iteration over a table.
pub(super) type Walk<'a, A, B> = tabled::Walk<'a, Table<A, B>>;

/// See the module.
pub(super) struct Table<A, B: ?Sized> {
    slots: RefCell<Slots<Rc<Entry<A, B>>>>,
    /// What reports the handles of an owned part.
    trace: fn(&A, &mut Tracer),
    /// Whether the owned part is of concern only as long as the object of the weak one is alive.
    has_ephemerons: bool,
    /// Whether owned parts can hold handles. The objects of weak parts must be tracked then, if those
    /// are ephemerons.
    holds_handles: bool,
}

impl<A, B: ?Sized> Placed for Entry<A, B> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn place(&self) -> usize {
        self.place.get()
    }

    fn set_place(&self, place: usize) {
        self.place.set(place);
    }
}

impl<A, B: ?Sized> Tabled for Table<A, B> {
    type Place = Rc<Entry<A, B>>;
    type Lent = Lent<A, B>;

    fn with_slots<R>(&self, f: impl FnOnce(&mut Slots<Self::Place>) -> R) -> R {
        f(&mut self.slots.borrow_mut())
    }

    fn lend(entry: &Self::Place) -> Lent<A, B> {
        Lent::of(entry)
    }
}

impl<A, B: ?Sized> Table<A, B> {
    /// An empty table of a map by values, the handles of whose owned parts `trace` reports, with the facts of these.
    pub(super) fn by_value(trace: fn(&A, &mut Tracer), facts: Facts) -> Rc<Self> {
        Rc::new(Self::with(trace, facts, false))
    }

    /// The same of a map by keys: of ephemerons.
    pub(super) fn by_key(trace: fn(&A, &mut Tracer), facts: Facts) -> Rc<Self> {
        Rc::new(Self::with(trace, facts, true))
    }

    fn with(trace: fn(&A, &mut Tracer), facts: Facts, has_ephemerons: bool) -> Self {
        Self {
            slots: RefCell::new(Slots::new()),
            trace,
            has_ephemerons,
            holds_handles: facts.contains(Facts::HANDLE),
        }
    }

    /// The entry of this hash that is the right one, as user code says. Comparisons that put another one in
    /// its place each time are not humoured for ever.
    pub(super) fn find(
        &self,
        hash: u64,
        mut is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> Option<Lent<A, B>> {
        for _ in 0..ROUNDS {
            let (first, others) = {
                let slots = self.slots.borrow();
                let mut entries = slots.of_hash(hash).map(Lent::of);
                (entries.next(), entries.collect::<Vec<_>>())
            };
            let mut entries = first.into_iter().chain(others);
            let found = entries.find(|lent| is_it(&lent.entry));
            // Others that have left the table meanwhile go here.
            let found = after_drop_of(entries, found);
            if found.as_ref().is_none_or(|lent| lent.entry.is_in_table()) {
                return found;
            }
            // It has left since, and another one may have taken its place.
        }
        None
    }

    /// Removes the entry of this hash that is the right one; returns what `look` sees of it at that instant.
    pub(super) fn remove_found<R>(
        &self,
        hash: u64,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
        look: impl FnOnce(&Entry<A, B>) -> R,
    ) -> Option<(Lent<A, B>, R)> {
        let found = self.find(hash, is_it)?;
        let seen = look(&found.entry);
        drop(self.remove(&found.entry));
        Some((found, seen))
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
            let inserted = self.slots.borrow().inserted();
            found = self.find(hash, &mut is_it);
            if self.slots.borrow().inserted() == inserted {
                break;
            }
        }
        found
    }

    /// Removes an entry that was found with this object.
    pub(super) fn remove_pair(&self, entry: &Entry<A, B>, _: &Gc<B>) {
        drop(self.remove(entry));
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        let entries = self.slots.borrow_mut().clear();
        drop(entries);
    }

    /// Removes an entry whose object is still there, whichever.
    pub(super) fn pop(&self) -> Option<(Lent<A, B>, Gc<B>)> {
        let found = {
            let slots = self.slots.borrow();
            let mut entries = slots.iter().rev();
            // An object that waits for its release does not upgrade any more.
            entries.find_map(|entry| Some((entry.object()?, Lent::of(entry))))
        };
        let (object, lent) = found?;
        drop(self.remove(&lent.entry));
        Some((lent, object))
    }

    /// Reports the handles of the owned parts, but for those that are lent out.
    pub(super) fn trace(&self, tracer: &mut Tracer) {
        let mut next = 0;
        loop {
            let entry = {
                let slots = self.slots.borrow();
                let Some((entry, behind)) = slots.next_from(next) else {
                    break;
                };
                next = behind;
                let at_home = |entry: &&Rc<Entry<A, B>>| {
                    let is_home = Rc::strong_count(entry) == 1;
                    if !is_home {
                        // Whoever asks may not ask again: see `Entry::suspect`.
                        entry.loans.is_left_out.set(true);
                    }
                    is_home
                };
                Some(entry).filter(at_home).cloned()
            };
            if let Some(entry) = entry {
                (self.trace)(&entry.owned, tracer);
            }
        }
    }
}

impl<A: 'static, B: ?Sized + 'static> Table<A, B> {
    /// Adds an entry, in the place of another if there is one.
    fn insert(
        self: &Rc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        old: Option<&Lent<A, B>>,
    ) -> Lent<A, B> {
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
        // Who has the old one's loan drops it.
        match old {
            Some(old) => drop(self.slots.borrow_mut().replace(&old.entry, entry.clone())),
            None => self.slots.borrow_mut().insert(entry.clone()),
        }
        entry.join(object);
        if self.has_ephemerons && self.holds_handles {
            Gc::adopt(object);
        }
        Lent::of(&entry)
    }

    /// Has an owned part lead to an object; returns the one that it led to, if that is still there. The
    /// table keeps the owned part that it has, if that is the same.
    pub(super) fn set(
        self: &Rc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Option<Gc<B>> {
        match self.find_to_insert(hash, |entry| is_same(&entry.owned, &owned)) {
            Some(lent) => {
                let old = lent.entry.set_object(object);
                after_drop_of((lent, owned), old)
            }
            None => {
                self.insert(hash, owned, object, None);
                None
            }
        }
    }

    /// The same, for who has found that there is none. If one has come since, that is left as it is.
    /// Returns the object that is led to then.
    pub(super) fn set_new(
        self: &Rc<Self>,
        hash: u64,
        owned: A,
        object: Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Gc<B> {
        let Some(lent) = self.find_to_insert(hash, |entry| is_same(&entry.owned, &owned)) else {
            self.insert(hash, owned, &object, None);
            return object;
        };
        if let Some(other) = lent.entry.object() {
            return after_drop_of((lent, owned, object), other);
        }
        lent.entry.set_object(&object);
        after_drop_of((lent, owned), object)
    }

    /// Gives an object an owned part: the new one, and the one that it had before. The table keeps the
    /// object that it has, if that is the right one.
    pub(super) fn replace(
        self: &Rc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> (Lent<A, B>, Option<Lent<A, B>>) {
        let old = self.find_to_insert(hash, is_it);
        let kept = old.as_ref().and_then(|old| old.entry.object());
        let object = kept.as_ref().unwrap_or(object);
        let new = self.insert(hash, owned, object, old.as_ref());
        after_drop_of(kept, (new, old))
    }

    /// Gives an object an owned part if it has none, and returns that which it has then, and whether it is
    /// new.
    pub(super) fn get_or_insert(
        self: &Rc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> (Lent<A, B>, bool) {
        match self.find_to_insert(hash, is_it) {
            Some(lent) => (after_drop_of(owned, lent), false),
            // No user code has run since it was looked for: it is not there twice.
            None => (self.insert(hash, owned, object, None), true),
        }
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
        slots
            .iter()
            .map(|entry| entry.clone() as Rc<dyn Ephemeron>)
            .collect()
    }
}
