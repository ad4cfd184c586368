//! A strong handle that does not know the type of its value.

use std::any::{Any, TypeId};
use std::marker::PhantomData;

use super::home::{Local, Shared};
use crate::collector::{self, shared};
use crate::object::{Edge, Object, TypeInfo};

/// The heap of one kind of handles, for who knows no more of an object than that.
pub(crate) trait Counted {
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn info(object: Object) -> &'static TypeInfo;

    /// Gives up a handle.
    ///
    /// # Safety
    ///
    /// The object is [live] and has its [value]; one of its counts is given up by this call.
    unsafe fn drop_handle(object: Object);
}

impl Counted for Local {
    unsafe fn info(object: Object) -> &'static TypeInfo {
        // SAFETY: from the caller.
        unsafe { object.header() }.info()
    }

    unsafe fn drop_handle(object: Object) {
        // SAFETY: from the caller.
        unsafe { collector::drop_erased(object) };
    }
}

impl Counted for Shared {
    unsafe fn info(object: Object) -> &'static TypeInfo {
        // SAFETY: from the caller.
        unsafe { object.shared() }.info()
    }

    unsafe fn drop_handle(object: Object) {
        // SAFETY: from the caller.
        let info = unsafe { Self::info(object) };
        // SAFETY: [live], from the caller, and [typed].
        let edge = Edge::new(object, unsafe { info.layout(object) });
        // SAFETY: from the caller.
        unsafe { shared::drop_handle(edge) };
    }
}

/// Owns one strong count of a tracked object. Not to be had outside this crate.
pub(crate) struct Erased<H: Counted>(Object, PhantomData<H>);

// SAFETY: as for `sync::Gc`: what there are shared objects of is `Send` and `Sync`.
unsafe impl Send for Erased<Shared> {}
// SAFETY: the same.
unsafe impl Sync for Erased<Shared> {}

impl<H: Counted> Erased<H> {
    /// # Safety
    ///
    /// The object is of this heap, [live], ordinary and tracked, and one of its counts is the new
    /// handle's.
    pub(crate) unsafe fn from_object(object: Object) -> Self {
        Self(object, PhantomData)
    }

    pub(crate) fn object(&self) -> Object {
        self.0
    }

    pub(crate) fn info(&self) -> &'static TypeInfo {
        // SAFETY: [live]: we hold a handle.
        unsafe { H::info(self.0) }
    }

    /// The value, if it is a `T`.
    pub(crate) fn downcast_ref<T: Any>(&self) -> Option<&T> {
        if (self.info().type_id)() != TypeId::of::<T>() {
            return None;
        }
        // SAFETY: [typed] and [value]: we hold a handle, and the value is a `T`; nobody has a `&mut`
        // to it while there are two handles, and of this one nobody gets any.
        Some(unsafe { self.0.value().cast::<T>().as_ref() })
    }
}

impl<H: Counted> Drop for Erased<H> {
    fn drop(&mut self) {
        // SAFETY: [live]: the count that this handle has is given up, and only here.
        unsafe { H::drop_handle(self.0) };
    }
}
