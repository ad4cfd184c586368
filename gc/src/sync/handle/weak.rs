//! The weak handle.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

use super::Gc;
use crate::collector::shared as collector;
use crate::heap::process;
use crate::object::shared::{Bits, Entry, Extension, Flag, Header, Registration, WeakClaim};
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
    /// Leads nowhere if made by `new`.
    value: NonNull<T>,
    registration: Option<Arc<Registration>>,
    /// Invariant in `T`, as `Gc` is.
    marker: PhantomData<*mut T>,
}

// SAFETY: as for `Gc`, which it can be upgraded to.
unsafe impl<T: ?Sized + Send + Sync> Send for Weak<T> {}
// SAFETY: the same.
unsafe impl<T: ?Sized + Send + Sync> Sync for Weak<T> {}

impl<T: ?Sized> Weak<T> {
    /// A handle, which may have a callback.
    #[inline]
    pub(super) fn of(gc: &Gc<T>, callback: Option<Box<dyn FnOnce() + Send>>) -> Self {
        let extension = gc.header().extend();
        extension.weak.increment();
        let mut this = Self {
            value: gc.value(),
            registration: None,
            marker: PhantomData,
        };
        if callback.is_some() || extension.stamp() != 0 {
            this.registration = Some(Self::register(gc.object(), extension, callback));
        }
        this
    }

    /// What a handle has that has a callback, or was made after its object was saved.
    #[cold]
    #[inline(never)]
    fn register(
        object: Object,
        extension: &Extension,
        callback: Option<Box<dyn FnOnce() + Send>>,
    ) -> Arc<Registration> {
        let has_callback = callback.is_some();
        let registration = Arc::new(Registration::new(callback, extension.stamp()));
        if has_callback {
            extension.register(object, Entry::Callback(Arc::downgrade(&registration)));
        }
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

    #[inline]
    pub(crate) fn header(&self) -> Option<&Header> {
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        Some(unsafe { self.object()?.shared() })
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
        self.header()?.extension()
    }

    pub(crate) fn registration(&self) -> Option<&Arc<Registration>> {
        self.registration.as_ref()
    }

    /// What the object's word says, at this moment, unless the object is gone, or was garbage that was
    /// saved since the handle was made.
    pub(crate) fn living(&self) -> Option<Bits> {
        let bits = self.header()?.word.read();
        let is_there = bits.count() > 0 && !bits.has(Flag::Dead);
        (is_there && !(bits.has(Flag::Saved) && self.has_ended())).then_some(bits)
    }

    /// Whether the object was saved since the handle was made.
    fn has_ended(&self) -> bool {
        let stamp = self.registration.as_ref().map_or(0, |it| it.stamp());
        let extension = self.extension();
        extension.is_some_and(|extension| extension.stamp() != stamp)
    }

    /// A strong handle, if the object is still there.
    ///
    /// Inside the object's finalizer it is, whoever upgrades; in weak callbacks it is not.
    ///
    /// # Examples
    ///
    /// See [`Weak`].
    #[must_use]
    #[inline]
    pub fn upgrade(&self) -> Option<Gc<T>> {
        let is_there = self.header()?.word.upgrade(|| {
            let commit = process::commit();
            (!self.has_ended()).then_some(commit)
        });
        // SAFETY: one count more has just been made for it, and the value is there: it goes only
        // after the count has become zero or the object `Dead`.
        is_there.then(|| unsafe { Gc::from_value(self.value) })
    }

    #[inline]
    pub(crate) fn value(&self) -> NonNull<T> {
        self.value
    }

    /// The parts of the handle.
    pub(crate) fn into_parts(mut self) -> (NonNull<T>, Option<Arc<Registration>>) {
        let registration = self.registration.take();
        (ManuallyDrop::new(self).value, registration)
    }

    /// A handle of its parts.
    ///
    /// # Safety
    ///
    /// They come from `into_parts`; the pointer may have been coerced since. Or there is no registration,
    /// and the pointer leads nowhere, or one of its object's weak counts is the new handle's.
    pub(crate) const unsafe fn from_parts(
        value: NonNull<T>,
        registration: Option<Arc<Registration>>,
    ) -> Self {
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
