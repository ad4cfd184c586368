//! Unsizing on stable Rust: `Gc<Circle>` to `Gc<dyn Shape>`, `Gc<[T; 3]>` to `Gc<[T]>`.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

use super::{Gc, Weak};
use crate::object::{Registration, shared};
use crate::sync::{Gc as SharedGc, Weak as SharedWeak};

/// Turns a `Gc<T>` or `Weak<T>`, of one thread or shared between threads, into one of a trait object or
/// a slice.
///
/// `unsize!(handle => dyn Trait)` takes the handle and gives `Gc<dyn Trait>`. The conversion is
/// checked by the compiler, as an ordinary coercion of a pointer. (`Rc` does it without a macro,
/// by a trait that is not open to other crates yet.)
///
/// # Examples
///
/// ```
/// use gordian::{unsize, Gc, Trace};
///
/// trait Shape: Trace { fn area(&self) -> f64; }
///
/// #[derive(Trace)]
/// struct Square(f64);
/// impl Shape for Square { fn area(&self) -> f64 { self.0 * self.0 } }
///
/// let shape: Gc<dyn Shape> = unsize!(Gc::new(Square(2.0)) => dyn Shape);
/// assert_eq!(shape.area(), 4.0);
///
/// let numbers: Gc<[i32]> = unsize!(Gc::new([1, 2, 3]) => [i32]);
/// assert_eq!(numbers.len(), 3);
/// ```
///
/// What threads share is `Send` and `Sync` if the trait object says so:
///
/// ```
/// # use gordian::{sync, unsize};
/// use std::fmt::Display;
/// use std::thread;
///
/// let number: sync::Gc<dyn Display + Send + Sync> =
///     unsize!(sync::Gc::new(7) => dyn Display + Send + Sync);
/// let text = thread::spawn(move || number.to_string()).join().unwrap();
/// assert_eq!(text, "7");
/// ```
#[macro_export]
macro_rules! unsize {
    ($handle:expr => $target:ty) => {
        match $crate::__private::unsize::parts($handle) {
            (pointer, rest) => {
                let pointer: *mut $target = pointer;
                // SAFETY: the parts of one handle, its pointer coerced by the compiler.
                unsafe { $crate::__private::unsize::join(pointer, rest) }
            }
        }
    };
}

/// A handle that can be taken apart into a pointer and the rest.
///
/// # Safety
///
/// The parts are those of one handle, which [`join`] puts together again.
pub unsafe trait Unsize {
    /// What it points to.
    type Target: ?Sized;
    /// What else there is.
    type Rest;
    /// Takes it apart.
    fn into_parts(self) -> (*mut Self::Target, Self::Rest);
}

/// Puts a handle to a `T` together.
pub trait Join<T: ?Sized> {
    /// The handle.
    type Handle;
    /// # Safety
    ///
    /// The parts are those of one handle, the pointer possibly coerced.
    unsafe fn join(self, pointer: *mut T) -> Self::Handle;
}

/// Takes a handle apart.
pub fn parts<H: Unsize>(handle: H) -> (*mut H::Target, H::Rest) {
    handle.into_parts()
}

/// Puts a handle together.
///
/// # Safety
///
/// As for [`Join::join`].
pub unsafe fn join<T: ?Sized, R: Join<T>>(pointer: *mut T, rest: R) -> R::Handle {
    // SAFETY: from the caller.
    unsafe { rest.join(pointer) }
}

/// Both handles of one kind, and what is left of them beside the pointer.
macro_rules! unsize_both {
    ($Gc:ident, $GcRest:ident, $Weak:ident, $WeakRest:ident, $Registration:ty) => {
        /// The rest of a strong handle.
        #[derive(Debug)]
        pub struct $GcRest(PhantomData<*mut ()>);

        // SAFETY: the parts of a handle.
        unsafe impl<T: ?Sized> Unsize for $Gc<T> {
            type Target = T;
            type Rest = $GcRest;

            fn into_parts(self) -> (*mut T, $GcRest) {
                (Self::into_raw(self).cast_mut(), $GcRest(PhantomData))
            }
        }

        impl<T: ?Sized> Join<T> for $GcRest {
            type Handle = $Gc<T>;

            unsafe fn join(self, pointer: *mut T) -> $Gc<T> {
                // SAFETY: from the caller.
                unsafe { $Gc::from_raw(pointer) }
            }
        }

        /// The rest of a weak handle.
        #[expect(
            missing_debug_implementations,
            reason = "a part of a macro's expansion"
        )]
        pub struct $WeakRest(Option<$Registration>);

        // SAFETY: the parts of a handle.
        unsafe impl<T: ?Sized> Unsize for $Weak<T> {
            type Target = T;
            type Rest = $WeakRest;

            fn into_parts(self) -> (*mut T, $WeakRest) {
                let (pointer, registration) = Self::into_parts(self);
                (pointer.as_ptr(), $WeakRest(registration))
            }
        }

        impl<T: ?Sized> Join<T> for $WeakRest {
            type Handle = $Weak<T>;

            unsafe fn join(self, pointer: *mut T) -> $Weak<T> {
                // SAFETY: handles' pointers are not null.
                let pointer = unsafe { NonNull::new_unchecked(pointer) };
                // SAFETY: from the caller.
                unsafe { $Weak::from_parts(pointer, self.0) }
            }
        }
    };
}

unsize_both!(Gc, GcRest, Weak, WeakRest, Rc<Registration>);
unsize_both!(
    SharedGc,
    SharedGcRest,
    SharedWeak,
    SharedWeakRest,
    Arc<shared::Registration>
);
