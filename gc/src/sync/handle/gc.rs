//! The strong handle.

use std::alloc::Layout;
use std::marker::PhantomData;
use std::ptr::NonNull;
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
    /// collection may run first, and with it finalizers, on this thread: make no objects while you hold a
    /// lock that a finalizer takes, or it waits for ever. See [`sync::gc`](crate::sync::gc).
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
        let facts = T::facts(Depth::SHARED);
        if facts.contains(Facts::SHARED_HANDLE) {
            Mutator::with(collector::before_allocation);
        }
        Self::new_uncollected(value, facts)
    }

    /// Moves a value to the heap without collecting: runs no user code.
    #[inline]
    pub(crate) fn new_uncollected(value: T, facts: Facts) -> Self {
        let is_tracked = facts.contains(Facts::SHARED_HANDLE);
        let header = memory::allocate(Layout::new::<T>(), is_tracked, false).cast::<Header>();
        let place = Object::new(header.cast()).value().cast::<T>();
        // SAFETY: new memory for a `T`.
        unsafe { place.write(value) };
        let has_finalizer = facts.contains(Facts::FINALIZER);
        let bits = Bits::new(1, AGES.now()).with(Flag::Untracked, !is_tracked);
        let bits = bits.with(Flag::ToFinalize, has_finalizer);
        // SAFETY: new memory, where `allocate` has put a header of a vacant slot.
        unsafe { header.as_ref() }.describe(TypeInfo::of_shared::<T>(), has_finalizer, bits);
        if is_tracked {
            Mutator::with(Mutator::made);
        }
        // SAFETY: the one count is this handle's.
        unsafe { Self::from_value(place) }
    }
}

/// An object whose only strong handle was given up for the value in it.
pub(crate) struct GivenUp(Edge, Claims);

impl GivenUp {
    /// Runs the object's callbacks, and gives up the claims.
    ///
    /// # Safety
    ///
    /// The value was moved out.
    pub(crate) unsafe fn end(self) {
        /// Gives up the claims even if a callback's panic is resumed.
        struct Free(Edge, Claims);
        impl Drop for Free {
            fn drop(&mut self) {
                // SAFETY: the value is gone, and the claims are ours.
                unsafe { collector::forget(self.0, self.1) };
            }
        }
        let free = Free(self.0, self.1);
        // SAFETY: [live] until `free` is dropped; the count is zero.
        unsafe { collector::run_callbacks(free.0.object()) };
    }
}

impl<T> Gc<T> {
    /// Gives up the handle for the value itself, if it is the only strong one.
    ///
    /// # Safety
    ///
    /// If so the handle is neither used nor dropped afterwards, but that the value is moved out of it
    /// once, and then the object is ended.
    pub(crate) unsafe fn give_up(this: &Self) -> Option<GivenUp> {
        let word = &this.header().word;
        let claims = wait_for(|| word.unwrap())?;
        if !word.peek().has(Flag::Untracked) {
            Mutator::with(|mutator| mutator.released(1));
        }
        Some(GivenUp(this.edge(), claims))
    }
}

impl<T: Clone + Trace + Send + Sync + 'static> Gc<T> {
    /// Has the value lent out, of an object that is made this handle's own.
    pub(crate) fn lend_own(this: &mut Self) -> &mut T {
        while !Self::is_lent(this) {
            Self::leave(this);
        }
        // SAFETY: lent to us.
        unsafe { this.value.as_mut() }
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

    #[inline]
    pub(crate) fn value(&self) -> NonNull<T> {
        self.value
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
