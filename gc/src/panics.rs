//! The first panic of user code in a release or a collection, kept until the work is done.
#![forbid(unsafe_code)]

use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::panicking;

/// A panic that user code raised.
pub(crate) type Panic = Box<dyn Any + Send>;

/// A panic that was noted, if any. See the module.
pub(crate) struct FirstPanic {
    noted: Cell<Option<Noted>>,
    is_some: Cell<bool>,
}

/// A panic, and whether another one was unwinding when it was noted.
pub(crate) struct Noted {
    panic: Panic,
    in_unwinding: bool,
}

impl FirstPanic {
    pub(crate) const fn new() -> Self {
        Self {
            noted: Cell::new(None),
            is_some: Cell::new(false),
        }
    }

    /// Whether a panic was noted.
    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.is_some.get()
    }

    fn replace(&self, noted: Option<Noted>) -> Option<Noted> {
        self.is_some.set(noted.is_some());
        self.noted.replace(noted)
    }

    /// Keeps a panic, if it is the first one.
    pub(crate) fn note(&self, panic: Panic) {
        match self.replace(None) {
            Some(first) => {
                self.replace(Some(first));
                discard(panic);
            }
            None => {
                let in_unwinding = panicking();
                self.replace(Some(Noted {
                    panic,
                    in_unwinding,
                }));
            }
        }
    }

    /// Keeps the first of some panics, if it is the first one; returns the others, to be discarded where
    /// user code may run.
    pub(crate) fn note_first(&self, mut panics: Vec<Panic>) -> Vec<Panic> {
        if !self.is_some() && !panics.is_empty() {
            self.note(panics.remove(0));
        }
        panics
    }

    /// Keeps a panic that came out of a value's drop, if it is the first one. It was raised before
    /// those that were noted while it unwound through the value's other fields.
    pub(crate) fn note_unwound(&self, panic: Panic) {
        match self.replace(None) {
            Some(later) if later.in_unwinding && !panicking() => {
                self.note(panic);
                discard(later.panic);
            }
            first => {
                self.replace(first);
                self.note(panic);
            }
        }
    }

    /// Sets the panic aside, for work of its own: [`put_back`](Self::put_back) ends that.
    #[must_use]
    pub(crate) fn set_aside(&self) -> Option<Noted> {
        self.replace(None)
    }

    /// Puts back what was set aside, and returns the first panic since then.
    pub(crate) fn put_back(&self, aside: Option<Noted>) -> Option<Panic> {
        self.replace(aside).map(|noted| noted.panic)
    }

    /// Takes the first panic.
    pub(crate) fn take(&self) -> Option<Panic> {
        self.put_back(None)
    }
}

/// Drops something, and returns a result then. As an argument that has an owner, who drops it if this panics: what
/// is in the place of a function's result already is leaked ([rust#47949]).
///
/// [rust#47949]: https://github.com/rust-lang/rust/issues/47949
#[inline]
pub(crate) fn after_drop_of<T, R>(what: T, result: R) -> R {
    drop(what);
    result
}

/// Drops a panic that nobody gets to see. Its payload is user code too, and may panic.
pub(crate) fn discard(panic: Panic) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // No end would be in sight if this one's drop panicked too: it is leaked.
        let _ = ManuallyDrop::new(another);
    }
}
