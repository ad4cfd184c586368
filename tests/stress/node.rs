//! The types of objects, and handles to them of which one does not know the type.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    TryLockError, TryLockResult,
};

use gordian::sync::{Gc, Weak};
use gordian::{Finalize, Trace};

use crate::finalizers;
use crate::ledger::Life;

/// The places for handles in a value.
#[derive(Trace, Default)]
pub(crate) struct Places {
    edges: Mutex<Vec<Handle>>,
    more: RwLock<Vec<Handle>>,
    pub(crate) once: OnceLock<Handle>,
    /// Changed by who has the value alone.
    pub(crate) own: Vec<Handle>,
    pub(crate) weaks: Mutex<Vec<WeakHandle>>,
    /// Locked for a moment only, whatever one holds besides.
    pub(crate) diary: Mutex<Vec<u64>>,
    /// Somebody has its locks for ever.
    #[trace(skip)]
    pub(crate) is_held: AtomicBool,
}

thread_local! {
    static RESTRAINED: Cell<u32> = const { Cell::new(0) };
}

/// Runs something while this thread must not wait for locks, as it has some, or may have.
pub(crate) fn restrained<R>(run: impl FnOnce() -> R) -> R {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            RESTRAINED.set(RESTRAINED.get() - 1);
        }
    }
    RESTRAINED.set(RESTRAINED.get() + 1);
    let _reset = Reset;
    run()
}

/// Whether this thread may have locks.
pub(crate) fn is_restrained() -> bool {
    RESTRAINED.get() > 0
}

/// The guard of a lock, poisoned or not.
pub(crate) fn free<G>(attempt: TryLockResult<G>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Locks a mutex that nobody has for long.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    fn may_wait(&self) -> bool {
        !is_restrained() && !self.is_held.load(Ordering::Relaxed)
    }

    /// Locks a place that no thread knows yet: only the collector may have it, for a moment.
    pub(crate) fn seize_edges(&self) -> MutexGuard<'_, Vec<Handle>> {
        lock(&self.edges)
    }

    /// The same for the other place.
    pub(crate) fn seize_more(&self) -> RwLockWriteGuard<'_, Vec<Handle>> {
        self.more.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn edges(&self) -> Option<MutexGuard<'_, Vec<Handle>>> {
        if self.may_wait() {
            return Some(lock(&self.edges));
        }
        free(self.edges.try_lock())
    }

    pub(crate) fn more(&self) -> Option<RwLockReadGuard<'_, Vec<Handle>>> {
        if self.may_wait() {
            return Some(self.more.read().unwrap_or_else(PoisonError::into_inner));
        }
        free(self.more.try_read())
    }

    pub(crate) fn change_more(&self) -> Option<RwLockWriteGuard<'_, Vec<Handle>>> {
        if self.may_wait() {
            return Some(self.more.write().unwrap_or_else(PoisonError::into_inner));
        }
        free(self.more.try_write())
    }

    /// Whether somebody panicked with the lock.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.edges.is_poisoned()
    }

    /// The handles that can be read now.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        let mut all: Vec<Handle> = self.own.clone();
        all.extend(self.once.get().cloned());
        if let Some(edges) = self.edges() {
            all.extend_from_slice(&edges);
        }
        if let Some(more) = self.more() {
            all.extend_from_slice(&more);
        }
        all
    }

    /// Takes all handles out that are behind locks that are free.
    pub(crate) fn cut(&self) -> Vec<Handle> {
        let edges = self.edges().map(|mut edges| std::mem::take(&mut *edges));
        let more = self
            .change_more()
            .map(|mut more| std::mem::take(&mut *more));
        edges.into_iter().chain(more).flatten().collect()
    }
}

impl Clone for Places {
    fn clone(&self) -> Self {
        Self {
            edges: Mutex::new(self.handles()),
            weaks: Mutex::new(lock(&self.weaks).clone()),
            ..Self::default()
        }
    }
}

/// A node without a finalizer.
#[derive(Trace)]
pub(crate) struct Plain {
    pub(crate) life: Life,
    pub(crate) places: Places,
}

/// A node with one.
#[derive(Trace)]
#[trace(finalize)]
pub(crate) struct Mortal {
    pub(crate) life: Life,
    pub(crate) places: Places,
    pub(crate) me: OnceLock<Weak<Mortal>>,
}

/// It can hold no handle.
#[derive(Trace)]
#[trace(leaf)]
pub(crate) struct Leaf {
    pub(crate) life: Life,
}

/// Neither can this, but it has a finalizer.
#[derive(Trace)]
#[trace(leaf, finalize)]
pub(crate) struct Brief {
    pub(crate) life: Life,
}

impl Finalize for Mortal {
    fn finalize(&self) {
        self.life.finalize();
        let me = self.me.get().and_then(Weak::upgrade);
        finalizers::run(self.life.id(), Some(&self.places), me);
    }
}

impl Finalize for Brief {
    fn finalize(&self) {
        self.life.finalize();
        finalizers::run(self.life.id(), None, None);
    }
}

/// What all values have.
pub(crate) trait Value: Trace + Clone + Send + Sync + 'static {
    fn new(places: Places) -> Self;
    fn life(&self) -> &Life;
    fn life_mut(&mut self) -> &mut Life;
    fn places(&self) -> Option<&Places>;
    fn places_mut(&mut self) -> Option<&mut Places>;
}

macro_rules! value {
    ($Type:ident, $is_mortal:literal, { $($places:ident, $($me:ident)?)? }) => {
        impl Value for $Type {
            fn new(_places: Places) -> Self {
                Self {
                    life: Life::new($is_mortal),
                    $($places: _places, $($me: OnceLock::new(),)?)?
                }
            }
            fn life(&self) -> &Life {
                &self.life
            }
            fn life_mut(&mut self) -> &mut Life {
                &mut self.life
            }
            fn places(&self) -> Option<&Places> {
                let places = None;
                $(let places = places.or(Some(&self.$places));)?
                places
            }
            fn places_mut(&mut self) -> Option<&mut Places> {
                let places = None;
                $(let places = places.or(Some(&mut self.$places));)?
                places
            }
        }

        impl From<Gc<$Type>> for Handle {
            fn from(gc: Gc<$Type>) -> Self {
                Self::$Type(gc)
            }
        }

        impl Clone for $Type {
            fn clone(&self) -> Self {
                Self {
                    life: self.life.another(),
                    $($places: self.$places.clone(), $($me: OnceLock::new(),)?)?
                }
            }
        }
    };
}

value!(Plain, false, { places, });
value!(Mortal, true, { places, me });
value!(Leaf, false, {});
value!(Brief, true, {});

/// A handle to an object of any type.
#[derive(Trace, Clone)]
pub(crate) enum Handle {
    Plain(Gc<Plain>),
    Mortal(Gc<Mortal>),
    Leaf(Gc<Leaf>),
    Brief(Gc<Brief>),
}

/// A weak handle to one.
#[derive(Trace, Clone)]
pub(crate) enum WeakHandle {
    Plain(Weak<Plain>),
    Mortal(Weak<Mortal>),
    Leaf(Weak<Leaf>),
    Brief(Weak<Brief>),
}

/// Does the same with the handle, of whatever type it is.
macro_rules! each {
    ($handle:expr, $gc:ident => $do:expr) => {
        match $handle {
            $crate::node::Handle::Plain($gc) => $do,
            $crate::node::Handle::Mortal($gc) => $do,
            $crate::node::Handle::Leaf($gc) => $do,
            $crate::node::Handle::Brief($gc) => $do,
        }
    };
}
pub(crate) use each;

/// Maps the handle to one of the other kind, of the same type.
macro_rules! map {
    ($From:ident => $To:ident, $handle:expr, $gc:ident => $to:expr) => {
        match $handle {
            $From::Plain($gc) => $To::Plain($to),
            $From::Mortal($gc) => $To::Mortal($to),
            $From::Leaf($gc) => $To::Leaf($to),
            $From::Brief($gc) => $To::Brief($to),
        }
    };
}

impl Handle {
    pub(crate) fn life(&self) -> &Life {
        each!(self, gc => gc.life())
    }

    pub(crate) fn places(&self) -> Option<&Places> {
        each!(self, gc => gc.places())
    }

    pub(crate) fn check(&self) {
        self.life().check();
    }

    pub(crate) fn downgrade(&self) -> WeakHandle {
        map!(Handle => WeakHandle, self, gc => Gc::downgrade(gc))
    }

    pub(crate) fn downgrade_with(&self, callback: impl FnOnce() + Send + 'static) -> WeakHandle {
        map!(Handle => WeakHandle, self, gc => Gc::downgrade_with(gc, callback))
    }
}

impl WeakHandle {
    /// A handle to the object, which is there if there is one.
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        let handle = map!(WeakHandle => Handle, self, weak => weak.upgrade()?);
        handle.check();
        Some(handle)
    }
}
