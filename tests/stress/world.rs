//! What the threads of a round have in common.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::ledger::{CALLBACKS, OBJECTS};
use crate::node::{Handle, WeakHandle, lock};
use crate::random::Random;
use crate::watch::{SEED, Watched, guarded};

/// How many handles a registry has room for.
const ROOM: usize = 64;

/// See the module.
#[derive(Default)]
pub(crate) struct World {
    handles: Mutex<Vec<Handle>>,
    weaks: Mutex<Vec<WeakHandle>>,
    /// The numbers of callbacks that belong to no weak handle, with those of their objects.
    pub(crate) registered: Mutex<Vec<(u64, u64)>>,
    /// Threads that others have started.
    pub(crate) children: Mutex<Vec<Watched>>,
    pub(crate) number_of_children: AtomicUsize,
    /// The threads that build have ended.
    pub(crate) has_ended: AtomicBool,
    /// Nothing is made any more, and nothing resurrected.
    pub(crate) is_over: AtomicBool,
    /// Callbacks that wait for the exit run before their objects are gone.
    pub(crate) exits: AtomicBool,
}

pub(crate) static WORLD: World = World {
    handles: Mutex::new(Vec::new()),
    weaks: Mutex::new(Vec::new()),
    registered: Mutex::new(Vec::new()),
    children: Mutex::new(Vec::new()),
    number_of_children: AtomicUsize::new(0),
    has_ended: AtomicBool::new(false),
    is_over: AtomicBool::new(false),
    exits: AtomicBool::new(false),
};

impl World {
    /// Begins a round.
    pub(crate) fn start_over(&self, seed: u64) {
        SEED.store(seed, Ordering::Relaxed);
        OBJECTS.start_over();
        CALLBACKS.start_over();
        for flag in [&self.has_ended, &self.is_over, &self.exits] {
            flag.store(false, Ordering::Relaxed);
        }
        lock(&self.registered).clear();
        self.number_of_children.store(0, Ordering::Relaxed);
    }

    /// The decisions of one thread, or of one object.
    pub(crate) fn random(&self, stream: u64) -> Random {
        Random::new(SEED.load(Ordering::Relaxed), stream)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Puts a handle where all threads find it, for another one if there are many.
    pub(crate) fn share(&self, handle: Handle, random: &mut Random) {
        let mut handles = lock(&self.handles);
        let other = (handles.len() >= ROOM).then(|| random.take(&mut handles));
        handles.push(handle);
        // It is dropped when the lock is free: its drop may run a finalizer, which shares others.
        drop(handles);
        drop(other);
    }

    pub(crate) fn share_weak(&self, weak: WeakHandle, random: &mut Random) {
        let mut weaks = lock(&self.weaks);
        let other = (weaks.len() >= ROOM).then(|| random.take(&mut weaks));
        weaks.push(weak);
        drop(weaks);
        drop(other);
    }

    /// A clone of a handle, or with `takes` the handle itself.
    pub(crate) fn find(&self, takes: bool, random: &mut Random) -> Option<Handle> {
        let mut handles = lock(&self.handles);
        let found = if takes {
            random.take(&mut handles)
        } else {
            random.pick(&handles).cloned()
        };
        drop(handles);
        found.inspect(Handle::check)
    }

    /// Upgrades one of the weak handles.
    pub(crate) fn upgrade(&self, random: &mut Random) -> Option<Handle> {
        let weak = random.pick(&lock(&self.weaks)).cloned();
        weak?.upgrade()
    }

    /// Drops all that is shared. Says whether there was anything.
    pub(crate) fn clear(&self) -> bool {
        let handles = std::mem::take(&mut *lock(&self.handles));
        let weaks = std::mem::take(&mut *lock(&self.weaks));
        let was_any = !handles.is_empty();
        for handle in handles {
            guarded(|| drop(handle));
        }
        for weak in weaks {
            guarded(|| drop(weak));
        }
        was_any
    }
}
