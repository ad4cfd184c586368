//! What is on the heap, seen from outside.

use super::check;
use crate::handle::Gc;
use crate::heap::Heap;
use crate::object::{Object, Tag};

/// The tracked objects of this thread, or those of one generation.
///
/// Takes time and memory in proportion to the objects there are. Leaf objects, whose type can hold
/// no handle, are not listed; nor is garbage that is being collected.
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
            .filter(|object| generation.is_none_or(|g| g == object.generation))
            .collect()
    })
}

/// An object as it was when it was listed: no handle, and nothing to reach its value by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectRef {
    address: *const (),
    type_name: &'static str,
    size: usize,
    generation: usize,
    strong_count: usize,
    weak_count: usize,
}

impl ObjectRef {
    /// # Safety
    ///
    /// The object is [live] and an ordinary tracked one.
    unsafe fn describe(heap: &Heap, object: Object) -> Self {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        // SAFETY: [live] and [typed].
        let layout = unsafe { header.info().layout(object) };
        Self {
            address: object.address(),
            type_name: (header.info().name)(),
            size: layout.size(),
            // SAFETY: ordinary and tracked, from the caller.
            generation: unsafe { heap.generation_of(object) },
            strong_count: header.strong_count() as usize,
            weak_count: header.weak_count(),
        }
    }

    /// The address of the value, as [`Gc::as_ptr`] gives it.
    #[must_use]
    pub fn address(&self) -> *const () {
        self.address
    }

    /// The name of the value's type, as [`std::any::type_name`] gives it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The size of the value in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The generation it was in.
    #[must_use]
    pub fn generation(&self) -> usize {
        self.generation
    }

    /// How many strong handles there were.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.strong_count
    }

    /// How many weak handles there were.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.weak_count
    }

    /// Whether it is the object of a handle.
    #[must_use]
    pub fn ptr_eq<T: ?Sized>(&self, gc: &Gc<T>) -> bool {
        self.address == Gc::as_ptr(gc).cast()
    }
}

/// Whether the collector knows the object: whether its type can hold handles.
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
