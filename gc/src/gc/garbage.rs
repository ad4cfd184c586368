//! Garbage that was saved instead of being freed.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use crate::handle::{Erased, Gc};
use crate::heap::Heap;
use crate::object::Object;

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
#[must_use]
pub fn garbage() -> Garbage {
    let saved = Heap::with(|heap| heap.diagnosis.saved());
    Garbage(saved.into_iter().map(Saved).collect())
}

/// The garbage that was saved when it was asked for: see [`garbage`]. A slice of [`Saved`].
///
/// What is in it lives as long as it does, too.
#[derive(Clone, Debug)]
pub struct Garbage(Vec<Saved>);

impl Garbage {
    /// Empties the thread's list of garbage that was saved, and drops this copy of it.
    ///
    /// What counting can free then is freed at once; cycles are left to the next collection.
    ///
    /// # Panics
    ///
    /// As the drop of a [`Gc`].
    pub fn clear(self) {
        let saved = Heap::with(|heap| heap.diagnosis.take_saved());
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
pub struct Saved(Rc<Erased>);

impl Saved {
    /// The address of the value, as [`Gc::as_ptr`] gives it.
    #[must_use]
    pub fn address(&self) -> *const () {
        self.0.object().address()
    }

    /// The name of the value's type, as [`std::any::type_name`] gives it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        // SAFETY: [live]: we hold a handle.
        let info = unsafe { self.0.object().header() }.info();
        (info.name)()
    }

    /// The value, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }

    /// Whether it is the object of a handle.
    #[must_use]
    pub fn ptr_eq<T: ?Sized>(&self, gc: &Gc<T>) -> bool {
        self.address() == Gc::as_ptr(gc).cast()
    }

    pub(super) fn object(&self) -> Object {
        self.0.object()
    }
}

impl fmt::Debug for Saved {
    /// Names the type, and runs no user code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = super::short_name(self.type_name());
        write!(f, "<{name} {:p}>", self.address())
    }
}
