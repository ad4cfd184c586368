//! What the collector sees of a table, and what the death of an object does to it.
//!
//! A look meets the entries of a table in two ways: by a value that the map is in, and by a key. The first
//! time it locks the table and keeps the lock, as that of any value that it has read, until it has
//! decided what is garbage. Before it lets go it takes those entries out that garbage is held by, or
//! that go with it: from then on nobody but the collector has handles to garbage.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, TryLockError};

use super::entry::Entry;
use super::table::{Content, Table};
use crate::object::Object;
use crate::object::shared::{Left, Members, Pair};
use crate::panics::Panic;
use crate::trace::{Guards, Tracer};

thread_local! {
    /// The tables that this thread has locked and traces owned parts of, not in a look. It is there to the
    /// thread's very end, and has no memory then.
    static TRACED: RefCell<ManuallyDrop<Vec<*const ()>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// A table is in [`TRACED`] as long as this is there.
struct Traced;

impl Traced {
    fn begin<A, B: ?Sized>(table: &Table<A, B>) -> Self {
        TRACED.with_borrow_mut(|traced| traced.push(ptr::from_ref(table).cast()));
        Self
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        TRACED.with_borrow_mut(|traced| {
            traced.pop();
            if traced.is_empty() {
                **traced = Vec::new();
            }
        });
    }
}

/// The lock of a table that a look keeps.
struct Kept<A: 'static, B: ?Sized + 'static> {
    /// Dropped before the table.
    content: ManuallyDrop<MutexGuard<'static, Content<A, B>>>,
    table: Arc<Table<A, B>>,
}

impl<A: 'static, B: ?Sized + 'static> Drop for Kept<A, B> {
    fn drop(&mut self) {
        self.table.kept.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: it is not used again.
        unsafe { ManuallyDrop::drop(&mut self.content) };
    }
}

impl<A, B: ?Sized> Table<A, B> {
    /// Takes an entry out, if a look keeps the lock.
    ///
    /// # Safety
    ///
    /// The thread has the detector.
    pub(super) unsafe fn take_out(&self, entry: &Entry<A, B>) {
        // SAFETY: while it is not null the lock is kept, by this thread, which uses the content nowhere else
        // at this moment.
        if let Some(content) = unsafe { self.kept.load(Ordering::Relaxed).as_mut() } {
            drop(content.remove(entry));
        }
    }

    /// The content, for a `trace` that is none of a look. The thread may have the lock of a table that this one
    /// is in, perhaps this one, if maps are in each other's values: then it does not wait.
    fn lock_to_trace(&self, tracer: &mut Tracer) -> Option<MutexGuard<'_, Content<A, B>>> {
        let this = ptr::from_ref(self).cast();
        let (is_inside, is_known) =
            TRACED.with_borrow(|traced| (!traced.is_empty(), traced.contains(&this)));
        if !is_inside {
            return Some(self.lock());
        }
        if is_known {
            return None;
        }
        match self.content.try_lock() {
            Ok(content) => Some(content),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                tracer.is_incomplete = true;
                None
            }
        }
    }

    /// Has the handles of an owned part reported, of this table, which is locked: to `f`, while nobody
    /// drops or changes them.
    pub(super) fn report<R>(&self, owned: &A, f: impl FnOnce(&Tracer) -> R) -> (R, Option<Panic>) {
        let mut tracer = Tracer {
            is_shared: true,
            guards: Some(Guards::default()),
            ..Tracer::new()
        };
        let within = Traced::begin(self);
        let traced = catch_unwind(AssertUnwindSafe(|| (self.trace)(owned, &mut tracer)));
        drop(within);
        tracer.is_incomplete |= traced.is_err();
        (f(&tracer), traced.err())
    }

    /// Whether an entry is in no other hands than the table's, which is locked. Whoever borrows one has got
    /// it, and gives it back, under the lock.
    fn is_at_home(entry: &Arc<Entry<A, B>>) -> bool {
        Arc::strong_count(entry) == 1
    }

    /// Reports the handles of the owned parts, but for those that are lent out, to who asks for them.
    fn trace_owned(&self, tracer: &mut Tracer) {
        let Some(content) = self.lock_to_trace(tracer) else {
            return;
        };
        let trace_all = |content: &Content<A, B>, tracer: &mut Tracer| {
            let _within = Traced::begin(self);
            for entry in content.iter().filter(|entry| Self::is_at_home(entry)) {
                (self.trace)(&entry.owned, tracer);
            }
        };
        // SAFETY: the table belongs to the map that is being traced, and so does what is in it.
        unsafe { tracer.behind(content, trace_all) };
    }
}

impl<A, B> Table<A, B>
where
    A: Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    /// The content, for a look, which keeps the lock from now on. It waits for that: nobody who has the
    /// lock of a table waits for anything that a look has, nor, unless he has the detector, for another one.
    ///
    /// # Safety
    ///
    /// The thread has the detector, and `guards` are let go before it is given up, and not while the content
    /// is used.
    unsafe fn keep_locked<'a>(self: &'a Arc<Self>, guards: &mut Guards) -> &'a Content<A, B> {
        // Ordering: only who has the detector asks, or changes it, and its mutex orders that.
        let mut kept = self.kept.load(Ordering::Relaxed);
        if kept.is_null() {
            // SAFETY: it is there as long as the guard, which has a count of it.
            let table: &'static Self = unsafe { &*Arc::as_ptr(self) };
            let mut content = table.lock();
            kept = &raw mut *content;
            self.kept.store(kept, Ordering::Relaxed);
            let guard = Kept {
                content: ManuallyDrop::new(content),
                table: self.clone(),
            };
            // SAFETY: it borrows nothing but what it has a count of.
            unsafe { guards.keep(guard) };
        }
        // SAFETY: the lock is kept; the content is changed by the thread that has the detector alone, in
        // `take_out`, which is this one.
        unsafe { &*kept }
    }

    /// Reports itself to a look, and its handles to anybody else.
    pub(super) fn trace(self: &Arc<Self>, tracer: &mut Tracer) {
        if !self.holds_handles {
            return;
        }
        if let Some(maps) = &mut tracer.shared_maps {
            maps.push(self.clone());
            tracer.has_maps = true;
        } else if tracer.is_shared || tracer.shared_weaks.is_some() {
            self.trace_owned(tracer);
        }
    }
}

impl<A, B> Members for Table<A, B>
where
    A: Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    fn leave(&self, hash: u64, object: Object, left: &mut Vec<Left>) {
        let mut content = self.lock();
        loop {
            let mut entries = content.of_hash(hash);
            let Some(entry) = entries.find(|entry| entry.is_at(object)).cloned() else {
                break;
            };
            drop(entries);
            drop(content.remove(&entry));
            left.push(entry);
        }
    }

    /// Who asks has a lock of the object's, for which a look may wait.
    fn has(&self, hash: u64, object: Object) -> bool {
        let content = match self.content.try_lock() {
            Ok(content) => content,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return true,
        };
        content.of_hash(hash).any(|entry| entry.is_at(object))
    }

    unsafe fn pairs_of(
        self: Arc<Self>,
        hash: u64,
        object: Object,
        guards: &mut Guards,
    ) -> Vec<Arc<dyn Pair>> {
        if !self.has_ephemerons || !self.holds_handles {
            return Vec::new();
        }
        // SAFETY: from the caller.
        let entries = unsafe { self.keep_locked(guards) }.of_hash(hash);
        let mut pairs: Vec<Arc<dyn Pair>> = Vec::new();
        for entry in entries.filter(|entry| Self::is_at_home(entry) && entry.is_at(object)) {
            pairs.push(entry.clone());
        }
        pairs
    }

    unsafe fn pairs(self: Arc<Self>, guards: &mut Guards) -> Vec<Arc<dyn Pair>> {
        // SAFETY: from the caller.
        let entries = unsafe { self.keep_locked(guards) }.iter();
        let mut pairs: Vec<Arc<dyn Pair>> = Vec::new();
        for entry in entries.filter(|entry| Self::is_at_home(entry)) {
            pairs.push(entry.clone());
        }
        pairs
    }
}
