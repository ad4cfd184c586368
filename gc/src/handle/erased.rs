//! A strong handle that does not know the type of its value.

use std::any::{Any, TypeId};

use crate::collector;
use crate::object::Object;

/// Owns one strong count of a tracked object. Not to be had outside this crate.
pub(crate) struct Erased(Object);

impl Erased {
    /// # Safety
    ///
    /// The object is [live], ordinary and tracked, and one of its counts is the new handle's.
    pub(crate) unsafe fn from_object(object: Object) -> Self {
        Self(object)
    }

    pub(crate) fn object(&self) -> Object {
        self.0
    }

    /// The value, if it is a `T`.
    pub(crate) fn downcast_ref<T: Any>(&self) -> Option<&T> {
        // SAFETY: [live]: we hold a handle.
        let info = unsafe { self.0.header() }.info();
        if (info.type_id)() != TypeId::of::<T>() {
            return None;
        }
        // SAFETY: [typed] and [value]: we hold a handle, and the value is a `T`; nobody has a `&mut`
        // to it while there are two handles, and of this one nobody gets any.
        Some(unsafe { self.0.value().cast::<T>().as_ref() })
    }
}

impl Drop for Erased {
    fn drop(&mut self) {
        // SAFETY: [live]: the count that this handle has is given up, and only here.
        unsafe { collector::drop_erased(self.0) };
    }
}
