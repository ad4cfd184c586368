//! The strong handle.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc;

use super::Weak;
use crate::collector;
use crate::heap::Heap;
use crate::object::{Entry, Header, Member, Object, Phase, Tag};
use crate::trace::{Depth, Facts, Trace};

/// A reference-counted handle to a value on this thread's garbage-collected heap.
///
/// Everything that [`Rc`](std::rc::Rc) does, `Gc` does under the same name: the value goes the
/// moment its last handle does. Cycles of handles, which leak with `Rc`, are found by the
/// collector.
///
/// A handle is one pointer (two for `Gc<[T]>`, `Gc<str>` and `Gc<dyn Trait>`). Cloning and
/// dropping it changes a counter, and reading through it is one load.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Trace};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// struct Person { name: &'static str, friends: RefCell<Vec<Gc<Person>>> }
///
/// let ada = Gc::new(Person { name: "Ada", friends: RefCell::default() });
/// let bob = Gc::new(Person { name: "Bob", friends: RefCell::default() });
/// ada.friends.borrow_mut().push(bob.clone());
/// bob.friends.borrow_mut().push(ada.clone());
/// assert_eq!(ada.friends.borrow()[0].name, "Bob");
///
/// drop((ada, bob)); // A cycle: both are still there.
/// assert_eq!(gordian::collect(), 2); // Now they are not.
/// ```
pub struct Gc<T: ?Sized> {
    value: NonNull<T>,
    /// Invariant in `T`, neither `Send` nor `Sync`.
    ///
    /// Covariance would let a `Gc<fn(&'static str)>`-like type pass for one of a shorter lifetime
    /// and the `'static` finalizer run on a borrow that has ended.
    marker: PhantomData<*mut T>,
}

impl<T: Trace + 'static> Gc<T> {
    /// Moves a value to the heap.
    ///
    /// Takes the value's size and 16 bytes of a block, or, beyond 488 bytes or with an alignment above
    /// 8, an allocation with 32 bytes more than the value. If the type can hold handles, a
    /// collection may run first: see [`gc`](crate::gc).
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let five = Gc::new(5);
    /// assert_eq!(*five, 5);
    /// ```
    #[must_use]
    #[inline]
    pub fn new(value: T) -> Self {
        let facts = T::facts(Depth::START);
        if facts.contains(Facts::HANDLE) {
            Heap::with(collector::before_allocation);
        }
        Self::new_uncollected(value, facts)
    }

    /// Moves a value to the heap without collecting: runs no user code.
    #[inline]
    pub(super) fn new_uncollected(value: T, facts: Facts) -> Self {
        let object = Heap::with(|heap| heap.make(value, facts));
        // SAFETY: the one count is this handle's.
        unsafe { Self::from_value(object.value().cast()) }
    }
}

/// An object whose only handle was given up for the value in it.
pub(super) struct GivenUp(Object);

impl GivenUp {
    /// Runs the object's callbacks, and frees its memory.
    ///
    /// # Safety
    ///
    /// The value was moved out.
    pub(super) unsafe fn end(self) {
        /// Frees the memory even if a callback's panic is resumed.
        struct Free(Object);
        impl Drop for Free {
            fn drop(&mut self) {
                // SAFETY: the value is gone, and nobody else frees a `Dying` object.
                Heap::with(|heap| unsafe { heap.free(self.0) });
            }
        }
        let free = Free(self.0);
        // SAFETY: [live] and `Dying`, until `free` is dropped.
        unsafe { collector::run_callbacks(free.0) };
    }
}

impl<T> Gc<T> {
    /// Gives up the handle for the value itself, if it is the only strong one.
    ///
    /// # Safety
    ///
    /// If so the handle is neither used nor dropped afterwards, but that the value is moved out of it
    /// once, and then the object is ended.
    pub(super) unsafe fn give_up(this: &Self) -> Option<GivenUp> {
        if !Self::is_only(this) {
            return None;
        }
        let object = this.object();
        // SAFETY: [live]: we hold the only handle, and it is not used afterwards.
        unsafe { Heap::with(|heap| heap.retire(object)) };
        let header = this.header();
        header.set_count(0);
        header.set_phase(Phase::Dying);
        Some(GivenUp(object))
    }
}

impl<T: Clone + Trace + 'static> Gc<T> {
    /// Has the value lent out, of an object that is made this handle's own.
    pub(super) fn lend_own(this: &mut Self) -> &mut T {
        if !Self::is_unique(this) {
            Self::leave(this);
        }
        // A fresh object has a single handle and no weak one.
        // SAFETY: [live]: we hold a handle.
        unsafe { Self::lend(this) }
    }
}

impl<T: ?Sized> Gc<T> {
    /// # Safety
    ///
    /// The value lies in an object of this thread, and one of its counts is the new handle's.
    #[inline]
    pub(super) unsafe fn from_value(value: NonNull<T>) -> Self {
        Self {
            value,
            marker: PhantomData,
        }
    }

    #[inline]
    pub(super) fn value(&self) -> NonNull<T> {
        self.value
    }

    #[inline]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: [live]: we hold a handle.
        unsafe { self.object().header() }
    }

    /// Whether the object is about to be freed by a collection that has found it dead.
    #[inline]
    pub(crate) fn is_dead(&self) -> bool {
        // SAFETY: [live]: we hold a handle.
        unsafe { collector::is_dead(self.edge()) }
    }

    /// Whether this is the only strong handle. The collector's pin counts, and so does what stands
    /// in for a handle during a finalizer. While a collection looks at objects none is unique, as
    /// it may be reading this very one: a panic hook, which may run then, could ask.
    fn is_only(this: &Self) -> bool {
        this.header().state().count() == 1 && !Heap::with(|heap| heap.nesting.is_postponing())
    }

    fn is_unique(this: &Self) -> bool {
        Self::weak_count(this) == 0 && Self::is_only(this)
    }

    /// A mutable reference to the value, if this is the only handle of either kind.
    ///
    /// `None` also while the collector holds the object: inside a finalizer. A registered
    /// [`weak::finalize`](crate::weak::finalize) counts as a weak handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let mut a = Gc::new(1);
    /// *Gc::get_mut(&mut a).unwrap() = 2;
    /// let b = a.clone();
    /// assert!(Gc::get_mut(&mut a).is_none());
    /// # drop(b);
    /// ```
    #[must_use]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        // SAFETY: the only handle, just checked; no user code runs in between.
        Self::is_unique(this).then(|| unsafe { Self::lend(this) })
    }

    /// Lends the value out, hidden from whoever walks the heap meanwhile.
    ///
    /// # Safety
    ///
    /// This is the only handle to the object.
    unsafe fn lend(this: &mut Self) -> &mut T {
        let object = this.object();
        // SAFETY: [live]: we hold a handle.
        unsafe { Heap::with(|heap| heap.unlist(object)) };
        this.header().set_tag(Tag::EXCLUSIVE, true);
        // SAFETY: no other handle exists, so no other reference to the value does; none comes into
        // being while `this` is borrowed. The collector does not look into the object: it is no
        // candidate, and its only handle, being borrowed mutably, is reported by nobody.
        unsafe { this.value.as_mut() }
    }

    /// Has an entry of a weak collection leave it when the object goes, unless it has given a later
    /// number to another object by then.
    pub(crate) fn join(this: &Self, member: rc::Weak<dyn Member>, number: u32) {
        let entry = Entry::Member(member, number);
        this.header().extend().register(entry);
    }

    /// Has the collector track the object, whatever its type, and look at it.
    pub(crate) fn adopt(this: &Self) {
        Heap::with(|heap| {
            // SAFETY: [live]: we hold a handle; a weak collection has extended it.
            unsafe { heap.adopt(this.edge()) };
            // SAFETY: [live].
            unsafe { heap.enlist(this.edge()) };
        });
    }

    /// A weak handle to the object.
    ///
    /// The first one of an object allocates 64 bytes, which the object keeps.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade(&a);
    /// assert_eq!(weak.upgrade().as_deref(), Some(&1));
    /// drop(a);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use]
    pub fn downgrade(this: &Self) -> Weak<T> {
        Weak::of(this, None)
    }

    /// A weak handle with a callback that runs once the object is gone.
    ///
    /// * The callback runs before the `drop` or the collection that ends the object returns, after
    ///   all weak handles to it have been cleared; of several, the newest first.
    /// * Clones of the handle share the callback. It runs once, and only if one of them is left
    ///   by then; a clone that is itself part of the same garbage does not count, unless it is in an
    ///   object that can hold no strong handle, which the collector does not look into.
    /// * A strong handle that the callback captures to its own object keeps the object alive for
    ///   as long as the weak handle exists.
    ///
    /// Allocates the callback, and what [`downgrade`](Self::downgrade) allocates.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let gone = Rc::new(Cell::new(false));
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade_with(&a, { let gone = gone.clone(); move || gone.set(true) });
    /// drop(a);
    /// assert!(gone.get());
    /// # drop(weak);
    /// ```
    #[must_use = "the callback is called off when the last clone of the weak handle is dropped"]
    pub fn downgrade_with(this: &Self, callback: impl FnOnce() + 'static) -> Weak<T> {
        Weak::of(this, Some(Box::new(callback)))
    }
}

impl<T: ?Sized> Clone for Gc<T> {
    /// One strong handle more.
    ///
    /// Aborts the process at 2^28 - 3 handles to one object, as `Rc` does at its limit.
    #[inline]
    fn clone(&self) -> Self {
        self.header().increment();
        // SAFETY: one count more has just been made for it.
        unsafe { Self::from_value(self.value) }
    }
}

impl<T: ?Sized> Drop for Gc<T> {
    /// Gives up the handle. If it was the last one the object goes before this returns: its
    /// finalizer runs, weak handles are cleared and their callbacks run, the value is dropped.
    ///
    /// In very deep structures, where drops of handles nest to more than 24 levels, the inner ones
    /// return at once, and their objects go before the outermost one returns.
    ///
    /// # Panics
    ///
    /// Resumes the first panic of a finalizer, a callback or a `Drop` that ran, after all of them
    /// have run: from the outermost drop, if it was caused by another. Not while the thread is
    /// panicking or ending. (A finalizer that panics in the destructor of a thread-local which goes
    /// before the heap's last collection aborts the program, as any such destructor does.)
    #[inline]
    fn drop(&mut self) {
        let header = self.header();
        let state = header.state().decremented();
        header.set_state(state);
        if !state.was_dropped_quietly() {
            // SAFETY: the handle is gone by the count.
            unsafe { collector::dropped(self.value) };
        }
    }
}
