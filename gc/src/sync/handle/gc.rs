//! The strong handle.

use std::alloc::Layout;
use std::any::Any;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::{sync, thread};

use super::Weak;
use crate::collector::shared as collector;
use crate::heap::process::{AGES, Mutator};
use crate::heap::shared as memory;
use crate::object::shared::{Access, Bits, Claims, Dropped, Entry, Flag, Header, Members};
use crate::object::{Edge, Object, Tag, TypeInfo};
use crate::trace::{Depth, Facts, Trace};

/// A reference-counted handle to a value on the garbage-collected heap that threads share.
///
/// Everything that [`Arc`](std::sync::Arc) does, `Gc` does under the same name: the value goes the
/// moment its last handle does, on the thread that drops it. Cycles of handles, which leak with `Arc`,
/// are found by the collector, which stops no thread.
///
/// A handle is one pointer (two for `Gc<[T]>`, `Gc<str>` and `Gc<dyn Trait>`). Cloning and
/// dropping it takes an atomic read-modify-write each, and reading through it is one plain load.
///
/// Handles between objects that are changed after they were made are in a
/// [`Mutex`](std::sync::Mutex), an [`RwLock`](std::sync::RwLock) or a
/// [`OnceLock`](std::sync::OnceLock): `T` has to be [`Sync`].
///
/// # Examples
///
/// ```
/// use gordian::Trace;
/// use gordian::sync::{self, Gc};
/// use std::sync::Mutex;
/// use std::thread;
///
/// #[derive(Trace)]
/// struct Person { name: &'static str, friends: Mutex<Vec<Gc<Person>>> }
///
/// let ada = Gc::new(Person { name: "Ada", friends: Mutex::default() });
/// let bob = Gc::new(Person { name: "Bob", friends: Mutex::default() });
/// thread::scope(|scope| {
///     scope.spawn(|| ada.friends.lock().unwrap().push(bob.clone()));
///     scope.spawn(|| bob.friends.lock().unwrap().push(ada.clone()));
/// });
/// assert_eq!(ada.friends.lock().unwrap()[0].name, "Bob");
///
/// drop((ada, bob)); // A cycle: both are still there.
/// assert_eq!(sync::collect(), 2); // Now they are not.
/// ```
pub struct Gc<T: ?Sized> {
    value: NonNull<T>,
    /// Invariant in `T`.
    ///
    /// Covariance would let a `Gc<fn(&'static str)>`-like type pass for one of a shorter lifetime
    /// and the `'static` finalizer run on a borrow that has ended.
    marker: PhantomData<*mut T>,
}

// The handle owns no `T` inline: pinning a handle says nothing of the value.
impl<T: ?Sized> Unpin for Gc<T> {}

// SAFETY: as for `Arc`: the value is used, and dropped, on whatever thread has a handle, and by the
// collector on any; the count is atomic.
unsafe impl<T: ?Sized + Send + Sync> Send for Gc<T> {}
// SAFETY: the same: with a `&Gc<T>` one can make a `Gc<T>`.
unsafe impl<T: ?Sized + Send + Sync> Sync for Gc<T> {}

impl<T: Trace + Send + Sync + 'static> Gc<T> {
    /// Moves a value to the heap.
    ///
    /// Takes the value's size and 16 bytes of a block, or, beyond 488 bytes or with an alignment above
    /// 8, an allocation with 32 bytes more than the value. If the type can hold handles, a
    /// collection may run first: see [`sync::gc`](crate::sync::gc).
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
        if facts.contains(Facts::SHARED_HANDLE) {
            Mutator::with(collector::before_allocation);
        }
    }

    /// Moves a value to the heap without collecting: runs no user code.
    #[inline]
    pub(super) fn new_uncollected(value: T, facts: Facts) -> Self {
        let is_tracked = facts.contains(Facts::SHARED_HANDLE);
        let header = memory::allocate(Layout::new::<T>(), is_tracked, false).cast::<Header>();
        let place = Object::new(header.cast()).value().cast::<T>();
        // SAFETY: new memory for a `T`.
        unsafe { place.write(value) };
        let has_finalizer = facts.contains(Facts::FINALIZER);
        let bits = Bits::new(1, AGES.now()).with(Flag::Untracked, !is_tracked);
        let bits = bits.with(Flag::ToFinalize, has_finalizer);
        // SAFETY: new memory, where `allocate` has put a header of a vacant slot.
        unsafe { header.as_ref() }.describe(TypeInfo::of::<T>(), has_finalizer, bits);
        if is_tracked {
            Mutator::with(Mutator::made);
        }
        // SAFETY: the one count is this handle's.
        unsafe { Self::from_value(place) }
    }

    /// Moves a value to the heap and pins it there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
    /// # use gordian::sync::Gc;
    /// let a = Gc::new(3);
    /// assert_eq!(Gc::try_unwrap(a), Ok(3));
    ///
    /// let a = Gc::new(4);
    /// let b = a.clone();
    /// assert_eq!(*Gc::try_unwrap(a).unwrap_err(), 4);
    /// # drop(b);
    /// ```
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let Some(claims) = Self::give_up(&this) else {
            return Err(this);
        };
        let this = ManuallyDrop::new(this);
        let edge = this.edge();
        // SAFETY: [value]: the count that was given up was the only one, so it is moved out once; and from
        // now on it is gone from the object.
        let value = unsafe { this.value.read() };
        // SAFETY: the value was moved out.
        unsafe { Self::forget_value(edge, claims) };
        Ok(value)
    }

    /// Gives up the handle for the value itself, if it is the only strong one. The handle is not to be
    /// used any more then, nor dropped.
    fn give_up(this: &Self) -> Option<Claims> {
        let word = &this.header().word;
        let claims = wait_for(|| word.unwrap())?;
        if !word.peek().has(Flag::Untracked) {
            Mutator::with(|mutator| mutator.released(1));
        }
        Some(claims)
    }

    /// Runs the callbacks of an object whose value was moved out, and frees its memory.
    ///
    /// # Safety
    ///
    /// `give_up` has returned these claims, and the value was moved out.
    unsafe fn forget_value(edge: Edge, claims: Claims) {
        /// Frees the memory even if a callback's panic is resumed.
        struct Free(Edge, Claims);
        impl Drop for Free {
            fn drop(&mut self) {
                // SAFETY: the value is gone, and the claims are ours.
                unsafe { collector::forget(self.0, self.1) };
            }
        }
        let free = Free(edge, claims);
        // SAFETY: [live] until `free` is dropped; the count is zero.
        unsafe { collector::run_callbacks(free.0.object()) };
    }

    /// Takes the value out if this is the last strong handle, else drops the handle.
    ///
    /// As [`try_unwrap`](Self::try_unwrap), the value is not finalized.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
    /// # use gordian::sync::Gc;
    /// let a = Gc::new(String::from("x"));
    /// assert_eq!(Gc::unwrap_or_clone(a), "x");
    /// ```
    #[must_use]
    pub fn unwrap_or_clone(this: Self) -> T {
        Self::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }
}

impl<T: Clone + Trace + Send + Sync + 'static> Gc<T> {
    /// A mutable reference to the value, which is made this handle's own first: cloned if there
    /// are other strong handles, moved to a new object if there are weak ones only.
    ///
    /// Weak handles to the old object are cleared in the second case.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
    /// let mut a = Gc::new(1);
    /// let b = a.clone();
    /// *Gc::make_mut(&mut a) += 1;
    /// assert_eq!((*a, *b), (2, 1));
    /// ```
    pub fn make_mut(this: &mut Self) -> &mut T {
        while !Self::is_lent(this) {
            // Before the handle is given up: the type's author may have written what panics.
            let facts = T::facts(Depth::START);
            match Self::give_up(this) {
                Some(claims) => Self::move_away(this, claims, facts),
                None => *this = Self::new((**this).clone()),
            }
        }
        // SAFETY: lent to us.
        unsafe { this.value.as_mut() }
    }

    /// Moves the value from an object with weak handles, whose only strong one was given up, to a new
    /// object.
    fn move_away(this: &mut Self, claims: Claims, facts: Facts) {
        let old = this.edge();
        // SAFETY: [value]; it now belongs to the new object. Making that runs no user code.
        let fresh = Self::new_uncollected(unsafe { this.value.read() }, facts);
        let stale = std::mem::replace(this, fresh);
        let _ = ManuallyDrop::new(stale);
        // SAFETY: the value was moved out.
        unsafe { Self::forget_value(old, claims) };
    }
}

/// Asks until the collector has had its look.
fn wait_for<R>(mut ask: impl FnMut() -> Access<R>) -> Option<R> {
    loop {
        match ask() {
            Access::Granted(granted) => return Some(granted),
            Access::Refused => return None,
            // It is this thread that looks, and a panic hook that asks.
            Access::Later if Mutator::with(|mutator| mutator.detecting.get()) => return None,
            Access::Later => thread::yield_now(),
        }
    }
}

impl<T: ?Sized> Gc<T> {
    /// # Safety
    ///
    /// The value lies in a shared object, and one of its counts is the new handle's.
    #[inline]
    pub(crate) unsafe fn from_value(value: NonNull<T>) -> Self {
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

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: [live]: we hold a handle.
        unsafe { self.object().shared() }
    }

    /// Has the entries of this hash leave a weak collection when the object goes.
    pub(crate) fn join(this: &Self, members: sync::Weak<dyn Members>, hash: u64) {
        let entry = Entry::Members(members, hash);
        this.header().extend().register(this.object(), entry);
    }

    /// Has the collector track the object, whatever its type. A weak collection has a weak handle to it.
    pub(crate) fn adopt(this: &Self) {
        let header = this.header();
        if !header.has(Tag::UNTRACKED) {
            return;
        }
        // SAFETY: [live]: we hold a handle.
        unsafe { memory::adopt(this.edge()) };
        if header.track(AGES.now()) {
            Mutator::with(Mutator::made);
        }
    }

    pub(crate) fn value(&self) -> NonNull<T> {
        self.value
    }

    /// Has the value lent out, if this is the only handle of either kind, hidden from whoever walks the
    /// heap.
    fn is_lent(this: &mut Self) -> bool {
        let header = this.header();
        let mut was_lent = false;
        let is_unique = wait_for(|| match header.word.lend() {
            // Now that all other strong handles are gone, whatever weak ones they made are known.
            Access::Granted(()) => {
                was_lent = true;
                let extension = header.extension();
                extension.map_or(Access::Granted(()), |it| it.weak.is_only(&header.word))
            }
            other => other,
        })
        .is_some();
        if was_lent && !is_unique {
            header.word.take_back();
        }
        is_unique
    }

    /// A mutable reference to the value, if this is the only handle of either kind.
    ///
    /// While the collector looks at the object it waits for the end of that. `None` while the collector
    /// holds the object: inside a finalizer. A registered
    /// [`weak::finalize`](crate::weak::finalize) counts as a weak handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
    /// let mut a = Gc::new(1);
    /// *Gc::get_mut(&mut a).unwrap() = 2;
    /// let b = a.clone();
    /// assert!(Gc::get_mut(&mut a).is_none());
    /// # drop(b);
    /// ```
    #[must_use]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if !Self::is_lent(this) {
            return None;
        }
        // SAFETY: lent to us: no other handle exists, so no other reference to the value does; none comes
        // into being while `this` is borrowed, and the collector does not look into the object.
        Some(unsafe { this.value.as_mut() })
    }

    /// Whether two handles are of the same object. Addresses are compared, not metadata.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
    /// # use gordian::sync::Gc;
    /// let a = Gc::new(1);
    /// let b = a.clone();
    /// assert_eq!(Gc::strong_count(&a), 2);
    /// # drop(b);
    /// ```
    #[must_use]
    pub fn strong_count(this: &Self) -> usize {
        this.header().word.peek().strong_count() as usize
    }

    /// The number of weak handles, with or without a callback, and of registered finalizers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade(&a);
    /// assert_eq!(Gc::weak_count(&a), 1);
    /// # drop(weak);
    /// ```
    #[must_use]
    pub fn weak_count(this: &Self) -> usize {
        this.header().weak_count()
    }

    /// A weak handle to the object.
    ///
    /// The first one of an object allocates 128 bytes, which the object keeps.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
    /// # use gordian::sync::Gc;
    /// use std::sync::mpsc;
    ///
    /// let (sender, gone) = mpsc::channel();
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade_with(&a, move || sender.send("gone").unwrap());
    /// drop(a);
    /// assert_eq!(gone.recv(), Ok("gone"));
    /// # drop(weak);
    /// ```
    #[must_use = "the callback is called off when the last clone of the weak handle is dropped"]
    pub fn downgrade_with(this: &Self, callback: impl FnOnce() + Send + 'static) -> Weak<T> {
        Weak::of(this, Some(Box::new(callback)))
    }

    /// The address of the value. It stays valid while a strong handle exists.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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
    /// # use gordian::sync::Gc;
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
    /// unsized from, and stands for a strong count that no other handle has.
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
    /// The pointer comes from `into_raw`, of this type, and the object has a strong
    /// handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
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

impl Gc<dyn Any + Send + Sync> {
    /// The handle with its concrete type back.
    ///
    /// # Errors
    ///
    /// The handle itself, if the value is of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::{sync::Gc, unsize};
    /// use std::any::Any;
    ///
    /// let any = unsize!(Gc::new(7_i32) => dyn Any + Send + Sync);
    /// let any = any.downcast::<String>().unwrap_err();
    /// assert_eq!(*any.downcast::<i32>().unwrap(), 7);
    /// ```
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Gc<T>, Self> {
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
    /// Aborts the process at 2^31 handles to one object, as `Arc` does at its limit.
    #[inline]
    fn clone(&self) -> Self {
        self.header().word.increment();
        // SAFETY: one count more has just been made for it.
        unsafe { Self::from_value(self.value) }
    }
}

impl<T: ?Sized> Drop for Gc<T> {
    #[inline]
    fn drop(&mut self) {
        let word = &self.header().word;
        let bits = word.peek();
        if bits.has(Flag::Dead) {
            // The handle goes with the garbage that it leads to: that may be the value it lies in, which is
            // borrowed mutably.
            return;
        }
        // While it is sure to be there.
        let edge = self.edge();
        let dropped = word.decrement_from(bits);
        if dropped != Dropped::Nothing {
            // SAFETY: the step came to this.
            unsafe { collector::dropped(self.value, edge, dropped) };
        }
    }
}
