//! What is on the heap, seen from outside.

use super::check;
use super::object_ref::ObjectRef;
use crate::handle::Gc;
use crate::heap::Heap;
use crate::object::Tag;

/// The tracked objects of this thread, or those of one generation.
///
/// Takes time and memory in proportion to the objects there are. Leaf objects, whose type can hold
/// no handle, are not listed; nor are frozen ones, nor garbage that is being collected.
///
/// # Panics
///
/// If the generation is above 2.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
///
/// let before = gc::objects(None).len();
/// let cell = Gc::new(Vec::<Gc<i32>>::new());
/// let objects = gc::objects(Some(0));
/// assert_eq!(objects.len(), before + 1);
/// # drop(cell);
/// ```
#[must_use]
pub fn objects(generation: Option<usize>) -> Vec<ObjectRef> {
    if let Some(generation) = generation {
        check(generation);
    }
    Heap::with(|heap| {
        let described = heap.tracked_objects().into_iter().map(|object| {
            // SAFETY: [live]: just listed, and nothing runs in between.
            unsafe { ObjectRef::describe(heap, object) }
        });
        described
            .filter(|object| match generation {
                Some(_) => object.generation() == generation,
                None => object.generation().is_some(),
            })
            .collect()
    })
}

/// Whether the collector knows the object: whether its type can hold handles, or it has become a key
/// of a [`WeakKeyMap`](crate::weak::WeakKeyMap) whose values can.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
///
/// assert!(!gc::is_tracked(&Gc::new(String::new())));
/// assert!(gc::is_tracked(&Gc::new(Vec::<Gc<String>>::new())));
/// ```
#[must_use]
pub fn is_tracked<T: ?Sized>(gc: &Gc<T>) -> bool {
    // SAFETY: [live]: we were lent a handle.
    !unsafe { gc.object().header() }.has(Tag::UNTRACKED)
}

/// Whether the object's finalizer has been called: true inside it, and ever after for an object
/// that it resurrected.
#[must_use]
pub fn is_finalized<T: ?Sized>(gc: &Gc<T>) -> bool {
    // SAFETY: [live]: we were lent a handle.
    unsafe { gc.object().header() }.has(Tag::FINALIZED)
}
