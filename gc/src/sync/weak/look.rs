//! What the collector sees of a table, and what the death of an object does to it.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, TryLockError};

use super::entry::Entry;
use super::table::{Content, Table};
use crate::object::shared::{Flag, Left, Members};
use crate::object::{Edge, Object};
use crate::panics::{Panic, discard};
use crate::trace::{Guards, Tracer};

thread_local! {
    /// The tables that this thread has locked and traces owned parts of, not in a look.
    static TRACED: RefCell<Vec<*const ()>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with [`TRACED`]: an empty list, if the thread has none any more.
fn with_traced<R>(mut f: impl FnMut(&mut Vec<*const ()>) -> R) -> R {
    TRACED
        .try_with(|traced| f(&mut traced.borrow_mut()))
        .unwrap_or_else(|_| f(&mut Vec::new()))
}

impl<A, B: ?Sized> Table<A, B> {
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
    pub(super) fn report<R>(&self, owned: &A, f: impl FnOnce(&Tracer) -> R) -> (R, Option<Panic>) {
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
