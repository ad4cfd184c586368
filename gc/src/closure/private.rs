//! What [`closure!`](crate::closure!) expands to, besides the macro itself.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;

use super::Closure;
use crate::trace::Trace;

/// The type of a function that is to become the body of a closure.
pub struct Body<F>(PhantomData<F>);

impl<F: Copy> Body<F> {
    /// None is there yet.
    #[expect(clippy::new_without_default, reason = "a part of a macro's expansion")]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Not to be called: some such function, for the compiler to see what it takes.
    #[must_use]
    pub fn example(&self) -> F {
        any("function")
    }

    /// The closure. The function captures nothing, being a function pointer.
    pub fn close_over<C>(self, captures: C, function: F) -> Closure<C, F> {
        Closure {
            captures: RefCell::new(Some(captures)),
            is_closed: Cell::new(false),
            function,
        }
    }
}

impl<F> fmt::Debug for Body<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// Not to be called: a value of any type, for the compiler to see where it goes.
#[must_use]
pub fn any<T>(what: &str) -> T {
    unreachable!("asked for an example of {what}")
}

/// One capture: here the compiler complains if it is none.
pub fn captured<T: Trace + 'static>(capture: T) -> T {
    capture
}
