//! What the tests of weak handles, of finalizers and of the documents have in common.
//!
//! Everything is behind locks, so that both heaps can take it.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::{Finalize, Gc, Trace, Weak};

pub(super) use super::{fresh, in_a_thread};

/// What happened, in order.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(super) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// The lines since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap())
    }

    /// The lines since the last call, for an order that nobody promises.
    pub(super) fn take_sorted(&self) -> Vec<String> {
        let mut lines = self.take();
        lines.sort();
        lines
    }
}

/// A function to register as a finalizer, that logs a line.
pub(super) fn logging(log: &Log, line: &'static str) -> impl FnOnce() + Send + use<> {
    let log = log.clone();
    move || log.add(line)
}

/// Logs when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
pub(super) struct Canary {
    line: String,
    log: Log,
}

impl Canary {
    /// One that logs "drop NAME".
    pub(super) fn new(name: &str, log: &Log) -> Self {
        Self {
            line: format!("drop {name}"),
            log: log.clone(),
        }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.log.add(mem::take(&mut self.line));
    }
}

/// A place that is filled later, or emptied before its owner goes.
#[derive(Trace)]
pub(super) struct Slot<T>(Mutex<Option<T>>);

impl<T> Slot<T> {
    pub(super) fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub(super) fn full(value: T) -> Self {
        Self(Mutex::new(Some(value)))
    }

    /// Fills it; what was in it is dropped when it is unlocked again.
    pub(super) fn set(&self, value: T) {
        let old = self.0.lock().unwrap().replace(value);
        drop(old);
    }

    pub(super) fn take(&self) -> Option<T> {
        self.0.lock().unwrap().take()
    }

    /// Empties it; what was in it is dropped when it is unlocked again.
    pub(super) fn clear(&self) {
        let old = self.take();
        drop(old);
    }

    pub(super) fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        self.0.lock().unwrap().clone()
    }
}

/// A tracked object without finalizer, with any edges; logs its drop, after its weak handles and
/// edges are gone.
#[derive(Trace)]
pub(super) struct Node {
    pub(super) name: &'static str,
    pub(super) weaks: Mutex<Vec<Weak<Node>>>,
    pub(super) edges: Mutex<Vec<Gc<Node>>>,
    _canary: Canary,
}

impl Node {
    pub(super) fn new(name: &'static str, log: &Log) -> Gc<Self> {
        let canary = Canary::new(name, log);
        Gc::new(Self {
            name,
            weaks: Mutex::default(),
            edges: Mutex::default(),
            _canary: canary,
        })
    }

    /// One that holds itself, if it is to be cyclic: the collector's then, or counting's.
    pub(super) fn in_cycle(name: &'static str, log: &Log, cyclic: bool) -> Gc<Self> {
        let this = Self::new(name, log);
        if cyclic {
            this.link(&this);
        }
        this
    }

    pub(super) fn link(&self, to: &Gc<Self>) {
        self.edges.lock().unwrap().push(to.clone());
    }

    pub(super) fn watch(&self, weak: Weak<Self>) {
        self.weaks.lock().unwrap().push(weak);
    }
}

/// A tracked object whose finalizer logs "fin NAME" and does what it was told.
#[derive(Trace)]
#[trace(finalize)]
pub(super) struct Mortal {
    pub(super) name: &'static str,
    pub(super) edges: Mutex<Vec<Gc<Mortal>>>,
    /// Weak handles to look at in the finalizer, usually the first one to itself.
    pub(super) weaks: Mutex<Vec<Weak<Mortal>>>,
    /// What an outsider sees of the finalizer's work.
    pub(super) saved: Option<Gc<Rescue>>,
    #[trace(skip)]
    pub(super) log: Log,
    #[trace(skip)]
    then: fn(&Mortal),
    _canary: Canary,
}

/// Where finalizers leave handles.
#[derive(Trace)]
pub(super) struct Rescue {
    pub(super) strong: Mutex<Vec<Gc<Mortal>>>,
    pub(super) weak: Mutex<Vec<Weak<Mortal>>>,
}

impl Rescue {
    pub(super) fn new() -> Gc<Self> {
        Gc::new(Self {
            strong: Mutex::default(),
            weak: Mutex::default(),
        })
    }
}

impl Mortal {
    pub(super) fn new(name: &'static str, log: &Log) -> Gc<Self> {
        Self::with(name, log, None, |_| {})
    }

    /// One with a finalizer that does `then`, and with a weak handle to itself.
    pub(super) fn with(
        name: &'static str,
        log: &Log,
        saved: Option<&Gc<Rescue>>,
        then: fn(&Mortal),
    ) -> Gc<Self> {
        let this = Gc::new(Self {
            name,
            edges: Mutex::default(),
            weaks: Mutex::default(),
            saved: saved.cloned(),
            log: log.clone(),
            then,
            _canary: Canary::new(name, log),
        });
        this.watch(Gc::downgrade(&this));
        this
    }

    pub(super) fn link(&self, to: &Gc<Self>) {
        self.edges.lock().unwrap().push(to.clone());
    }

    pub(super) fn watch(&self, weak: Weak<Self>) {
        self.weaks.lock().unwrap().push(weak);
    }

    /// The handle to itself, which the finalizer can have.
    pub(super) fn me(&self) -> Option<Gc<Self>> {
        self.weaks.lock().unwrap()[0].upgrade()
    }
}

impl Finalize for Mortal {
    fn finalize(&self) {
        self.log.add(format!("fin {}", self.name));
        (self.then)(self);
    }
}

/// "Some" or "None": what is asked of a weak handle.
pub(super) fn state<T: ?Sized>(weak: &Weak<T>) -> &'static str {
    if weak.upgrade().is_some() {
        "Some"
    } else {
        "None"
    }
}

/// The message of the panic that `f` ends with.
pub(super) fn panic_of<R>(f: impl FnOnce() -> R) -> &'static str {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => "no panic",
        Err(panic) => panic
            .downcast_ref::<&'static str>()
            .copied()
            .unwrap_or("another type"),
    }
}

/// Leaves an object with a handle that nobody drops any more.
pub(super) fn leak<T: ?Sized>(object: Gc<T>) {
    let _ = Gc::into_raw(object);
}
