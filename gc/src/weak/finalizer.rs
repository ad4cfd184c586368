//! Finalizers from outside: code that runs when an object is gone, without touching its type.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::{Rc, Weak as Waiting};

use super::Weak;
use crate::guarded::Guarded;
use crate::handle::Gc;
use crate::heap::{Heap, RunsAtExit};
use crate::object::{Entry, Registered};

/// What the clones of a finalizer share.
pub(crate) struct Shared<W, F> {
    /// The weak handle to the object, until the finalizer has run or was detached.
    pub(crate) object: Option<W>,
    pub(crate) function: Option<F>,
    pub(crate) at_exit: bool,
}

impl<W, F> Shared<W, F> {
    pub(crate) fn new(object: W, function: F) -> Self {
        Self {
            object: Some(object),
            function: Some(function),
            at_exit: true,
        }
    }

    /// Takes the function, for the one time that it is used, and what is to be dropped with it.
    pub(crate) fn take(&mut self) -> Option<(F, Option<W>)> {
        let function = self.function.take()?;
        Some((function, self.object.take()))
    }
}

/// Takes the function for a while, in which it reads as gone, and puts it back in any case.
pub(crate) struct Lent<'a, C: Guarded<Shared<W, F>>, W, F> {
    shared: &'a C,
    pub(crate) function: Option<F>,
    marker: PhantomData<W>,
}

impl<'a, C: Guarded<Shared<W, F>>, W, F> Lent<'a, C, W, F> {
    pub(crate) fn of(shared: &'a C) -> Self {
        Self {
            shared,
            function: shared.with(|shared| shared.function.take()),
            marker: PhantomData,
        }
    }
}

impl<C: Guarded<Shared<W, F>>, W, F> Drop for Lent<'_, C, W, F> {
    fn drop(&mut self) {
        if let Some(function) = self.function.take() {
            self.shared.with(|shared| shared.function = Some(function));
        }
    }
}

/// `finalize` and `Finalizer` for one kind of handles: their names, who counts and guards what clones
/// share, what object and function are besides, and where and until when that is.
macro_rules! finalizer {
    (
        $Gc:ident, $Weak:ident, $Rc:ident, $Cell:ident, [$($object:tt)*], [$($function:tt)*],
        $module:literal, $end:literal
    ) => {
        #[doc = concat!(
            "Registers `f` to run once when the object is gone, or at the latest when ", $end, "."
        )]
        ///
        /// * It runs after the object's own [`Finalize`](crate::Finalize), and after all weak handles
        ///   have been cleared; together with the weak callbacks of the object in one order, the
        ///   newest first.
        /// * Dropping the [`Finalizer`] does not call it off; [`Finalizer::detach`] does.
        #[doc = concat!(
            "* It must not hold a strong handle to its own object: that would live until ", $end, "."
        )]
        ///
        /// Allocates what a weak handle does, and the function with some words beside it.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $module, "::{Gc, weak};")]
        ///
        /// let workspace = Gc::new(String::from("/tmp/work"));
        /// let path = workspace.to_string();
        /// let cleanup = weak::finalize(&workspace, move || println!("removing {path}"));
        /// assert!(cleanup.alive());
        /// drop(workspace); // prints the line
        /// assert!(!cleanup.alive());
        /// ```
        pub fn finalize<T, F, R>(object: &$Gc<T>, f: F) -> Finalizer<T, F>
        where
            T: ?Sized + $($object)* 'static,
            F: FnOnce() -> R + $($function)* 'static,
        {
            let shared = Shared::new($Gc::downgrade(object), f);
            let shared = $Rc::new(Waits($Cell::new(shared)));
            register(object, shared.clone());
            Finalizer { shared }
        }

        /// A registration made by [`finalize`]. Clones are of the same registration.
        pub struct Finalizer<T: ?Sized, F> {
            shared: $Rc<Waits<T, F>>,
        }

        struct Waits<T: ?Sized, F>($Cell<Shared<$Weak<T>, F>>);

        impl<T: ?Sized + $($object)* , F: $($function)* FnOnce() -> R, R> Registered for Waits<T, F> {
            fn is_waiting(&self) -> bool {
                self.0.with(|shared| shared.object.is_some())
            }

            fn run(self: $Rc<Self>) {
                if let Some((function, _object)) = self.0.with(Shared::take) {
                    function();
                }
            }
        }

        impl<T: ?Sized, F: FnOnce() -> R, R> RunsAtExit for Waits<T, F> {
            fn run_at_exit(&self) -> bool {
                let take = |shared: &mut Shared<_, _>| shared.at_exit.then(|| shared.take())?;
                let taken = self.0.with(take);
                let is_due = taken.is_some();
                if let Some((function, _object)) = taken {
                    function();
                }
                is_due
            }
        }

        impl<T: ?Sized, F> Finalizer<T, F> {
            /// Runs the function now, if it has not run and was not detached, and returns its
            /// result.
            ///
            /// # Panics
            ///
            /// If the function does; it has run then.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use ", $module, "::{Gc, weak};")]
            /// let a = Gc::new(1);
            /// let finalizer = weak::finalize(&a, || "ran");
            /// assert_eq!(finalizer.call(), Some("ran"));
            /// assert_eq!(finalizer.call(), None);
            /// ```
            pub fn call<R>(&self) -> Option<R>
            where
                F: FnOnce() -> R,
            {
                let (function, _object) = self.shared.0.with(Shared::take)?;
                Some(function())
            }

            /// Whether the function is still to run.
            ///
            /// # Examples
            ///
            /// See [`finalize`].
            #[must_use]
            pub fn alive(&self) -> bool {
                self.shared.0.with(|shared| shared.function.is_some())
            }

            /// Shows the object and the function to `look`, if it is still to run.
            ///
            /// While `look` runs the finalizer reads as not alive.
            ///
            /// # Panics
            ///
            /// If `look` does, or, if that dropped all other handles to the object, its end.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use ", $module, "::{Gc, weak};")]
            /// let a = Gc::new(1);
            /// let finalizer = weak::finalize(&a, || println!("gone"));
            /// assert_eq!(finalizer.peek(|object, _| **object), Some(1));
            /// ```
            pub fn peek<U>(&self, look: impl FnOnce(&$Gc<T>, &F) -> U) -> Option<U> {
                let object = self.object()?;
                let lent = $crate::weak::finalizer::Lent::of(&self.shared.0);
                let found = look(&object, lent.function.as_ref()?);
                Some($crate::panics::after_drop_of((lent, object), found))
            }

            /// Calls the finalizer off: the object and the function, if it was still to run.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use ", $module, "::{Gc, weak};")]
            /// let a = Gc::new(1);
            /// let finalizer = weak::finalize(&a, || println!("gone"));
            /// assert!(finalizer.detach().is_some());
            /// drop(a); // prints nothing
            /// ```
            pub fn detach(&self) -> Option<($Gc<T>, F)> {
                let object = self.object()?;
                let (function, _object) = self.shared.0.with(Shared::take)?;
                Some((object, function))
            }

            fn object(&self) -> Option<$Gc<T>> {
                self.shared.0.with(|shared| shared.object.as_ref()?.upgrade())
            }

            #[doc = concat!(
                "Whether the function runs when ", $end, ", if the object lives that long. It does"
            )]
            /// unless told otherwise.
            ///
            /// # Examples
            ///
            /// See [`set_atexit`](Self::set_atexit).
            #[must_use]
            pub fn atexit(&self) -> bool {
                self.shared.0.with(|shared| shared.at_exit)
            }

            #[doc = concat!("Says whether the function runs when ", $end, ".")]
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use ", $module, "::{Gc, weak};")]
            /// let a = Gc::new(1);
            /// let finalizer = weak::finalize(&a, || println!("gone"));
            /// assert!(finalizer.atexit());
            /// finalizer.set_atexit(false);
            /// assert!(!finalizer.atexit());
            /// ```
            pub fn set_atexit(&self, atexit: bool) {
                self.shared.0.with(|shared| shared.at_exit = atexit);
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
    };
}

pub(crate) use finalizer;

finalizer! {
    Gc, Weak, Rc, RefCell, [], [], "gordian", "the thread ends"
}

/// Has it run when the object goes, or at exit.
fn register<T: ?Sized>(object: &Gc<T>, finalizer: Rc<impl Registered + RunsAtExit + 'static>) {
    // SAFETY: [live]: we were lent a handle.
    let extension = unsafe { object.object().header() }.extend();
    extension.register(Entry::Finalizer(finalizer.clone()));
    let finalizer: Rc<dyn RunsAtExit> = finalizer;
    Heap::with(|heap| {
        let exists = |finalizer: &Waiting<_>| finalizer.strong_count() > 0;
        let mut all = heap.at_exit.borrow_mut();
        all.add(Rc::downgrade(&finalizer), &heap.exit_depth, exists);
    });
}
