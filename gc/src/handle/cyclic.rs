//! Values that are built with a weak handle to themselves at hand.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::{Gc, Weak};
use crate::heap::Heap;
use crate::object::{Object, Phase, TypeInfo};
use crate::trace::{Depth, Facts, Trace};

/// Turns the object into a tombstone if its value never comes.
struct Building(Object);

impl Drop for Building {
    fn drop(&mut self) {
        Heap::with(|heap| {
            // SAFETY: [live]: we are building it.
            unsafe { heap.retire(self.0) };
            // SAFETY: the value was not written, and the count is zero.
            unsafe { heap.free(self.0) };
        });
    }
}

impl<T: Trace + 'static> Gc<T> {
    /// Makes an object whose value holds a weak handle to itself.
    ///
    /// `build` gets that handle; it does not upgrade before this function has returned. If `build`
    /// panics, the handle and its clones never do.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::{Gc, Trace, Weak};
    ///
    /// #[derive(Trace)]
    /// struct Button { me: Weak<Button> }
    ///
    /// let button = Gc::new_cyclic(|me| Button { me: me.clone() });
    /// assert!(Gc::ptr_eq(&button, &button.me.upgrade().unwrap()));
    /// ```
    #[must_use]
    pub fn new_cyclic(build: impl FnOnce(&Weak<T>) -> T) -> Self {
        let facts = T::facts(Depth::START);
        Self::before_new(facts);
        let (object, weak) = Self::unbuilt(facts);
        let building = Building(object);
        let value = build(&weak);
        let _ = ManuallyDrop::new(building);
        let place: NonNull<T> = object.value().cast();
        // SAFETY: the object was allocated for a `T`, and is kept by `weak` and its phase.
        unsafe { place.write(value) };
        // SAFETY: [live] and still `Uninit`; its value has just been written.
        unsafe { Heap::with(|heap| heap.publish(object, 1)) };
        // SAFETY: the one count is this handle's.
        unsafe { Self::from_value(place) }
    }

    fn unbuilt(facts: Facts) -> (Object, Weak<T>) {
        let (info, layout) = (TypeInfo::of::<T>(), Layout::new::<T>());
        let object = Heap::with(|heap| heap.allocate(info, layout, None, facts));
        // SAFETY: [live], allocated for a `T`.
        debug_assert!(unsafe { object.header() }.state().phase() == Phase::Uninit);
        // SAFETY: as above.
        (object, unsafe { Weak::of_value(object.value().cast()) })
    }
}
