//! Values that are built with a weak handle to themselves at hand.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::home::{Home, Local, Plan, Shared};
use crate::object::Object;
use crate::trace::Trace;

/// An object whose value is being built: given up if that never comes.
struct Building<H: Home>(Object, PhantomData<H>);

impl<H: Home> Building<H> {
    fn begin(plan: Plan) -> Self {
        Self(H::allocate(plan, 0), PhantomData)
    }

    /// # Safety
    ///
    /// The object was planned for a `T`.
    unsafe fn place<T>(&self) -> NonNull<T> {
        self.0.value().cast()
    }

    /// Ends it with the value, and with one handle, which is the caller's.
    ///
    /// # Safety
    ///
    /// The object was planned for a `T`, with that very plan.
    unsafe fn end<T>(self, value: T, plan: Plan) -> NonNull<T> {
        let building = ManuallyDrop::new(self);
        // SAFETY: from the caller.
        let place = unsafe { building.place::<T>() };
        // SAFETY: memory for a `T`, which nobody reads before it is initialized.
        unsafe { place.write(value) };
        // SAFETY: [live]: it has not been given up; its value has just been written.
        let is_new = unsafe { H::initialize(building.0, plan.facts, 1) };
        debug_assert!(is_new);
        place
    }
}

impl<H: Home> Drop for Building<H> {
    fn drop(&mut self) {
        // SAFETY: [live]: we are building it; nobody has had a strong handle.
        unsafe { H::abandon(self.0) };
    }
}

macro_rules! cyclic {
    ($Home:ty, [$($also:tt)*], $module:literal) => {
        impl<T: Trace + $($also)* 'static> Gc<T> {
            /// Makes an object whose value holds a weak handle to itself.
            ///
            /// `build` gets that handle; it does not upgrade, on whatever thread, before this
            /// function has returned or is about to. If `build` panics, the handle and its clones
            /// never do.
            ///
            /// Allocates what [`new`](Self::new) and [`downgrade`](Self::downgrade) do.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use gordian", $module, "::{Gc, Weak};")]
            /// use gordian::Trace;
            ///
            /// #[derive(Trace)]
            /// struct Button { me: Weak<Button> }
            ///
            /// let button = Gc::new_cyclic(|me| Button { me: me.clone() });
            /// assert!(Gc::ptr_eq(&button, &button.me.upgrade().unwrap()));
            /// ```
            #[must_use]
            pub fn new_cyclic(build: impl FnOnce(&Weak<T>) -> T) -> Self {
                let plan = Plan::of::<T>();
                let building = Building::<$Home>::begin(plan);
                // SAFETY: planned for a `T`.
                let place = unsafe { building.place() };
                // SAFETY: [live]: it is given up, if at all, before the weak handle is.
                let weak = unsafe { Weak::of_value(place) };
                let value = build(&weak);
                // SAFETY: planned for a `T`.
                let place = unsafe { building.end(value, plan) };
                // SAFETY: the one count is this handle's.
                unsafe { Self::from_value(place) }
            }
        }
    };
}

for_both!(cyclic);
