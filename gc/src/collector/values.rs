//! What becomes of a value, whichever heap its object is on.

use std::collections::HashMap;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

use super::nesting::call_user;
use crate::finalize::Finalizers;
use crate::heap::Nesting;
use crate::object::{Object, TypeInfo};

/// Runs a value's finalizers. A panic is noted.
///
/// # Safety
///
/// The object is [live], [typed] by this record, has its [value], and no `&mut` to it exists.
pub(super) unsafe fn finalize<W>(nesting: &Nesting<W>, info: &TypeInfo, object: Object) {
    call_user(nesting, || {
        let mut finalizers = Finalizers::default();
        // SAFETY: from the caller.
        unsafe { (info.finalize)(object, &mut finalizers) };
        if let Some(panic) = finalizers.into_panic() {
            resume_unwind(panic);
        }
    });
}

/// Drops a value. A panic is noted.
///
/// # Safety
///
/// [live], [typed] by this record, [value], [once], and nobody uses the value any more.
#[inline]
pub(super) unsafe fn drop_value<W>(nesting: &Nesting<W>, info: &TypeInfo, object: Object) {
    // SAFETY: from the caller.
    let result = catch_unwind(AssertUnwindSafe(|| unsafe { (info.drop_value)(object) }));
    if let Err(panic) = result {
        nesting.pending.note_unwound(panic);
    }
}

/// Drops what has left weak collections. Panics are noted.
pub(super) fn drop_each<W, M>(nesting: &Nesting<W>, members: Vec<M>) {
    for member in members {
        call_user(nesting, || drop(member));
    }
}

/// Of the registrations of weak handles that lie in garbage those that no other weak handle has; `count`
/// says how many have one.
pub(super) fn all_inside<R: Deref>(
    registrations: impl Iterator<Item = R>,
    count: fn(&R) -> usize,
) -> Vec<R> {
    let mut inside = HashMap::new();
    for registration in registrations {
        let key = ptr::from_ref(&*registration).cast::<()>();
        inside.entry(key).or_insert((registration, 0)).1 += 1;
    }
    // One count is our own.
    let is_inside = |(registration, handles): &(R, usize)| count(registration) - 1 <= *handles;
    let inside = inside.into_values().filter(is_inside);
    inside.map(|(registration, _)| registration).collect()
}
