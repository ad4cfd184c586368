//! The extension of a shared object that has, or had, weak handles.

use std::cell::Cell;
use std::collections::HashSet;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use super::{Left, Members, Pair, TypeCell, TypeInfo, WeakCount};
use crate::guarded::lock;
use crate::object::{Object, make_room};
use crate::trace::Guards;

/// What all clones of one weak handle share that has a callback, or was made after its object was saved.
pub(crate) struct Registration {
    /// That of the object when the handle was made: see [`Extension::stamp`].
    stamp: u32,
    callback: Mutex<Callback>,
}

struct Callback {
    run: Option<Box<dyn FnOnce() + Send>>,
    is_called_off: bool,
}

static REGISTRATIONS: AtomicUsize = AtomicUsize::new(0);

impl Registration {
    pub(crate) fn new(callback: Option<Box<dyn FnOnce() + Send>>, stamp: u32) -> Self {
        REGISTRATIONS.fetch_add(1, Ordering::Relaxed);
        let callback = Callback {
            run: callback,
            is_called_off: false,
        };
        Self {
            stamp,
            callback: Mutex::new(callback),
        }
    }

    pub(crate) fn stamp(&self) -> u32 {
        self.stamp
    }

    /// Whether there is any, for all this thread knows.
    pub(crate) fn exist() -> bool {
        REGISTRATIONS.load(Ordering::Relaxed) > 0
    }

    /// No user code runs while it is locked.
    fn callback(&self) -> MutexGuard<'_, Callback> {
        lock(&self.callback)
    }

    /// Whether the callback is still to run.
    pub(crate) fn is_waiting(&self) -> bool {
        let callback = self.callback();
        callback.run.is_some() && !callback.is_called_off
    }

    /// Calls it off: every handle that shares it is garbage. The callback itself is dropped with
    /// the last of them.
    pub(crate) fn call_off(&self) {
        self.callback().is_called_off = true;
    }

    /// Takes that back: the garbage lives on.
    pub(crate) fn reinstate(&self) {
        self.callback().is_called_off = false;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        REGISTRATIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Something that runs when an object is gone.
pub(crate) trait Registered: Send + Sync {
    /// Whether it may still run.
    fn is_waiting(&self) -> bool;
    /// Runs it, unless it ran before or was called off.
    fn run(self: Arc<Self>);
}

impl Registered for Registration {
    fn is_waiting(&self) -> bool {
        self.is_waiting()
    }

    fn run(self: Arc<Self>) {
        let mut callback = self.callback();
        let run = if callback.is_called_off {
            None
        } else {
            callback.run.take()
        };
        drop(callback);
        if let Some(run) = run {
            run();
        }
    }
}

/// One line in the list of things to run when an object is gone.
pub(crate) enum Entry {
    /// The callback of a weak handle: it runs if a clone of the handle is left then.
    Callback(Weak<Registration>),
    /// A `weak::finalize` registration: it runs unless it was called or detached before.
    Finalizer(Arc<dyn Registered>),
    /// The entries of a weak collection that have this hash: they leave, before anything runs.
    Members(Weak<dyn Members>, u64),
    /// Nothing runs: the object has become tracked, and this is where a collection notes what it
    /// knows of it.
    Adopted(Arc<Adopted>),
}

/// The visit word of an object that lies in a block without such, and the number of its spot.
pub(crate) struct Adopted {
    word: Cell<u32>,
    number: Cell<u32>,
}

// SAFETY: the word is for the thread that collects, and the number is written before anybody else knows
// of it.
unsafe impl Send for Adopted {}
// SAFETY: as above.
unsafe impl Sync for Adopted {}

impl Entry {
    fn as_adopted(&self) -> Option<&Arc<Adopted>> {
        match self {
            Self::Adopted(adopted) => Some(adopted),
            _ => None,
        }
    }

    /// Whether it is still to run, at the death of this object. Collections that have been `seen` are not
    /// wanted twice.
    fn is_wanted(&self, object: Object, seen: &mut HashSet<(*const (), u64)>) -> bool {
        match self {
            Self::Callback(registration) => registration.strong_count() > 0,
            Self::Finalizer(finalizer) => finalizer.is_waiting(),
            Self::Adopted(_) => true,
            Self::Members(members, hash) => {
                let is_new = seen.insert((members.as_ptr().cast(), *hash));
                is_new
                    && members
                        .upgrade()
                        .is_some_and(|members| members.has(*hash, object))
            }
        }
    }
}

/// See the module.
#[repr(align(64))]
pub(crate) struct Extension {
    pub(super) info: TypeCell,
    pub(crate) weak: WeakCount,
    /// The hash of the value, once it was hashed through a weak handle: with the lowest bit set.
    hash: AtomicU64,
    stamp: AtomicU32,
    entries: Mutex<Vec<Entry>>,
}

impl Extension {
    pub(crate) fn new(info: &'static TypeInfo) -> Self {
        Self {
            info: TypeCell::new(info),
            weak: WeakCount::new(),
            hash: AtomicU64::new(0),
            stamp: AtomicU32::new(0),
            entries: Mutex::default(),
        }
    }

    /// The hash of the value, as it was when it was first asked for.
    pub(crate) fn hash(&self) -> Option<u64> {
        let hash = self.hash.load(Ordering::Relaxed);
        (hash & 1 != 0).then_some(hash)
    }

    /// Notes the hash of the value, but for its lowest bit; returns what is noted.
    pub(crate) fn set_hash(&self, hash: u64) -> u64 {
        let exchanged =
            self.hash
                .compare_exchange(0, hash | 1, Ordering::Relaxed, Ordering::Relaxed);
        exchanged.map_or_else(|first| first, |_| hash | 1)
    }

    /// How often the weak handles of the object have come to their end while it lived on. Those that
    /// were made before the last time have another stamp, and are dead.
    ///
    /// Relaxed: who has a handle has got it after that time; who has a weak one has the mutex of upgrades,
    /// or has seen that the object was saved.
    pub(crate) fn stamp(&self) -> u32 {
        self.stamp.load(Ordering::Relaxed)
    }

    /// Ends all weak handles, under the mutex of upgrades. That is its order, so Relaxed.
    pub(crate) fn end_weak_handles(&self) {
        // After 2^32 times the oldest would come to life again, which is odd but does no harm.
        self.stamp.fetch_add(1, Ordering::Relaxed);
    }

    /// No user code runs while they are locked.
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        lock(&self.entries)
    }

    /// Adds an entry, that of this object. Entries that have nothing to run any more make room first, so
    /// that the list stays proportional to the handles there are; amortized constant time.
    pub(crate) fn register(&self, object: Object, entry: Entry) {
        let mut seen = HashSet::new();
        let mut entries = self.entries();
        make_room(&mut entries, |entry| entry.is_wanted(object, &mut seen));
        entries.push(entry);
    }

    /// Has the entries of weak collections leave them. What is returned is to be dropped when user
    /// code may run.
    pub(crate) fn take_members(&self, object: Object) -> Vec<Left> {
        let mut left = Vec::new();
        for (members, hash) in self.members() {
            members.leave(hash, object, &mut left);
        }
        left
    }

    /// What the collector has to know of the entries of weak collections: see [`Members::pairs_of`].
    ///
    /// # Safety
    ///
    /// As there.
    pub(crate) unsafe fn pairs(&self, object: Object, guards: &mut Guards) -> Vec<Arc<dyn Pair>> {
        let mut pairs = Vec::new();
        for (members, hash) in self.members() {
            // SAFETY: from the caller.
            pairs.append(&mut unsafe { members.pairs_of(hash, object, guards) });
        }
        pairs
    }

    /// The weak collections that have entries of the object: a list of its own, so that no lock is held
    /// while they are asked something.
    fn members(&self) -> Vec<(Arc<dyn Members>, u64)> {
        let entries = self.entries();
        let members = entries.iter().filter_map(|entry| match entry {
            Entry::Members(members, hash) => Some((members.upgrade()?, *hash)),
            _ => None,
        });
        members.collect()
    }

    /// Where a collection notes what it knows of an adopted object, and the number of that spot.
    pub(crate) fn adopted(&self) -> Option<(NonNull<Cell<u32>>, u32)> {
        let entries = self.entries();
        let adopted = entries.iter().find_map(Entry::as_adopted)?;
        Some((NonNull::from(&adopted.word), adopted.number.get()))
    }

    /// Makes a place for that, if there is none; `list` gives it the number of a spot.
    pub(crate) fn adopt(&self, list: impl FnOnce(NonNull<Cell<u32>>) -> u32) {
        let mut entries = self.entries();
        if entries.iter().any(|entry| entry.as_adopted().is_some()) {
            return;
        }
        let adopted = Arc::new(Adopted {
            word: Cell::new(0),
            number: Cell::new(0),
        });
        adopted.number.set(list(NonNull::from(&adopted.word)));
        entries.push(Entry::Adopted(adopted));
    }

    /// Takes what there is to run, the newest first.
    pub(crate) fn take_entries(&self) -> Vec<Arc<dyn Registered>> {
        let mut held = self.entries();
        let entries = std::mem::take(&mut *held);
        let adopted = entries.iter().find_map(Entry::as_adopted).cloned();
        held.extend(adopted.map(Entry::Adopted));
        drop(held);
        let wanted = |entry| match entry {
            Entry::Finalizer(finalizer) => Some(finalizer),
            Entry::Callback(registration) => Some(registration.upgrade()? as Arc<dyn Registered>),
            Entry::Members(..) | Entry::Adopted(_) => None,
        };
        entries.into_iter().rev().filter_map(wanted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Registration;

    #[test]
    fn registrations_exist_until_the_last_one_goes() {
        assert!(!Registration::exist());
        let registrations = [(), ()].map(|()| Registration::new(None, 0));
        for registration in registrations {
            assert!(Registration::exist());
            drop(registration);
        }
        assert!(!Registration::exist());
    }
}
