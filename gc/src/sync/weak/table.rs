//! What the weak collections have in common: [`weak::table`](crate::weak), for objects that threads
//! share.
//!
//! What is done is the same, and [`Slots`] too; how it is done beside other threads is not:
//!
//! * Places, and which object an entry leads to, change only under the lock of the table. User code, and
//!   drops that may come to it, run while it is not held, and hashes are computed before. So whoever adds
//!   an entry asks, under the lock, whether others have come since it compared keys.
//! * The collector keeps the lock from when it counts the handles of owned parts until it has decided. Then
//!   no entry can be lent, given back, or leave; and those that are lent were left out: see [`look`](super::look).
//! * So when the lock is free an owned part with handles is in no other hands than the table's, but for those
//!   who borrow it.

use std::ops::Deref;
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::{Arc, Mutex, MutexGuard};

pub(super) use super::entry::Entry;
use super::{Gc, Lent};
use crate::guarded::lock;
use crate::trace::{Facts, Tracer};
use crate::weak::slots::Slots;
use crate::weak::tabled::{self, Tabled};

/// What the lock of a table is for.
pub(super) type Content<A, B> = Slots<Arc<Entry<A, B>>>;

/// See the module.
pub(super) struct Table<A, B: ?Sized> {
    pub(super) content: Mutex<Content<A, B>>,
    /// The content, while a look keeps the lock; else null. Only who has the detector asks.
    pub(super) kept: AtomicPtr<Content<A, B>>,
    /// What reports the handles of an owned part.
    pub(super) trace: fn(&A, &mut Tracer),
    /// Whether owned parts can hold handles.
    pub(super) holds_handles: bool,
    /// Whether the owned part is of concern only as long as the object of the weak one is alive.
    pub(super) has_ephemerons: bool,
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

/// An iteration over a table.
pub(super) type Walk<'a, A, B> = tabled::Walk<'a, Table<A, B>>;

impl<A, B: ?Sized> Tabled for Table<A, B> {
    type Place = Arc<Entry<A, B>>;
    type Lent = Lent<A, B>;

    fn with_slots<R>(&self, f: impl FnOnce(&mut Slots<Self::Place>) -> R) -> R {
        f(&mut self.lock())
    }

    fn lend(entry: &Self::Place) -> Lent<A, B> {
        Lent::of(entry)
    }
}

impl<A, B: ?Sized> Table<A, B> {
    /// An empty table of a map by values, the handles of whose owned parts `trace` reports, with the facts of these.
    pub(super) fn by_value(trace: fn(&A, &mut Tracer), facts: Facts) -> Own<A, B> {
        Self::with(trace, facts, false)
    }

    /// The same of a map by keys: of ephemerons.
    pub(super) fn by_key(trace: fn(&A, &mut Tracer), facts: Facts) -> Own<A, B> {
        Self::with(trace, facts, true)
    }

    fn with(trace: fn(&A, &mut Tracer), facts: Facts, has_ephemerons: bool) -> Own<A, B> {
        Own(Arc::new(Self {
            content: Mutex::new(Slots::new()),
            kept: AtomicPtr::new(ptr::null_mut()),
            trace,
            holds_handles: facts.contains(Facts::SHARED_HANDLE),
            has_ephemerons,
        }))
    }

    /// No user code runs while it is locked, but for the `trace` of owned parts.
    pub(super) fn lock(&self) -> MutexGuard<'_, Content<A, B>> {
        lock(&self.content)
    }

    /// Removes an entry that was found with this object, if it has not got another one since.
    pub(super) fn remove_pair(&self, entry: &Entry<A, B>, object: &Gc<B>) {
        let mut content = self.lock();
        let removed = entry.is_of(object).then(|| content.remove(entry));
        drop(content);
        drop(removed);
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        let entries = self.lock().clear();
        drop(entries);
    }

    /// Removes an entry whose object is still there, whichever.
    pub(super) fn pop(&self) -> Option<(Lent<A, B>, Gc<B>)> {
        let mut content = self.lock();
        let found = {
            let mut entries = content.iter().rev();
            entries.find_map(|entry| Some((entry.object()?, Lent::of(entry))))
        };
        let (object, lent) = found?;
        let removed = content.remove(&lent.entry);
        drop(content);
        drop(removed);
        Some((lent, object))
    }
}
