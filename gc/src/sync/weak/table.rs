//! What the weak collections have in common: [`weak::table`](crate::weak), for objects that threads
//! share.
//!
//! What is done is the same, and [`Slots`] too; how it is done beside other threads is not:
//!
//! * Places, and which object an entry leads to, change only under the lock of the table. User code, and
//!   drops that may come to it, run while it is not held, and hashes are computed before. So whoever adds
//!   an entry asks, under the lock, whether others have come since it compared keys.
//! * The collector sees owned parts as the map's. It keeps the lock from when it has counted their handles
//!   until it has decided. Then no entry can be lent, given back, or leave; and those that are lent were
//!   left out.
//! * The death of an object gets at a table by another way than through its map, so maybe after that has
//!   been found dead, when the handles of an owned part are as good as gone. Such an entry is *departed*: it
//!   cannot be found, and is dropped with the map, or, if that is alive, when it is used. An owned part with handles is in no other hands
//!   than the table's, but for those who borrow it, when the lock is free.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{self, Arc, Mutex, MutexGuard, TryLockError};

use super::{Gc, Lent, Weak};
use crate::collector::shared::drop_handle;
use crate::guarded::lock;
use crate::object::shared::{Flag, Left, Members};
use crate::object::{Edge, Object};
use crate::panics::{Panic, discard};
use crate::trace::{Facts, Guards, Tracer};
use crate::weak::slots::{NOWHERE, Placed, Slots};

/// How often a search is repeated because user code of this thread has added entries meanwhile.
const ROUNDS: usize = 8;

thread_local! {
    /// The tables that this thread has locked and traces owned parts of, not in a look.
    static TRACED: RefCell<Vec<*const ()>> = const { RefCell::new(Vec::new()) };
    /// How many entries this thread has added to any table.
    static ADDED: Cell<u64> = const { Cell::new(0) };
}

/// Calls `f` with [`TRACED`]: an empty list, if the thread has none any more.
fn with_traced<R>(mut f: impl FnMut(&mut Vec<*const ()>) -> R) -> R {
    TRACED
        .try_with(|traced| f(&mut traced.borrow_mut()))
        .unwrap_or_else(|_| f(&mut Vec::new()))
}

/// See the module.
pub(super) struct Entry<A, B: ?Sized> {
    pub(super) owned: A,
    /// It changes only under the table's lock.
    weak: Mutex<Weak<B>>,
    hash: u64,
    /// It changes only under the table's lock, which orders it.
    place: AtomicUsize,
    table: sync::Weak<Table<A, B>>,
    holds_handles: bool,
}

impl<A, B: ?Sized> Placed for Entry<A, B> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn place(&self) -> usize {
        self.place.load(Ordering::Relaxed)
    }

    fn set_place(&self, place: usize) {
        self.place.store(place, Ordering::Relaxed);
    }
}

/// What the lock of a table is for.
struct Content<A, B: ?Sized> {
    slots: Slots<Arc<Entry<A, B>>>,
    /// See the module.
    departed: Vec<Arc<Entry<A, B>>>,
}

/// See the module.
pub(super) struct Table<A, B: ?Sized> {
    content: Mutex<Content<A, B>>,
    /// What reports the handles of an owned part.
    trace: fn(&A, &mut Tracer),
    /// Whether owned parts can hold handles.
    holds_handles: bool,
}

/// How a map has its table: what is in it goes with the map, whoever else has to do with the table.
pub(super) struct Own<A, B: ?Sized>(Arc<Table<A, B>>);

impl<A, B: ?Sized> Deref for Own<A, B> {
    type Target = Arc<Table<A, B>>;

    fn deref(&self) -> &Arc<Table<A, B>> {
        &self.0
    }
}

impl<A, B: ?Sized> Drop for Own<A, B> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What [`Table::search`] comes to. The lock is let go first.
struct Search<'a, A, B: ?Sized> {
    content: MutexGuard<'a, Content<A, B>>,
    /// The entry, which is in the table; or else there is none.
    found: Option<Lent<A, B>>,
    /// Others of the same hash.
    _others: Vec<Lent<A, B>>,
}

impl<A, B: ?Sized> Table<A, B> {
    /// An empty table of a map by values, the handles of whose owned parts `trace` reports, with the facts of these.
    pub(super) fn by_value(trace: fn(&A, &mut Tracer), facts: Facts) -> Own<A, B> {
        Own(Arc::new(Self {
            content: Mutex::new(Content {
                slots: Slots::new(),
                departed: Vec::new(),
            }),
            trace,
            holds_handles: facts.contains(Facts::SHARED_HANDLE),
        }))
    }

    /// The same of a map by keys.
    pub(super) fn by_key(trace: fn(&A, &mut Tracer), facts: Facts) -> Own<A, B> {
        Self::by_value(trace, facts)
    }

    /// No user code runs while it is locked, but for the `trace` of owned parts.
    fn lock(&self) -> MutexGuard<'_, Content<A, B>> {
        lock(&self.content)
    }

    /// The same for a `trace`. In a look it waits, as nobody has the lock for long. Else the thread has the
    /// lock of a table that this one is in, perhaps this one, if maps are in each other's values.
    fn lock_to_trace(&self, tracer: &mut Tracer) -> Option<MutexGuard<'_, Content<A, B>>> {
        let this = std::ptr::from_ref(self).cast();
        let (is_inside, is_known) =
            with_traced(|traced| (!traced.is_empty(), traced.contains(&this)));
        if !is_inside {
            return Some(self.lock());
        }
        if is_known {
            return None;
        }
        let content = match self.content.try_lock() {
            Ok(content) => content,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                tracer.is_incomplete = true;
                return None;
            }
        };
        with_traced(|traced| traced.push(this));
        Some(content)
    }

    /// Has the handles of an owned part reported, of this table, which is locked: to `f`, while nobody
    /// drops or changes them.
    fn report<R>(&self, owned: &A, f: impl FnOnce(&Tracer) -> R) -> (R, Option<Panic>) {
        let mut tracer = Tracer {
            is_shared: true,
            guards: Some(Guards::default()),
            ..Tracer::new()
        };
        with_traced(|traced| traced.push(std::ptr::from_ref(self).cast()));
        let traced = catch_unwind(AssertUnwindSafe(|| (self.trace)(owned, &mut tracer)));
        with_traced(Vec::clear);
        tracer.is_incomplete |= traced.is_err();
        (f(&tracer), traced.err())
    }

    pub(super) fn len(&self) -> usize {
        self.lock().slots.len()
    }

    /// How many entries there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.lock().slots.capacity()
    }

    /// Makes room for so many entries more.
    pub(super) fn reserve(&self, additional: usize) {
        self.lock().slots.reserve(additional);
    }

    /// The entry of this hash that is the right one, as user code says.
    pub(super) fn find(
        &self,
        hash: u64,
        mut is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> Option<Lent<A, B>> {
        let (_departed, first, others) = {
            let mut content = self.lock();
            // Whoever uses the map sees to it that it is not dead.
            let departed = std::mem::take(&mut content.departed);
            let mut entries = content.slots.of_hash(hash).map(Lent::of);
            (departed, entries.next(), entries.collect::<Vec<_>>())
        };
        let mut entries = first.into_iter().chain(others);
        entries.find(|lent| is_it(&lent.entry) && lent.entry.is_in_table())
    }

    /// The same, for who adds one if there is none: the table is locked then.
    ///
    /// What other threads add meanwhile is compared, too. Comparisons that add an entry each time are not
    /// humoured for ever.
    fn search(&self, hash: u64, mut is_it: impl FnMut(&Entry<A, B>) -> bool) -> Search<'_, A, B> {
        let mut others: Vec<Lent<A, B>> = Vec::new();
        let mut inserted = None;
        let mut rounds = 0;
        loop {
            let content = self.lock();
            let is_known =
                inserted.replace(content.slots.inserted()) == Some(content.slots.inserted());
            if is_known || rounds == ROUNDS {
                return Search {
                    content,
                    found: None,
                    _others: others,
                };
            }
            let known = others.len();
            let is_new = |entry: &&Arc<Entry<A, B>>| {
                let mut known = others.iter();
                !known.any(|other| Arc::ptr_eq(&other.entry, entry))
            };
            let new = content.slots.of_hash(hash).filter(is_new).map(Lent::of);
            let new: Vec<_> = new.collect();
            drop(content);
            others.extend(new);
            let added = ADDED.get();
            for index in known..others.len() {
                if !is_it(&others[index].entry) {
                    continue;
                }
                let content = self.lock();
                if others[index].entry.is_in_table() {
                    return Search {
                        content,
                        found: Some(others.swap_remove(index)),
                        _others: others,
                    };
                }
            }
            rounds += usize::from(ADDED.get() != added);
        }
    }

    /// Removes an entry, if it is still there; it is to be dropped when user code may run.
    pub(super) fn remove(&self, entry: &Entry<A, B>) -> Option<Arc<Entry<A, B>>> {
        self.lock().slots.remove(entry)
    }

    /// Removes an entry, and returns the object of its weak part, if both are still there.
    pub(super) fn take(&self, entry: &Entry<A, B>) -> Option<Gc<B>> {
        let (removed, weak) = {
            let mut content = self.lock();
            (content.slots.remove(entry)?, entry.weak().clone())
        };
        drop(removed);
        weak.upgrade()
    }

    /// Removes an entry that was found with this object, if it has not got another one since.
    pub(super) fn remove_pair(&self, entry: &Entry<A, B>, object: &Gc<B>) {
        let mut content = self.lock();
        let removed = entry.is_of(object).then(|| content.slots.remove(entry));
        drop(content);
        drop(removed);
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        let mut content = self.lock();
        let entries = content.slots.clear();
        let departed = std::mem::take(&mut content.departed);
        drop(content);
        drop((entries, departed));
    }

    /// The first entry from a place on, and the place behind it.
    fn next_from(&self, place: usize) -> Option<(Lent<A, B>, usize)> {
        let content = self.lock();
        let (entry, next) = content.slots.next_from(place)?;
        Some((Lent::of(entry), next))
    }

    /// Removes an entry whose object is still there, whichever.
    pub(super) fn pop(&self) -> Option<(Lent<A, B>, Gc<B>)> {
        let mut content = self.lock();
        let found = {
            let mut entries = content.slots.iter().rev();
            entries.find_map(|entry| Some((entry.object()?, Lent::of(entry))))
        };
        let (object, lent) = found?;
        let removed = content.slots.remove(&lent.entry);
        drop(content);
        drop(removed);
        Some((lent, object))
    }

    /// All entries, those too that are added meanwhile; not those that go.
    pub(super) fn walk(&self) -> Walk<'_, A, B> {
        self.lock().slots.begin_walk();
        Walk {
            table: self,
            next: 0,
        }
    }

    /// Reports the handles of the owned parts, but for those that are lent out. Waits for the lock, which
    /// nobody has for long.
    pub(super) fn trace(&self, tracer: &mut Tracer) {
        if !self.holds_handles || !tracer.is_shared && tracer.shared_weaks.is_none() {
            return;
        }
        let trace_all = |content: &Content<A, B>, tracer: &mut Tracer| {
            // Whoever borrows one has got it, and gives it back, under the lock.
            let at_home = |entry: &&Arc<Entry<A, B>>| Arc::strong_count(entry) == 1;
            for entry in content.slots.iter().filter(at_home) {
                (self.trace)(&entry.owned, tracer);
            }
        };
        if let Some(content) = self.lock_to_trace(tracer) {
            // SAFETY: the table belongs to the map that is being traced, and so does what is in it.
            unsafe { tracer.behind(content, trace_all) };
        }
    }
}

impl<A, B> Table<A, B>
where
    A: Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    /// A new entry.
    fn entry(self: &Arc<Self>, hash: u64, owned: A, object: &Gc<B>) -> Arc<Entry<A, B>> {
        Arc::new(Entry {
            owned,
            weak: Mutex::new(Gc::downgrade(object)),
            hash,
            place: AtomicUsize::new(NOWHERE),
            table: Arc::downgrade(self),
            holds_handles: self.holds_handles,
        })
    }

    /// Has the entries of this hash leave when an object goes.
    fn join(self: &Arc<Self>, hash: u64, object: &Gc<B>) {
        let members: Arc<dyn Members> = self.clone();
        Gc::join(object, Arc::downgrade(&members), hash);
    }

    /// Adds an entry to the table, which is locked.
    fn add(
        self: &Arc<Self>,
        mut content: MutexGuard<'_, Content<A, B>>,
        entry: &Arc<Entry<A, B>>,
        object: &Gc<B>,
    ) {
        content.slots.insert(entry.clone());
        drop(content);
        ADDED.set(ADDED.get() + 1);
        self.join(entry.hash, object);
    }

    /// Has an owned part lead to an object; returns the one that it led to, if that is still there. The
    /// table keeps the owned part that it has, if that is the same.
    pub(super) fn set(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Option<Gc<B>> {
        let search = self.search(hash, |entry| is_same(&entry.owned, &owned));
        let Some(lent) = &search.found else {
            let Search {
                content, _others, ..
            } = search;
            self.add(content, &self.entry(hash, owned, object), object);
            return None;
        };
        let old = lent.entry.exchange(object);
        drop(search);
        self.join_instead(hash, object, &old);
        // Before anything has to be dropped if this panics.
        drop(owned);
        old.upgrade()
    }

    /// The same, for who has found that there is none. If one has come since, that is left as it is.
    /// Returns the object that is led to then.
    pub(super) fn set_new(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: Gc<B>,
        is_same: impl Fn(&A, &A) -> bool,
    ) -> Gc<B> {
        let search = self.search(hash, |entry| is_same(&entry.owned, &owned));
        let Some(lent) = &search.found else {
            let Search {
                content, _others, ..
            } = search;
            self.add(content, &self.entry(hash, owned, &object), &object);
            return object;
        };
        if let Some(other) = lent.entry.object() {
            drop(search);
            drop(owned);
            return other;
        }
        let old = lent.entry.exchange(&object);
        drop(search);
        self.join_instead(hash, &object, &old);
        drop(owned);
        object
    }

    /// Has the entry leave when an object goes, if it has not got that already.
    fn join_instead(self: &Arc<Self>, hash: u64, object: &Gc<B>, old: &Weak<B>) {
        if !std::ptr::addr_eq(old.as_ptr(), Gc::as_ptr(object)) {
            self.join(hash, object);
        }
    }

    /// Gives an object an owned part: the new one, and the one that it had before. The table keeps the
    /// object that it has, if that is the right one.
    pub(super) fn replace(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> (Lent<A, B>, Option<Lent<A, B>>) {
        let Search {
            mut content,
            found: old,
            _others,
        } = self.search(hash, is_it);
        let kept = old.as_ref().and_then(|old| old.entry.object());
        let removed = old
            .as_ref()
            .and_then(|old| content.slots.remove(&old.entry));
        let object = kept.as_ref().unwrap_or(object);
        let entry = self.entry(hash, owned, object);
        let new = Lent::of(&entry);
        self.add(content, &entry, object);
        drop(removed);
        (new, old)
    }

    /// Gives an object an owned part if it has none, and returns whether that is so.
    pub(super) fn insert_if_absent(
        self: &Arc<Self>,
        hash: u64,
        owned: A,
        object: &Gc<B>,
        is_it: impl FnMut(&Entry<A, B>) -> bool,
    ) -> bool {
        let search = self.search(hash, is_it);
        let is_absent = search.found.is_none();
        if is_absent {
            let Search {
                content, _others, ..
            } = search;
            self.add(content, &self.entry(hash, owned, object), object);
        }
        is_absent
    }
}

impl<A, B: ?Sized> Entry<A, B> {
    /// No user code runs while it is locked.
    fn weak(&self) -> MutexGuard<'_, Weak<B>> {
        lock(&self.weak)
    }

    /// The object of the weak part, if it is still there.
    pub(super) fn object(&self) -> Option<Gc<B>> {
        self.weak().upgrade()
    }

    /// Whether the object of the weak part is that of a handle.
    pub(super) fn is_of(&self, object: &Gc<B>) -> bool {
        std::ptr::addr_eq(self.weak().as_ptr(), Gc::as_ptr(object))
    }

    /// Whether it is in a table; for who has not locked that, whether it was a moment ago.
    pub(super) fn is_in_table(&self) -> bool {
        self.place() != NOWHERE
    }

    /// Exchanges the object of the weak part. The table is locked.
    fn exchange(&self, object: &Gc<B>) -> Weak<B> {
        std::mem::replace(&mut self.weak(), Gc::downgrade(object))
    }

    /// The entry was lent out, and is not any more.
    ///
    /// Whoever had it may have moved handles into it, so that nothing else keeps what they lead to and
    /// no drop of a handle tells; and looks have left it out. So one handle more of each is dropped.
    pub(super) fn given_back(self: Arc<Self>) {
        let Some(table) = self.holds_handles.then(|| self.table.upgrade()).flatten() else {
            return;
        };
        let content = table.lock();
        // One is the table's, and one our own: nobody else has it, and nobody gets it.
        let is_last = self.is_in_table() && Arc::strong_count(&self) == 2;
        let (handles, panic) = if is_last {
            table.report(&self.owned, Handles::of)
        } else {
            (Handles::default(), None)
        };
        // Under the lock, so that the collector does not find it in other hands than the table's.
        let last = Arc::into_inner(self);
        drop(content);
        drop(last);
        drop(handles);
        panic.into_iter().for_each(discard);
    }
}

/// A handle more of each that an owned part has, to be dropped when user code may run.
#[derive(Default)]
struct Handles(Vec<Edge>);

impl Handles {
    fn of(tracer: &Tracer) -> Self {
        let mut handles = Self::default();
        for edge in &tracer.shared_edges {
            // SAFETY: [live]: the edge is a handle, which nobody drops meanwhile.
            let word = &unsafe { edge.object().shared() }.word;
            if !word.peek().has(Flag::Untracked) {
                word.increment();
                handles.0.push(*edge);
            }
        }
        handles
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        for edge in self.0.drain(..) {
            // SAFETY: [live], by the count that was made for it, and is given up here.
            unsafe { drop_handle(edge) };
        }
    }
}

/// Whether an owned part has a handle to an object that the collector has found dead, for all that is
/// known.
fn leads_to_dead(tracer: &Tracer) -> bool {
    let is_dead = |edge: &Edge| {
        // SAFETY: [live]: the edge is a handle, which nobody drops meanwhile.
        unsafe { edge.object().shared() }
            .word
            .peek()
            .has(Flag::Dead)
    };
    tracer.is_incomplete || tracer.shared_edges.iter().any(is_dead)
}

impl<A, B> Members for Table<A, B>
where
    A: Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    fn leave(&self, hash: u64, object: Object, left: &mut Vec<Left>) {
        let mut panics = Vec::new();
        let mut content = self.lock();
        loop {
            let mut entries = content.slots.of_hash(hash);
            let Some(entry) = entries.find(|entry| entry.is_at(object)).cloned() else {
                break;
            };
            drop(entries);
            drop(content.slots.remove(&entry));
            // One that is lent was left out when the collector looked.
            if self.holds_handles && Arc::strong_count(&entry) == 1 {
                let (is_dead, panic) = self.report(&entry.owned, leads_to_dead);
                panics.extend(panic);
                if is_dead {
                    content.departed.push(entry);
                    continue;
                }
            }
            left.push(entry);
        }
        drop(content);
        panics.into_iter().for_each(discard);
    }

    fn has(&self, hash: u64, object: Object) -> bool {
        let content = self.lock();
        content.slots.of_hash(hash).any(|entry| entry.is_at(object))
    }
}

impl<A, B: ?Sized> Entry<A, B> {
    /// Whether the weak part is that of an object.
    fn is_at(&self, object: Object) -> bool {
        self.weak().object() == Some(object)
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
        self.table.lock().slots.end_walk();
    }
}
