//! The extension of an object that has, or had, weak handles: their count and their callbacks.
//!
//! Most objects never get one. It is made by the first `downgrade` (or weak `finalize`), takes
//! the place of the `TypeInfo` in the header, and lives as long as the object's memory.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::TypeInfo;

/// A callback that all clones of one weak handle share.
pub(crate) struct Registration {
    callback: Cell<Option<Box<dyn FnOnce()>>>,
}

/// The identity of a [`Registration`], for counting its handles.
pub(crate) type RegistrationId = *const Registration;

impl Registration {
    pub(crate) fn new(callback: Box<dyn FnOnce()>) -> Self {
        Self {
            callback: Cell::new(Some(callback)),
        }
    }

    /// Whether the callback has not run yet.
    pub(crate) fn is_waiting(&self) -> bool {
        let callback = self.callback.take();
        let is_waiting = callback.is_some();
        self.callback.set(callback);
        is_waiting
    }
}

/// Something that runs when an object is gone.
pub(crate) trait Registered {
    /// Runs it, unless it ran before or was called off.
    fn run(self: Rc<Self>);
}

impl Registered for Registration {
    fn run(self: Rc<Self>) {
        if let Some(callback) = self.callback.take() {
            callback();
        }
    }
}

/// One line in the list of things to run when an object is gone.
pub(crate) enum Entry {
    /// The callback of a weak handle: it runs if a clone of the handle is left then.
    Callback(Weak<Registration>),
    /// A `weak::finalize` registration: it runs unless it was called or detached before.
    Finalizer(Rc<dyn Registered>),
}

/// See the module.
#[repr(align(64))]
pub(crate) struct Extension {
    pub(crate) info: &'static TypeInfo,
    /// The hash of the value, once it was hashed through a weak handle.
    pub(crate) hash: Cell<Option<u64>>,
    weak: Cell<usize>,
    entries: RefCell<Vec<Entry>>,
}

impl Extension {
    pub(crate) fn new(info: &'static TypeInfo) -> Self {
        Self {
            info,
            hash: Cell::new(None),
            weak: Cell::new(0),
            entries: RefCell::default(),
        }
    }

    pub(crate) fn weak_count(&self) -> usize {
        self.weak.get()
    }

    pub(crate) fn increment_weak(&self) {
        match self.weak.get().checked_add(1) {
            Some(count) => self.weak.set(count),
            None => std::process::abort(),
        }
    }

    /// One weak handle less; returns how many are left.
    pub(crate) fn decrement_weak(&self) -> usize {
        self.weak.set(self.weak.get() - 1);
        self.weak.get()
    }

    /// Adds an entry. Entries whose weak handle is gone make room first, so that the list stays
    /// proportional to the handles there are; amortized constant time.
    pub(crate) fn register(&self, entry: Entry) {
        let mut entries = self.entries.borrow_mut();
        if entries.len() == entries.capacity() {
            entries.retain(Entry::is_wanted);
        }
        entries.push(entry);
    }

    pub(crate) fn has_entries(&self) -> bool {
        !self.entries.borrow().is_empty()
    }

    /// Takes what there is to run, the newest first. `handles_left` says how many clones of a
    /// weak handle are left that count.
    pub(crate) fn take_entries(
        &self,
        handles_left: impl Fn(&Rc<Registration>) -> usize,
    ) -> Vec<Rc<dyn Registered>> {
        let entries = self.entries.take();
        let wanted = |entry| match entry {
            Entry::Finalizer(finalizer) => Some(finalizer),
            Entry::Callback(registration) => {
                let registration = registration.upgrade()?;
                (handles_left(&registration) > 0).then_some(registration as Rc<dyn Registered>)
            }
        };
        entries.into_iter().rev().filter_map(wanted).collect()
    }
}

impl Entry {
    fn is_wanted(&self) -> bool {
        match self {
            Self::Callback(registration) => registration.strong_count() > 0,
            Self::Finalizer(_) => true,
        }
    }
}
