//! The weak handle.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::rc::Rc;

use super::Gc;
use crate::heap::Heap;
use crate::object::{Edge, Entry, Extension, Header, Object, Phase, Registration};

/// A handle that does not keep its object alive.
///
/// [`upgrade`](Self::upgrade) gives a [`Gc`] while the object is there. As with
/// [`rc::Weak`](std::rc::Weak), the object's memory (not its value) stays allocated while weak
/// handles to it exist.
///
/// Two words (three for unsized types), as it may carry a callback:
/// [`Gc::downgrade_with`].
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Weak};
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
    registration: Option<Rc<Registration>>,
    /// Invariant in `T`, neither `Send` nor `Sync`, as `Gc` is.
    marker: PhantomData<*mut T>,
}

impl<T: ?Sized> Weak<T> {
    /// A handle, which may have a callback.
    #[inline]
    pub(super) fn of(gc: &Gc<T>, callback: Option<Box<dyn FnOnce()>>) -> Self {
        let extension = gc.header().extend();
        extension.increment_weak();
        let mut this = Self {
            value: gc.value(),
            registration: None,
            marker: PhantomData,
        };
        if callback.is_some() || extension.stamp() != 0 {
            this.registration = Some(Self::register(extension, callback));
        }
        this
    }

    /// What a handle has that has a callback, or was made after its object was saved.
    #[cold]
    #[inline(never)]
    fn register(extension: &Extension, callback: Option<Box<dyn FnOnce()>>) -> Rc<Registration> {
        let has_callback = callback.is_some();
        let registration = Rc::new(Registration::new(callback, extension.stamp()));
        if has_callback {
            extension.register(Entry::Callback(Rc::downgrade(&registration)));
        }
        registration
    }

    /// A weak handle to an object that is being built.
    ///
    /// # Safety
    ///
    /// The value's place lies in a [live] object of this thread, of this very type.
    pub(super) unsafe fn of_value(value: NonNull<T>) -> Self {
        // SAFETY: from the caller.
        let object = unsafe { Object::of_value(value) };
        // SAFETY: [live], from the caller.
        unsafe { object.header() }.extend().increment_weak();
        Self {
            value,
            registration: None,
            marker: PhantomData,
        }
    }

    #[inline]
    pub(super) fn header(&self) -> Option<&Header> {
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        Some(unsafe { self.object()?.header() })
    }

    pub(super) fn extension(&self) -> Option<&Extension> {
        self.header()?.extension()
    }

    /// The edge to the object, as a strong handle would be one.
    pub(crate) fn edge(&self) -> Option<Edge> {
        let object = self.object()?;
        // SAFETY: [live]: the weak count that this handle has keeps the memory.
        let info = unsafe { object.header() }.info();
        // SAFETY: [live] and [typed].
        Some(Edge::new(object, unsafe { info.layout(object) }))
    }

    pub(crate) fn registration(&self) -> Option<&Rc<Registration>> {
        self.registration.as_ref()
    }

    /// The object's header, unless the object is gone, or was garbage that was saved since the
    /// handle was made.
    #[inline]
    pub(super) fn living(&self) -> Option<&Header> {
        let header = self.header()?;
        let state = header.state();
        if state.count() == 0 || state.phase() == Phase::Doomed {
            return None;
        }
        let stamp = header.extension().map_or(0, Extension::stamp);
        let is_current = match &self.registration {
            None => stamp == 0,
            Some(registration) => registration.stamp() == stamp,
        };
        is_current.then_some(header)
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
        self.living()?.increment();
        // SAFETY: one count more has just been made for it, and the value is there: it goes only
        // after the count has become zero or the phase `Doomed`.
        Some(unsafe { Gc::from_value(self.value) })
    }

    #[inline]
    pub(super) fn value(&self) -> NonNull<T> {
        self.value
    }

    /// The parts of the handle.
    pub(super) fn into_parts(mut self) -> (NonNull<T>, Option<Rc<Registration>>) {
        let registration = self.registration.take();
        (ManuallyDrop::new(self).value, registration)
    }

    /// A handle of its parts.
    ///
    /// # Safety
    ///
    /// They come from `into_parts`; the pointer may have been coerced since. Or there is no registration,
    /// and the pointer leads nowhere, or one of its object's weak counts is the new handle's.
    pub(super) const unsafe fn from_parts(
        value: NonNull<T>,
        registration: Option<Rc<Registration>>,
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
            extension.increment_weak();
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
        let header = unsafe { object.header() };
        let left = header.extension().map_or(0, Extension::decrement_weak);
        if left == 0 && header.state().phase() == Phase::Dead {
            // SAFETY: a tombstone, and this was the last weak handle.
            Heap::with(|heap| unsafe { heap.free(object) });
        }
    }
}
