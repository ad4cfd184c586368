//! Finalizers from outside: code that runs when an object is gone, without touching its type.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::Weak;
use crate::handle::Gc;
use crate::heap::{Heap, RunsAtExit};
use crate::object::{Entry, Registered};

/// Registers `f` to run once when the object is gone, or at the latest when the thread ends.
///
/// * It runs after the object's own [`Finalize`](crate::Finalize), and after all weak handles
///   have been cleared; together with the weak callbacks of the object in one order, the newest
///   first.
/// * Dropping the [`Finalizer`] does not call it off; [`Finalizer::detach`] does.
/// * It must not hold a strong handle to its own object: the object would live until the thread
///   ends.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, weak};
///
/// let workspace = Gc::new(String::from("/tmp/work"));
/// let path = workspace.to_string();
/// let cleanup = weak::finalize(&workspace, move || println!("removing {path}"));
/// assert!(cleanup.alive());
/// drop(workspace); // prints the line
/// assert!(!cleanup.alive());
/// ```
pub fn finalize<T, F, R>(object: &Gc<T>, f: F) -> Finalizer<T, F>
where
    T: ?Sized + 'static,
    F: FnOnce() -> R + 'static,
{
    let shared = Rc::new(Shared {
        object: RefCell::new(Some(Gc::downgrade(object))),
        function: Cell::new(Some(f)),
        at_exit: Cell::new(true),
    });
    // SAFETY: [live]: we were lent a handle.
    let extension = unsafe { object.object().header() }.extend();
    extension.register(Entry::Finalizer(shared.clone()));
    let at_exit: Rc<dyn RunsAtExit> = shared.clone();
    Heap::with(|heap| {
        heap.guard();
        heap.at_exit.add(Rc::downgrade(&at_exit));
    });
    Finalizer { shared }
}

/// A registration made by [`finalize`]. Clones are of the same registration.
pub struct Finalizer<T: ?Sized, F> {
    shared: Rc<Shared<T, F>>,
}

struct Shared<T: ?Sized, F> {
    /// The object, until the finalizer has run or was detached.
    object: RefCell<Option<Weak<T>>>,
    function: Cell<Option<F>>,
    at_exit: Cell<bool>,
}

impl<T: ?Sized, F> Shared<T, F> {
    /// Takes the function, for the one time that it is used.
    fn take(&self) -> Option<(Option<Weak<T>>, F)> {
        let function = self.function.take()?;
        Some((self.object.take(), function))
    }

    fn is_waiting(&self) -> bool {
        let function = self.function.take();
        let is_waiting = function.is_some();
        self.function.set(function);
        is_waiting
    }
}

impl<T: ?Sized, F: FnOnce() -> R, R> Registered for Shared<T, F> {
    fn run(self: Rc<Self>) {
        if let Some((_, function)) = self.take() {
            function();
        }
    }
}

impl<T: ?Sized, F: FnOnce() -> R, R> RunsAtExit for Shared<T, F> {
    fn is_due(&self) -> bool {
        self.at_exit.get() && self.is_waiting()
    }

    fn run_at_exit(&self) {
        if let Some((_, function)) = self.take() {
            function();
        }
    }
}

impl<T: ?Sized, F> Finalizer<T, F> {
    /// Runs the function now, if it has not run and was not detached, and returns its result.
    ///
    /// # Panics
    ///
    /// If the function does; it has run then.
    pub fn call<R>(&self) -> Option<R>
    where
        F: FnOnce() -> R,
    {
        let (_, function) = self.shared.take()?;
        Some(function())
    }

    /// Whether the function is still to run.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.shared.is_waiting()
    }

    /// Shows the object and the function to `look`, if it is still to run.
    ///
    /// While `look` runs the finalizer reads as not alive.
    pub fn peek<U>(&self, look: impl FnOnce(&Gc<T>, &F) -> U) -> Option<U> {
        /// Puts the function back even if `look` panics.
        struct PutBack<'a, F>(&'a Cell<Option<F>>, Option<F>);
        impl<F> Drop for PutBack<'_, F> {
            fn drop(&mut self) {
                self.0.set(self.1.take());
            }
        }
        let object = self.shared.object.borrow().as_ref()?.upgrade()?;
        let function = PutBack(&self.shared.function, self.shared.function.take());
        Some(look(&object, function.1.as_ref()?))
    }

    /// Calls the finalizer off: the object and the function, if it was still to run.
    pub fn detach(&self) -> Option<(Gc<T>, F)> {
        let object = self.shared.object.borrow().as_ref()?.upgrade()?;
        let (_, function) = self.shared.take()?;
        Some((object, function))
    }

    /// Whether the function runs when the thread ends, if the object lives that long. It does
    /// unless told otherwise.
    #[must_use]
    pub fn atexit(&self) -> bool {
        self.shared.at_exit.get()
    }

    /// Says whether the function runs when the thread ends.
    pub fn set_atexit(&self, atexit: bool) {
        self.shared.at_exit.set(atexit);
    }
}

impl<T: ?Sized, F> Clone for Finalizer<T, F> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<T: ?Sized, F> fmt::Debug for Finalizer<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finalizer")
            .field("alive", &self.alive())
            .finish_non_exhaustive()
    }
}
