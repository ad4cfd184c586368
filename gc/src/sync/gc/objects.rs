//! What is on the shared heap, seen from outside.

use crate::collector::shared as collector;
use crate::gc::{Census, Count, ObjectRef, check};
use crate::object::Tag;
use crate::object::shared::Flag;
use crate::sync::Gc;

/// The tracked objects that threads share, or those of one generation.
///
/// As [`gc::objects`](crate::gc::objects()). Waits for the look of a collection under way. Other threads go
/// on, so the list may be out of date when it is returned; an object whose last handle goes while it is
/// listed is released afterwards, on this thread.
///
/// # Panics
///
/// If the generation is above 2.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// let cell = Gc::new(Vec::<Gc<i32>>::new());
/// assert!(gc::objects(None).iter().any(|object| object.ptr_eq(&cell)));
/// ```
#[must_use]
pub fn objects(generation: Option<usize>) -> Vec<ObjectRef> {
    if let Some(generation) = generation {
        check(generation);
    }
    let mut listed = Vec::new();
    collector::for_each_object(|object, _, bits| {
        if bits.has(Flag::Untracked) {
            return;
        }
        // SAFETY: [live] and [typed]: it is pinned.
        let described = unsafe { ObjectRef::describe_shared(object) };
        let is_asked_for = match generation {
            Some(_) => described.generation() == generation,
            None => described.generation().is_some(),
        };
        if is_asked_for {
            listed.push(described);
        }
    });
    listed
}

/// Counts the objects that threads share by type, leaf objects and frozen ones too, as
/// [`gc::census`](crate::gc::census()).
#[must_use]
pub fn census() -> Census {
    let mut count = Count::default();
    collector::for_each_object(|object, header, _| {
        // SAFETY: [live] and [typed]: it is pinned.
        unsafe { count.add(header.info(), object) };
    });
    count.finish()
}

/// Whether the collector knows the object: whether its type can hold handles that threads share.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// assert!(!gc::is_tracked(&Gc::new(String::new())));
/// assert!(gc::is_tracked(&Gc::new(Vec::<Gc<String>>::new())));
/// ```
#[must_use]
pub fn is_tracked<T: ?Sized>(gc: &Gc<T>) -> bool {
    !gc.header().has(Tag::UNTRACKED)
}

/// Whether the object's finalizer has been called: true inside it, and ever after for an object
/// that it resurrected.
#[must_use]
pub fn is_finalized<T: ?Sized>(gc: &Gc<T>) -> bool {
    let header = gc.header();
    header.has(Tag::HAS_FINALIZER) && !header.word.peek().has(Flag::ToFinalize)
}
