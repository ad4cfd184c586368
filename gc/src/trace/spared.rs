//! How values are dropped whose handles lead to garbage.

use std::ptr;

use super::Trace;
use crate::handle::Gc;
use crate::object::Object;

/// Which of the handles that [`Trace::trace`] reports [`Trace::drop_rest`] leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct Spared {
    /// The object whose value is being dropped, where handles are spared that lead to dead objects;
    /// `None` if all are.
    dead_as: Option<Object>,
}

impl Spared {
    /// All handles.
    pub(crate) const ALL: Self = Self { dead_as: None };

    /// Those that lead to objects that the collection under way has found dead, like the one of the
    /// value that is being dropped.
    pub(crate) fn dead(object: Object) -> Self {
        Self {
            dead_as: Some(object),
        }
    }

    /// Whether this handle is to be spared.
    #[inline]
    pub(crate) fn spares<T: ?Sized>(self, handle: &Gc<T>) -> bool {
        self.dead_as.is_none_or(|object| {
            // The value at hand is borrowed mutably, and must not be looked at by a handle in it.
            handle.object() == object || handle.is_dead()
        })
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
