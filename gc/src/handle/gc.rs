//! The strong handle.

use std::alloc::Layout;
use std::any::Any;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::rc;

use super::Weak;
use crate::collector;
use crate::heap::Heap;
use crate::object::{Edge, Entry, Member, Object, Phase, Tag};
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

// The handle owns no `T` inline: pinning a handle says nothing of the value.
impl<T: ?Sized> Unpin for Gc<T> {}

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
        Self::before_new(facts);
        Self::new_uncollected(value, facts)
    }

    /// The collection that may be due before an object of a type with these facts is made.
    #[inline]
    pub(super) fn before_new(facts: Facts) {
        if facts.contains(Facts::HANDLE) {
            Heap::with(collector::before_allocation);
        }
    }

    /// Moves a value to the heap without collecting: runs no user code.
    #[inline]
    pub(super) fn new_uncollected(value: T, facts: Facts) -> Self {
        let object = Heap::with(|heap| heap.make(value, facts));
        // SAFETY: the one count is this handle's.
        unsafe { Self::from_value(object.value().cast()) }
    }

    /// Moves a value to the heap and pins it there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let pinned = Gc::pin(5);
    /// assert_eq!(*pinned, 5);
    /// ```
    #[must_use]
    pub fn pin(value: T) -> Pin<Self> {
        // SAFETY: the value does not move while the object lives, and `Gc` gives out `&mut T` only
        // through `get_mut` and `make_mut`, which `Pin` hides unless `T: Unpin`.
        unsafe { Pin::new_unchecked(Self::new(value)) }
    }
}

impl<T> Gc<T> {
    /// Takes the value out if this is the only strong handle, else gives the handle back.
    ///
    /// The value is not finalized: it is not inside a `Gc` any more. Weak handles are cleared and
    /// their callbacks run.
    ///
    /// # Errors
    ///
    /// The handle itself, if there are other strong handles or the collector holds the object
    /// (inside a finalizer).
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(3);
    /// assert_eq!(Gc::try_unwrap(a), Ok(3));
    ///
    /// let a = Gc::new(4);
    /// let b = a.clone();
    /// assert_eq!(*Gc::try_unwrap(a).unwrap_err(), 4);
    /// # drop(b);
    /// ```
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let object = this.object();
        if !Self::is_only(&this) {
            return Err(this);
        }
        let this = ManuallyDrop::new(this);
        // SAFETY: the only handle, and it is never used again; so the value is moved out once.
        unsafe { Self::retire_value(object) };
        // SAFETY: [value], and from now on it is gone from the object.
        let value = unsafe { this.value.read() };
        // SAFETY: the value was moved out and the count is zero.
        unsafe { Self::forget_value(object) };
        Ok(value)
    }

    /// Ends the life of an object whose value is about to be moved out.
    ///
    /// # Safety
    ///
    /// The object is [live] and the caller has its only handle, which is not used afterwards.
    unsafe fn retire_value(object: Object) {
        // SAFETY: [live], from the caller.
        unsafe { Heap::with(|heap| heap.retire(object)) };
        // SAFETY: as above.
        let header = unsafe { object.header() };
        header.set_count(0);
        header.set_phase(Phase::Dying);
    }

    /// Runs the callbacks of an object whose value was moved out, and frees its memory.
    ///
    /// # Safety
    ///
    /// `retire_value` was called and the value moved out.
    unsafe fn forget_value(object: Object) {
        /// Frees the memory even if a callback's panic is resumed.
        struct Free(Object);
        impl Drop for Free {
            fn drop(&mut self) {
                // SAFETY: the value is gone, and nobody else frees a `Dying` object.
                Heap::with(|heap| unsafe { heap.free(self.0) });
            }
        }
        let free = Free(object);
        // SAFETY: [live] and `Dying`, until `free` is dropped.
        unsafe { collector::run_callbacks(free.0) };
    }

    /// Takes the value out if this is the last strong handle, else drops the handle.
    ///
    /// As [`try_unwrap`](Self::try_unwrap), the value is not finalized.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(3);
    /// let b = a.clone();
    /// assert_eq!(Gc::into_inner(a), None);
    /// assert_eq!(Gc::into_inner(b), Some(3));
    /// ```
    #[must_use]
    pub fn into_inner(this: Self) -> Option<T> {
        Self::try_unwrap(this).ok()
    }
}

impl<T: Clone> Gc<T> {
    /// Takes the value out if this is the only strong handle, else clones it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(String::from("x"));
    /// assert_eq!(Gc::unwrap_or_clone(a), "x");
    /// ```
    #[must_use]
    pub fn unwrap_or_clone(this: Self) -> T {
        Self::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }
}

impl<T: Clone + Trace + 'static> Gc<T> {
    /// A mutable reference to the value, which is made this handle's own first: cloned if there
    /// are other strong handles, moved to a new object if there are weak ones only.
    ///
    /// Weak handles to the old object are cleared in the second case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let mut a = Gc::new(1);
    /// let b = a.clone();
    /// *Gc::make_mut(&mut a) += 1;
    /// assert_eq!((*a, *b), (2, 1));
    /// ```
    pub fn make_mut(this: &mut Self) -> &mut T {
        if !Self::is_unique(this) {
            // Before it is asked whether the handle is the only one: the type's author may have written
            // what makes another one.
            let facts = T::facts(Depth::START);
            let fresh = if Self::is_only(this) {
                None
            } else {
                Some(Self::new((**this).clone()))
            };
            match fresh {
                Some(fresh) => *this = fresh,
                None => Self::move_away(this, facts),
            }
        }
        // A fresh object has a single handle and no weak one.
        // SAFETY: [live]: we hold a handle.
        unsafe { Self::lend(this) }
    }

    /// Moves the value from an object with weak handles and a single strong one to a new object.
    fn move_away(this: &mut Self, facts: Facts) {
        let old = this.object();
        // SAFETY: the only handle: the value is read once, and the old object never drops it.
        unsafe { Self::retire_value(old) };
        // SAFETY: [value]; it now belongs to the new object. Making that runs no user code.
        let fresh = Self::new_uncollected(unsafe { this.value.read() }, facts);
        let stale = std::mem::replace(this, fresh);
        let _ = ManuallyDrop::new(stale);
        // SAFETY: the value was moved out and the count is zero.
        unsafe { Self::forget_value(old) };
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

    /// The object behind the handle.
    #[inline]
    pub(crate) fn object(&self) -> Object {
        // SAFETY: the pointer is a handle's.
        unsafe { Object::of_value(self.value) }
    }

    /// The same, as the collector is told of it.
    #[inline]
    pub(crate) fn edge(&self) -> Edge {
        // The value is not read: its layout is known from the type and the pointer. Nor is there a
        // `&mut` to it, which `get_mut` lends through a `&mut` to the only handle.
        Edge::new(self.object(), Layout::for_value(&**self))
    }

    /// Whether the object is about to be freed by a collection that has found it dead.
    #[inline]
    pub(crate) fn is_dead(&self) -> bool {
        // SAFETY: [live]: we hold a handle.
        unsafe { collector::is_dead(self.edge()) }
    }

    pub(super) fn value(&self) -> NonNull<T> {
        self.value
    }

    /// Whether this is the only strong handle. The collector's pin counts, and so does what stands
    /// in for a handle during a finalizer. While a collection looks at objects none is unique, as
    /// it may be reading this very one: a panic hook, which may run then, could ask.
    fn is_only(this: &Self) -> bool {
        // SAFETY: [live]: we hold a handle.
        let count = unsafe { this.object().header() }.state().count();
        count == 1 && !Heap::with(|heap| heap.nesting.is_postponing())
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
        // SAFETY: as above.
        unsafe { object.header() }.set_tag(Tag::EXCLUSIVE, true);
        // SAFETY: no other handle exists, so no other reference to the value does; none comes into
        // being while `this` is borrowed. The collector does not look into the object: it is no
        // candidate, and its only handle, being borrowed mutably, is reported by nobody.
        unsafe { this.value.as_mut() }
    }

    /// Has an entry of a weak collection leave it when the object goes, unless it has given a later
    /// number to another object by then.
    pub(crate) fn join(this: &Self, member: rc::Weak<dyn Member>, number: u32) {
        // SAFETY: [live]: we hold a handle.
        let extension = unsafe { this.object().header() }.extend();
        extension.register(Entry::Member(member, number));
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

    /// Whether two handles are of the same object. Addresses are compared, not metadata.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// assert!(Gc::ptr_eq(&a, &a.clone()));
    /// assert!(!Gc::ptr_eq(&a, &Gc::new(1)));
    /// ```
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        ptr::addr_eq(this.value.as_ptr(), other.value.as_ptr())
    }

    /// The number of strong handles.
    ///
    /// What the collector adds for its own purposes is left out, so this is 0 in the finalizer of
    /// an object whose last handle has gone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// let b = a.clone();
    /// assert_eq!(Gc::strong_count(&a), 2);
    /// # drop(b);
    /// ```
    #[must_use]
    pub fn strong_count(this: &Self) -> usize {
        // SAFETY: [live]: we hold a handle.
        unsafe { this.object().header() }.strong_count() as usize
    }

    /// The number of weak handles, with or without a callback, and of registered finalizers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade(&a);
    /// assert_eq!(Gc::weak_count(&a), 1);
    /// # drop(weak);
    /// ```
    #[must_use]
    pub fn weak_count(this: &Self) -> usize {
        // SAFETY: [live]: we hold a handle.
        unsafe { this.object().header() }.weak_count()
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

    /// The address of the value. It stays valid while a strong handle exists.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// assert_eq!(Gc::as_ptr(&a), &raw const *a);
    /// ```
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        this.value.as_ptr()
    }

    /// Turns the handle into a pointer, to be turned back with [`from_raw`](Self::from_raw) or
    /// leaked. The collector takes it for a handle held from outside.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let raw = Gc::into_raw(Gc::new(1));
    /// // SAFETY: from `into_raw`, once.
    /// let a = unsafe { Gc::from_raw(raw) };
    /// assert_eq!(*a, 1);
    /// ```
    #[must_use = "losing the pointer leaks the object"]
    pub fn into_raw(this: Self) -> *const T {
        ManuallyDrop::new(this).value.as_ptr()
    }

    /// The handle of a pointer that [`into_raw`](Self::into_raw) gave.
    ///
    /// # Safety
    ///
    /// The pointer comes from `into_raw` of a `Gc` of this very type, or of the type that it was
    /// unsized from, on this thread, and stands for a strong count that no other handle has.
    #[must_use]
    pub unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: pointers from `into_raw` are not null.
        let value = unsafe { NonNull::new_unchecked(value.cast_mut()) };
        // SAFETY: from the caller.
        unsafe { Self::from_value(value) }
    }

    /// One strong handle more, without having it.
    ///
    /// # Safety
    ///
    /// The pointer comes from `into_raw`, of this type and thread, and the object has a strong
    /// handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::Gc;
    /// let a = Gc::new(1);
    /// let raw = Gc::into_raw(a);
    /// // SAFETY: the count of `raw` itself keeps the object alive; both are given back.
    /// unsafe {
    ///     Gc::increment_strong_count(raw);
    ///     let b = Gc::from_raw(raw);
    ///     assert_eq!(Gc::strong_count(&b), 2);
    ///     Gc::decrement_strong_count(raw);
    ///     assert_eq!(Gc::strong_count(&b), 1);
    /// }
    /// ```
    pub unsafe fn increment_strong_count(value: *const T) {
        // SAFETY: from the caller; the handle is not dropped.
        let this = ManuallyDrop::new(unsafe { Self::from_raw(value) });
        let _ = ManuallyDrop::new(Self::clone(&this));
    }

    /// One strong handle less, for one that [`into_raw`](Self::into_raw) or
    /// [`increment_strong_count`](Self::increment_strong_count) left behind.
    ///
    /// # Safety
    ///
    /// As for [`from_raw`](Self::from_raw).
    pub unsafe fn decrement_strong_count(value: *const T) {
        // SAFETY: from the caller.
        drop(unsafe { Self::from_raw(value) });
    }
}

impl Gc<dyn Any> {
    /// The handle with its concrete type back.
    ///
    /// # Errors
    ///
    /// The handle itself, if the value is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::{Gc, unsize};
    /// use std::any::Any;
    ///
    /// let any: Gc<dyn Any> = unsize!(Gc::new(7_i32) => dyn Any);
    /// let any = any.downcast::<String>().unwrap_err();
    /// assert_eq!(*any.downcast::<i32>().unwrap(), 7);
    /// ```
    pub fn downcast<T: Any>(self) -> Result<Gc<T>, Self> {
        if !(*self).is::<T>() {
            return Err(self);
        }
        let value = ManuallyDrop::new(self).value.cast::<T>();
        // SAFETY: the value is a `T`, and the count is that of the handle just given up.
        Ok(unsafe { Gc::from_value(value) })
    }
}

impl<T: ?Sized> Deref for Gc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: [live] and [value]: a handle that user code has is of an object whose value is
        // there. The garbage that the collector drops has no handles but its own, and the drop
        // glue of traced values follows none of these.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> Clone for Gc<T> {
    /// One strong handle more.
    ///
    /// Aborts the process at 2^28 - 3 handles to one object, as `Rc` does at its limit.
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: [live]: we hold a handle.
        unsafe { self.object().header() }.increment();
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
        let object = self.object();
        // SAFETY: [live]: we hold a handle.
        let header = unsafe { object.header() };
        let state = header.state().decremented();
        header.set_state(state);
        if !state.was_dropped_quietly() {
            // SAFETY: the handle is gone by the count.
            unsafe { collector::dropped(self.value) };
        }
    }
}
