//! Garbage that was saved instead of being freed: that of a thread, and, by the same macro, that of the
//! heap that threads share.

use std::rc::Rc;

use crate::guarded::Guarded;
use crate::handle::{Gc, Local};
use crate::heap::Heap;

/// `Garbage` and `Saved` for one kind of handles: how several share one, whose handles they are, how the
/// list of saved garbage is asked for, and whose it is.
macro_rules! saved_garbage {
    ($(#[$doc:meta])* $Gc:ident, $Shared:ident<$Heap:ident>, $with_saved:path, $whose:literal) => {
        use std::any::Any;
        use std::fmt;
        use std::ops::Deref;

        use $crate::handle::Erased;
        use $crate::object::Object;

        $(#[$doc])*
        #[must_use]
        pub fn garbage() -> Garbage {
            let saved = $with_saved(|saved| saved.clone());
            Garbage(saved.into_iter().map(Saved).collect())
        }

        /// The garbage that was saved when it was asked for: see [`garbage`]. A slice of [`Saved`].
        ///
        /// What is in it lives as long as it does, too.
        #[derive(Clone, Debug)]
        pub struct Garbage(Vec<Saved>);

        impl Garbage {
            #[doc = concat!(
                "Empties the ", $whose, " list of garbage that was saved, and drops this copy of it."
            )]
            ///
            /// What counting can free then is freed at once; cycles are left to the next collection.
            ///
            /// # Panics
            ///
            /// As the drop of a [`Gc`]($Gc).
            pub fn clear(self) {
                let saved = $with_saved(std::mem::take);
                drop((saved, self));
            }
        }

        impl Deref for Garbage {
            type Target = [Saved];

            fn deref(&self) -> &[Saved] {
                &self.0
            }
        }

        impl<'a> IntoIterator for &'a Garbage {
            type Item = &'a Saved;
            type IntoIter = std::slice::Iter<'a, Saved>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.iter()
            }
        }

        /// An object that was garbage and was saved: see [`garbage`].
        #[derive(Clone)]
        pub struct Saved($Shared<Erased<$Heap>>);

        impl Saved {
            /// The address of the value, as [`Gc::as_ptr`] gives it.
            #[must_use]
            pub fn address(&self) -> *const () {
                self.object().address()
            }

            /// The name of the value's type, as [`std::any::type_name`] gives it.
            #[must_use]
            pub fn type_name(&self) -> &'static str {
                (self.0.info().name)()
            }

            /// The value, if it is a `T`.
            #[must_use]
            pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
                self.0.downcast_ref()
            }

            /// Whether it is the object of a handle.
            #[must_use]
            pub fn ptr_eq<T: ?Sized>(&self, gc: &$Gc<T>) -> bool {
                self.address() == $Gc::as_ptr(gc).cast()
            }

            pub(crate) fn object(&self) -> Object {
                self.0.object()
            }
        }

        impl fmt::Debug for Saved {
            /// Names the type, and runs no user code.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = $crate::gc::short_name(self.type_name());
                write!(f, "<{name} {:p}>", self.address())
            }
        }
    };
}

pub(crate) use saved_garbage;

saved_garbage! {
    /// The garbage that collections of this thread have saved, while
    /// [`SAVEALL`](super::DebugFlags::SAVEALL) was set.
    ///
    /// Its finalizers and the callbacks of weak handles to it have run, and these weak handles are dead;
    /// otherwise it is as it was: intact, and alive as long as it is here. Once it is not, it can become
    /// garbage again, without being finalized again. Weak handles made since then are like any other.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::gc::{self, DebugFlags};
    /// use gordian::{Gc, Trace};
    /// use std::cell::RefCell;
    ///
    /// #[derive(Trace)]
    /// struct Loop { name: &'static str, me: RefCell<Option<Gc<Loop>>> }
    ///
    /// let a = Gc::new(Loop { name: "a", me: RefCell::default() });
    /// *a.me.borrow_mut() = Some(a.clone());
    /// drop(a);
    ///
    /// gc::set_debug(DebugFlags::SAVEALL);
    /// assert_eq!(gc::collect(), 1);
    /// let garbage = gc::garbage();
    /// assert_eq!(garbage.len(), 1);
    /// assert_eq!(garbage[0].downcast_ref::<Loop>().unwrap().name, "a");
    ///
    /// gc::set_debug(DebugFlags::NONE);
    /// garbage.clear();
    /// assert_eq!(gc::collect(), 1);
    /// ```
    Gc, Rc<Local>, with_saved, "thread's"
}

fn with_saved<R>(f: impl FnOnce(&mut Vec<Rc<Erased<Local>>>) -> R) -> R {
    Heap::with(|heap| heap.diagnosis.with(|diagnosis| f(&mut diagnosis.saved)))
}
