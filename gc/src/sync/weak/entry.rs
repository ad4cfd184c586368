//! An entry of a weak collection of shared objects, and what becomes of it when it was lent out.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{self, Arc, Mutex, MutexGuard};

use super::table::Table;
use super::{Gc, Weak};
use crate::collector::shared::drop_handles;
use crate::guarded::lock;
use crate::object::shared::{Flag, Pair};
use crate::object::{Edge, Ephemeron, Object};
use crate::panics::discard;
use crate::trace::Tracer;
use crate::weak::slots::{NOWHERE, Placed};

/// See [`table`](super::table).
pub(super) struct Entry<A, B: ?Sized> {
    pub(super) owned: A,
    /// It changes only under the table's lock.
    weak: Mutex<Weak<B>>,
    hash: u64,
    /// It changes only under the table's lock, which orders it.
    place: AtomicUsize,
    table: sync::Weak<Table<A, B>>,
    holds_handles: bool,
    /// The look that has counted it last. Only who has the detector asks.
    seen: AtomicU64,
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

impl<A, B: ?Sized> Entry<A, B> {
    /// An entry that is in no table yet.
    pub(super) fn new(
        owned: A,
        hash: u64,
        object: &Gc<B>,
        table: sync::Weak<Table<A, B>>,
        holds_handles: bool,
    ) -> Self {
        Self {
            owned,
            weak: Mutex::new(Gc::downgrade(object)),
            hash,
            place: AtomicUsize::new(NOWHERE),
            table,
            holds_handles,
            seen: AtomicU64::new(0),
        }
    }

    /// No user code runs while it is locked.
    pub(super) fn weak(&self) -> MutexGuard<'_, Weak<B>> {
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
    pub(super) fn exchange(&self, object: &Gc<B>) -> Weak<B> {
        mem::replace(&mut self.weak(), Gc::downgrade(object))
    }

    /// Whether the weak part is that of an object.
    pub(super) fn is_at(&self, object: Object) -> bool {
        self.weak().object() == Some(object)
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

impl<A, B: ?Sized> Ephemeron for Entry<A, B> {
    fn map(&self) -> *const () {
        self.table.as_ptr().cast()
    }

    fn key(&self) -> Option<Edge> {
        let table = self.table.upgrade()?;
        table.has_ephemerons.then(|| self.weak().edge())?
    }

    fn note(&self, look: u64) -> bool {
        // Ordering: the detector's mutex orders looks.
        self.seen.swap(look, Ordering::Relaxed) != look
    }

    fn trace(&self, tracer: &mut Tracer) {
        if let Some(table) = self.table.upgrade() {
            (table.trace)(&self.owned, tracer);
        }
    }
}

impl<A: Send + Sync, B: ?Sized + Send + Sync> Pair for Entry<A, B> {
    unsafe fn take_out(&self) {
        if let Some(table) = self.table.upgrade() {
            // SAFETY: from the caller.
            unsafe { table.take_out(self) };
        }
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
        // SAFETY: [live], by the counts that were made for them, and are given up here.
        unsafe { drop_handles(mem::take(&mut self.0)) };
    }
}
