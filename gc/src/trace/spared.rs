//! How values are dropped whose handles lead to garbage.

use std::ptr;

use super::Trace;
use crate::handle::Gc;
use crate::object::Object;

/// Which of the handles that [`Trace::trace`] reports [`Trace::drop_rest`] leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct Spared(Those);

#[derive(Clone, Copy, Debug)]
enum Those {
    /// All handles of the thread.
    Own,
    /// Of them those that lead to dead objects, for the object whose value is being dropped.
    Dead(Object),
    /// All handles to objects that threads share.
    Shared,
}

impl Spared {
    /// All handles of the heap that is meant: the others are dropped, for what they lead to is not
    /// garbage of the same collection.
    pub(crate) const fn all(is_shared: bool) -> Self {
        Self(if is_shared { Those::Shared } else { Those::Own })
    }

    /// Those that lead to objects that the collection under way has found dead, like the one of the
    /// value that is being dropped.
    pub(crate) fn dead(object: Object) -> Self {
        Self(Those::Dead(object))
    }

    /// Whether handles to objects that threads share are to be spared.
    #[inline]
    pub(crate) fn spares_shared(self) -> bool {
        matches!(self.0, Those::Shared)
    }

    /// Whether this handle is to be spared.
    #[inline]
    pub(crate) fn spares<T: ?Sized>(self, handle: &Gc<T>) -> bool {
        match self.0 {
            Those::Own => true,
            // The value at hand is borrowed mutably, and must not be looked at by a handle in it.
            Those::Dead(object) => handle.object() == object || handle.is_dead(),
            Those::Shared => false,
        }
    }

    /// A part of a value, to be dropped like the whole.
    #[doc(hidden)]
    #[inline]
    pub fn of<T: ?Sized>(self, part: &mut T) -> PartMut<'_, T> {
        PartMut { part, spared: self }
    }
}

/// A part of a value whose [`Trace::drop_rest`] is under way.
#[doc(hidden)]
#[derive(Debug)]
pub struct PartMut<'a, T: ?Sized> {
    part: &'a mut T,
    spared: Spared,
}

impl<'a, T: Trace + ?Sized> PartMut<'a, T> {
    /// A guard that calls [`Trace::drop_rest`] on the part when it goes: so a panic in one part leaves
    /// no other one behind.
    ///
    /// # Safety
    ///
    /// As for [`Trace::drop_rest`], but that the part is used until the guard goes.
    #[inline]
    pub unsafe fn rest(self) -> impl Sized + use<'a, T> {
        RestOf(self.part, self.spared)
    }
}

impl<'a, T: ?Sized> PartMut<'a, T> {
    /// A guard that drops all of a part that is not traced.
    ///
    /// # Safety
    ///
    /// The part is neither used nor dropped after the guard.
    #[inline]
    pub unsafe fn all(self) -> impl Sized + use<'a, T> {
        AllOf(self.part)
    }
}

struct RestOf<'a, T: Trace + ?Sized>(&'a mut T, Spared);

impl<T: Trace + ?Sized> Drop for RestOf<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: from the caller of `rest`.
        unsafe { T::drop_rest(self.0, self.1) };
    }
}

struct AllOf<'a, T: ?Sized>(&'a mut T);

impl<T: ?Sized> Drop for AllOf<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: from the caller of `all`.
        unsafe { ptr::drop_in_place(self.0) };
    }
}
