//! The weak handle.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use super::Gc;
use crate::collector::shared as collector;
use crate::heap::process;
use crate::object::shared::{Entry, Extension, Flag, Header, Registration, WeakClaim};
use crate::object::{Edge, Object};

/// A handle that does not keep its object alive.
///
/// [`upgrade`](Self::upgrade) gives a [`Gc`] while the object is there. As with
/// [`sync::Weak`](std::sync::Weak), the object's memory (not its value) stays allocated while weak
/// handles to it exist.
///
/// Two words (three for unsized types), as it may carry a callback:
/// [`Gc::downgrade_with`].
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, Weak};
///
/// let a = Gc::new(1);
/// let weak: Weak<i32> = Gc::downgrade(&a);
/// assert!(weak.upgrade().is_some());
/// drop(a);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct Weak<T: ?Sized> {
    /// Dangling, at the last address there is, if made by `new`.
    value: NonNull<T>,
    registration: Option<Arc<Registration>>,
    /// Invariant in `T`, as `Gc` is.
    marker: PhantomData<*mut T>,
}

impl<T: ?Sized> Unpin for Weak<T> {}

// SAFETY: as for `Gc`, which it can be upgraded to.
unsafe impl<T: ?Sized + Send + Sync> Send for Weak<T> {}
// SAFETY: the same.
unsafe impl<T: ?Sized + Send + Sync> Sync for Weak<T> {}

impl<T> Weak<T> {
    /// A weak handle of no object: it never upgrades. Allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Weak;
    /// let nothing: Weak<i32> = Weak::new();
    /// assert!(nothing.upgrade().is_none());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        let nowhere = ptr::without_provenance_mut::<T>(usize::MAX);
        let Some(value) = NonNull::new(nowhere) else {
            unreachable!()
        };
        Self {
            value,
            registration: None,
            marker: PhantomData,
        }
    }
}

impl<T: ?Sized> Weak<T> {
    /// A handle, which may have a callback.
    #[inline]
    pub(super) fn of(gc: &Gc<T>, callback: Option<Box<dyn FnOnce() + Send>>) -> Self {
        let extension = gc.header().extend();
        extension.weak.increment();
        Self {
            value: gc.value(),
            registration: callback.map(|callback| Self::register(gc.object(), extension, callback)),
            marker: PhantomData,
        }
    }

    #[cold]
    #[inline(never)]
    fn register(
        object: Object,
        extension: &Extension,
        callback: Box<dyn FnOnce() + Send>,
    ) -> Arc<Registration> {
        let registration = Arc::new(Registration::new(callback));
        extension.register(object, Entry::Callback(Arc::downgrade(&registration)));
        registration
    }

    /// A weak handle to an object that is being built.
    ///
    /// # Safety
    ///
    /// The value's place lies in a [live] shared object, of this very type.
    pub(crate) unsafe fn of_value(value: NonNull<T>) -> Self {
        // SAFETY: from the caller.
        let object = unsafe { Object::of_value(value) };
        // SAFETY: [live], from the caller.
        unsafe { object.shared() }.extend().weak.increment();
        Self {
            value,
            registration: None,
            marker: PhantomData,
        }
    }

    /// The object, or `None` of a handle made by `new`.
    pub(crate) fn object(&self) -> Option<Object> {
        let is_nowhere = self.value.cast::<()>().addr().get() == usize::MAX;
        // SAFETY: a pointer that is not dangling is that of a handle.
        (!is_nowhere).then(|| unsafe { Object::of_value(self.value) })
    }

    /// The edge to the object, as a strong handle would be one.
    pub(crate) fn edge(&self) -> Option<Edge> {
        let object = self.object()?;
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        let info = unsafe { object.shared() }.info();
        // SAFETY: [live] and [typed].
        Some(Edge::new(object, unsafe { info.layout(object) }))
    }

    pub(crate) fn extension(&self) -> Option<&Extension> {
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        unsafe { self.object()?.shared() }.extension()
    }

    pub(crate) fn registration(&self) -> Option<&Arc<Registration>> {
        self.registration.as_ref()
    }

    #[inline]
    fn header(&self) -> Option<&Header> {
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        Some(unsafe { self.object()?.shared() })
    }

    /// Whether the object is there, at this moment.
    fn is_living(&self) -> bool {
        let bits = self.header().map(|header| header.word.peek());
        bits.is_some_and(|bits| bits.count() > 0 && !bits.has(Flag::Dead))
    }

    /// A strong handle, if the object is still there.
    ///
    /// Inside the object's finalizer it is, whoever upgrades; in weak callbacks it is not.
    ///
    /// # Examples
    ///
    /// See [`Weak`].
    #[must_use]
    pub fn upgrade(&self) -> Option<Gc<T>> {
        let is_there = self.header()?.word.upgrade(process::commit);
        // SAFETY: one count more has just been made for it, and the value is there: it goes only
        // after the count has become zero or the object `Dead`.
        is_there.then(|| unsafe { Gc::from_value(self.value) })
    }

    /// The number of strong handles, 0 if the object is gone.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        let bits = self.header().map(|header| header.word.peek());
        let bits = bits.filter(|bits| !bits.has(Flag::Dead));
        bits.map_or(0, |bits| bits.strong_count() as usize)
    }

    /// The number of weak handles to the object, 0 if it has no strong one left.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        if self.strong_count() == 0 {
            return 0;
        }
        self.extension().map_or(0, |extension| extension.weak.get())
    }

    /// Whether two handles are of the same object, or both of none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::{Gc, Weak};
    /// let a = Gc::new(1);
    /// assert!(Gc::downgrade(&a).ptr_eq(&Gc::downgrade(&a)));
    /// assert!(Weak::<i32>::new().ptr_eq(&Weak::new()));
    /// ```
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        ptr::addr_eq(self.value.as_ptr(), other.value.as_ptr())
    }

    /// Whether a callback waits to run when the object goes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::Gc;
    /// let a = Gc::new(1);
    /// let weak = Gc::downgrade_with(&a, || println!("gone"));
    /// assert!(weak.has_callback());
    /// drop(a);
    /// assert!(!weak.has_callback());
    /// ```
    #[must_use]
    pub fn has_callback(&self) -> bool {
        self.registration
            .as_ref()
            .is_some_and(|registration| registration.is_waiting())
            && self.is_living()
    }

    /// The address of the value; valid to read while the object has a strong handle.
    #[must_use]
    pub fn as_ptr(&self) -> *const T {
        self.value.as_ptr()
    }

    /// Turns the handle into a pointer, to be turned back with [`from_raw`](Self::from_raw).
    ///
    /// A callback is called off unless another clone has it: a pointer cannot carry one. Nor can it
    /// say that the handle was made after its object was saved in [`garbage`](crate::gc::garbage()):
    /// the handle that it is turned back into does not upgrade then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::sync::{Gc, Weak};
    /// let a = Gc::new(1);
    /// let raw = Gc::downgrade(&a).into_raw();
    /// // SAFETY: from `into_raw`, once.
    /// let weak = unsafe { Weak::from_raw(raw) };
    /// assert_eq!(weak.upgrade().as_deref(), Some(&1));
    /// ```
    #[must_use = "losing the pointer leaks the object's memory"]
    pub fn into_raw(mut self) -> *const T {
        let registration = self.registration.take();
        let raw = ManuallyDrop::new(self).value.as_ptr();
        drop(registration);
        raw
    }

    /// The handle of a pointer that [`into_raw`](Self::into_raw) gave.
    ///
    /// # Safety
    ///
    /// The pointer comes from `into_raw` of a `Weak` of this very type, or of the type that it
    /// was unsized from, and stands for a weak count that no other handle has.
    #[must_use]
    pub unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: pointers from `into_raw` are not null.
        let value = unsafe { NonNull::new_unchecked(value.cast_mut()) };
        Self {
            value,
            registration: None,
            marker: PhantomData,
        }
    }

    /// The parts of the handle, for a coercion of the pointer.
    pub(crate) fn into_parts(mut self) -> (*mut T, Option<Arc<Registration>>) {
        let registration = self.registration.take();
        (ManuallyDrop::new(self).value.as_ptr(), registration)
    }

    /// # Safety
    ///
    /// The parts come from `into_parts`; the pointer may have been coerced since.
    pub(crate) unsafe fn from_parts(
        value: *mut T,
        registration: Option<Arc<Registration>>,
    ) -> Self {
        // SAFETY: handles' pointers are not null.
        let value = unsafe { NonNull::new_unchecked(value) };
        Self {
            value,
            registration,
            marker: PhantomData,
        }
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(extension) = self.extension() {
            extension.weak.increment();
        }
        Self {
            value: self.value,
            registration: self.registration.clone(),
            marker: PhantomData,
        }
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        let Some(object) = self.object() else { return };
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        let extension = unsafe { object.shared() }.extension();
        if extension.is_some_and(|extension| extension.weak.decrement() == WeakClaim::Last) {
            // SAFETY: that was the last claim.
            unsafe { collector::free_now(object) };
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    /// Names the type while the object is there, and runs no user code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.object() {
            Some(object) if self.is_living() => {
                // SAFETY: [live]: the weak count that this handle has keeps the memory.
                let name = (unsafe { object.shared() }.info().name)();
                write!(f, "(Weak to {name} at {:p})", self.value)
            }
            _ => f.write_str("(Weak, dead)"),
        }
    }
}
