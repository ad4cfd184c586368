//! Objects as diagnostics show them: no handle, and nothing to reach a value by.

use std::collections::HashMap;

use super::garbage::Saved;
use crate::collector::Walks;
use crate::handle::Gc;
use crate::heap::process::AGES;
use crate::heap::{Heap, PERMANENT};
use crate::object::{Object, Tag, shared};
use crate::sync;

/// An object as it was when it was listed: no handle, and nothing to reach its value by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectRef {
    address: *const (),
    type_name: &'static str,
    size: usize,
    generation: Option<usize>,
    strong_count: usize,
    weak_count: usize,
    /// Whether it is of the heap that threads share.
    is_shared: bool,
}

impl ObjectRef {
    /// # Safety
    ///
    /// The object is [live].
    pub(crate) unsafe fn describe(heap: &Heap, object: Object) -> Self {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        // SAFETY: [live] and [typed].
        let layout = unsafe { header.info().layout(object) };
        let has_generation = !header.has(Tag::UNTRACKED) && header.state().is_ordinary();
        // SAFETY: [live], from the caller; ordinary and tracked, just checked.
        let generation = has_generation.then(|| unsafe { heap.generation_of(object) });
        Self {
            address: object.address(),
            type_name: (header.info().name)(),
            size: layout.size(),
            generation: generation.filter(|generation| *generation < PERMANENT),
            strong_count: header.strong_count() as usize,
            weak_count: header.weak_count(),
            is_shared: false,
        }
    }

    /// The shared object of a handle.
    pub(crate) fn of_handle<T: ?Sized>(gc: &sync::Gc<T>) -> Self {
        // SAFETY: [live]: we were lent a handle.
        unsafe { Self::describe_shared(gc.object()) }
    }

    /// The same of a shared object.
    ///
    /// # Safety
    ///
    /// The object is [live].
    pub(crate) unsafe fn describe_shared(object: Object) -> Self {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.shared() };
        let bits = header.word.read();
        // SAFETY: [live], from the caller, and [typed].
        let layout = unsafe { header.info().layout(object) };
        let generation = AGES.generation(bits.epoch());
        let has_generation = !bits.has(shared::Flag::Untracked)
            && bits.is_ordinary()
            && !bits.is_being_finalized()
            && generation < PERMANENT;
        Self {
            address: object.address(),
            type_name: (header.info().name)(),
            size: layout.size(),
            generation: has_generation.then_some(generation),
            strong_count: bits.strong_count() as usize,
            weak_count: header.weak_count(),
            is_shared: true,
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

    /// The generation it was in; `None` of what is in none: leaf objects, which are not tracked,
    /// frozen ones, and garbage that is being collected.
    #[must_use]
    pub fn generation(&self) -> Option<usize> {
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

    /// Whether it is of the heap that threads share.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether it may be the object that is at its place now.
    fn may_be(&self, now: &Self) -> bool {
        let same = |object: &Self| (object.is_shared, object.type_name, object.size);
        same(self) == same(now)
    }

    /// Whether it is the object of a handle, or the same object as another one.
    #[must_use]
    pub fn ptr_eq<H: named::Named + ?Sized>(&self, handle: &H) -> bool {
        self.address == handle.name().address()
    }

    /// What its value has handles to now: see [`referents`](super::referents()).
    ///
    /// Takes time in proportion to the objects there are, as it is looked for first. Empty if it is
    /// gone; if another object of the same type and size has taken its place by now, that one's are
    /// returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::{Gc, gc};
    ///
    /// let pair = Gc::new((Gc::new(1), Gc::new(2)));
    /// let listed = gc::objects(None).into_iter().find(|object| object.ptr_eq(&pair)).unwrap();
    /// assert!(listed.referents()[1].ptr_eq(&pair.1));
    /// ```
    #[must_use]
    pub fn referents(&self) -> Vec<Self> {
        if self.is_shared {
            sync::gc::referents(&[self])
        } else {
            super::referents(&[self])
        }
    }
}

/// What stands for an object in a question about it: a [`Gc`], [`Saved`] garbage or an
/// [`ObjectRef`].
pub trait Subject: named::Named {}

impl<T: ?Sized> Subject for Gc<T> {}
impl Subject for Saved {}
impl Subject for ObjectRef {}

#[expect(unnameable_types, reason = "nobody else is to implement `Subject`")]
pub(crate) mod named {
    use super::{Gc, Object, ObjectRef, Saved, sync};

    /// Seals [`Subject`](super::Subject).
    pub trait Named {
        fn name(&self) -> Name<'_>;
    }

    #[derive(Debug)]
    pub struct Name<'a>(pub(crate) Kind<'a>);

    #[derive(Clone, Copy, Debug)]
    pub(crate) enum Kind<'a> {
        /// There is a handle, which nobody has borrowed mutably.
        Handle(Object),
        /// It was there once.
        Listed(&'a ObjectRef),
    }

    impl Name<'_> {
        /// The address of the value.
        pub(crate) fn address(&self) -> *const () {
            match self.0 {
                Kind::Handle(object) => object.address(),
                Kind::Listed(listed) => listed.address,
            }
        }
    }

    impl<T: ?Sized> Named for Gc<T> {
        fn name(&self) -> Name<'_> {
            Name(Kind::Handle(self.object()))
        }
    }

    impl<T: ?Sized> Named for sync::Gc<T> {
        fn name(&self) -> Name<'_> {
            Name(Kind::Handle(self.object()))
        }
    }

    impl Named for Saved {
        fn name(&self) -> Name<'_> {
            Name(Kind::Handle(self.object()))
        }
    }

    impl Named for sync::gc::Saved {
        fn name(&self) -> Name<'_> {
            Name(Kind::Handle(self.object()))
        }
    }

    impl Named for ObjectRef {
        fn name(&self) -> Name<'_> {
            Name(Kind::Listed(self))
        }
    }
}

/// An object that somebody asked about.
pub(crate) struct Found {
    pub(crate) object: Object,
    /// Whether there is a handle that nobody has borrowed mutably, so that the value is not lent out.
    pub(crate) has_handle: bool,
}

/// The objects that are meant; those that are gone are left out.
pub(crate) fn find<'a>(
    walk: &mut impl Walks,
    names: impl Iterator<Item = named::Name<'a>>,
) -> Vec<Found> {
    let mut by_address: Option<HashMap<*const (), Object>> = None;
    let find = |name: named::Name<'a>| match name.0 {
        named::Kind::Handle(object) => Some(Found {
            object,
            has_handle: true,
        }),
        named::Kind::Listed(listed) => {
            let all = by_address.get_or_insert_with(|| {
                let all = walk.all().into_iter();
                all.map(|object| (object.address(), object)).collect()
            });
            let object = *all.get(&listed.address)?;
            // SAFETY: [live]: the walk keeps it.
            let now = unsafe { walk.describe(object) };
            listed.may_be(&now).then_some(Found {
                object,
                has_handle: false,
            })
        }
    };
    names.filter_map(find).collect()
}
