//! Closures whose captures are traced.
//!
//! What a Rust closure captures nobody can see into, so a [`Gc`](crate::Gc) in it counts as held
//! from outside, and a cycle through a `Box<dyn Fn>` is never collected.
//! [`closure!`](crate::closure!) makes a [`Closure`] instead: a value with a list of captures, all
//! of them [`Trace`], and a body that can use nothing else. It is called by [`Call`], and behind
//! `Gc<dyn Call<(i32,), Output = String>>` only its signature counts.
//!
//! # Cycles
//!
//! A closure that is stored in what it captures is garbage when nobody else has it, like any other
//! cycle:
//!
//! ```
//! use gordian::{Call, Gc, Trace, closure, unsize};
//! use std::cell::RefCell;
//!
//! #[derive(Trace)]
//! struct Button { label: String, on_click: RefCell<Vec<Gc<dyn Call<(), Output = ()>>>> }
//!
//! let button = Gc::new(Button { label: "Open".into(), on_click: RefCell::default() });
//! let greet = closure!([button = button.clone()] || println!("{}", button.label));
//! button.on_click.borrow_mut().push(unsize!(Gc::new(greet) => dyn Call<(), Output = ()>));
//! button.on_click.borrow()[0].call(()); // prints "Open"
//!
//! drop(button);
//! assert_eq!(gordian::collect(), 2); // the button and the closure
//! ```
//!
//! # Recursion
//!
//! A closure has no name for itself. It calls itself, or others that call it, through a cell that
//! is filled when all are made, as a nested function does in Python:
//!
//! ```
//! use gordian::{Call, Gc, closure, unsize};
//! use std::cell::OnceCell;
//!
//! type Predicate = dyn Call<(u32,), Output = bool>;
//!
//! let odd = Gc::new(OnceCell::<Gc<Predicate>>::new());
//! let even = Gc::new(closure!([odd = odd.clone()] |n: u32| -> bool {
//!     n == 0 || odd.get().unwrap().call((n - 1,))
//! }));
//! let even = unsize!(even => Predicate);
//! let is_odd = closure!([even = even.clone()] |n: u32| n != 0 && even.call((n - 1,)));
//! odd.set(unsize!(Gc::new(is_odd) => Predicate)).ok().unwrap();
//!
//! assert!(even.call((10,)));
//! drop((even, odd));
//! assert_eq!(gordian::collect(), 3); // two closures and the cell
//! ```
//!
//! What is captured is shared and cannot be assigned to; a cell among the captures can be. This
//! function remembers what it has computed:
//!
//! ```
//! use gordian::{Call, Gc, closure, unsize};
//! use std::cell::{OnceCell, RefCell};
//! use std::collections::HashMap;
//!
//! type Function = dyn Call<(u64,), Output = u64>;
//!
//! let me = Gc::new(OnceCell::<Gc<Function>>::new());
//! let known = RefCell::new(HashMap::<u64, u64>::new());
//! let fibonacci = Gc::new(closure!([me = me.clone(), known] |n: u64| -> u64 {
//!     if let Some(&result) = known.borrow().get(&n) {
//!         return result;
//!     }
//!     let me = me.get().unwrap();
//!     let result = if n < 2 { n } else { me.call((n - 1,)) + me.call((n - 2,)) };
//!     known.borrow_mut().insert(n, result);
//!     result
//! }));
//! me.set(unsize!(fibonacci.clone() => Function)).ok().unwrap();
//!
//! assert_eq!(fibonacci.call((90,)), 2_880_067_194_370_816_120);
//! fibonacci.close(); // or leave the cycle to the collector
//! drop((fibonacci, me));
//! assert_eq!(gordian::collect(), 0);
//! ```
//!
//! # Threads
//!
//! A closure that threads are to share, in a [`sync::Gc`](crate::sync::Gc), is made by
//! [`sync::closure!`](crate::sync::closure!), of captures that are [`Send`] and [`Sync`], and is a
//! [`sync::Closure`](crate::sync::Closure). It is called by the same [`Call`], behind
//! `sync::Gc<dyn Call<(i32,), Output = String> + Send + Sync>`.
//!
//! # Weak methods
//!
//! A closure that holds its receiver weakly does not keep it alive, makes no cycle with it, and
//! says when it has gone:
//!
//! ```
//! use gordian::{Gc, Trace, closure};
//!
//! #[derive(Trace)]
//! struct Counter { step: u32 }
//! impl Counter { fn after(&self, n: u32) -> u32 { n + self.step } }
//!
//! let counter = Gc::new(Counter { step: 2 });
//! let after = closure!([counter = Gc::downgrade(&counter)] |n: u32| -> Option<u32> {
//!     Some(counter.upgrade()?.after(n))
//! });
//! assert_eq!(after.call((40,)), Some(42));
//! drop(counter);
//! assert_eq!(after.call((40,)), None);
//! ```

use std::cell::{Cell, RefCell};

use crate::panics::after_drop_of;
use crate::trace::{Depth, Facts, Remainder, Spared, Trace, Tracer};

mod call;
mod macros;
mod methods;
#[doc(hidden)]
pub mod private;

pub use self::call::Call;
pub(crate) use self::methods::methods;

/// A function and its captures, which the collector can see: made by
/// [`closure!`](crate::closure!).
///
/// `C` is the tuple of the captures, `F` a function pointer that takes a reference to it and then
/// the arguments: `Closure<(Gc<Node>,), fn(&(Gc<Node>,), i32) -> String>`. Where only the signature
/// matters there is `dyn Call<(i32,), Output = String>`: see [`Call`].
///
/// A call costs that of a function pointer, and a borrow of a `RefCell`. A closure takes three
/// words more than its captures, or four. One whose captures hold no handle is not tracked by the
/// collector. Finalizers of captures that are held by value do not run, since
/// [`close`](Self::close) can take these out; those of captured handles' objects do.
///
/// # Examples
///
/// ```
/// use gordian::{Closure, Gc, Trace, closure};
///
/// #[derive(Trace)]
/// struct Rule { test: Closure<(Gc<String>,), fn(&(Gc<String>,), &str) -> bool> }
///
/// let word = Gc::new("knot".to_string());
/// let rule = Rule { test: closure!([word] |text: &str| -> bool { text.contains(&**word) }) };
/// assert!(rule.test.call(("the Gordian knot",)));
/// ```
pub struct Closure<C, F> {
    /// Borrowed by each call in progress.
    captures: RefCell<Option<C>>,
    is_closed: Cell<bool>,
    function: F,
}

methods! { Closure, "gordian" }

impl<C, F> Closure<C, F> {
    /// The captures, if it is not closed, and the body.
    pub(crate) fn into_parts(self) -> (Option<C>, F) {
        (self.captures.into_inner(), self.function)
    }

    fn has_closed(&self) -> bool {
        self.is_closed.get()
    }

    fn mark_closed(&self) {
        self.is_closed.set(true);
        self.drop_captures_if_closed();
    }

    /// Does `f` with the captures, which it keeps, unless the closure is closed.
    fn with_captures<R>(&self, f: impl FnOnce(&C) -> R) -> Option<R> {
        if self.is_closed() {
            return None;
        }
        let end = EndOfCall(self);
        let captures = self.captures.borrow();
        let result = captures.as_ref().map(f);
        drop(captures);
        after_drop_of(end, result)
    }

    /// Drops the captures if no call is in progress. What they do then can only find it closed.
    fn drop_captures_if_closed(&self) {
        if !self.is_closed() {
            return;
        }
        let captures = match self.captures.try_borrow_mut() {
            Ok(mut captures) => captures.take(),
            Err(_) => None,
        };
        drop(captures);
    }
}

/// Lets go of the captures of a closure that was closed during the call.
struct EndOfCall<'a, C, F>(&'a Closure<C, F>);

impl<C, F> Drop for EndOfCall<'_, C, F> {
    fn drop(&mut self) {
        self.0.drop_captures_if_closed();
    }
}

// SAFETY: 1, 2: a closure owns its captures alone, and traces them once, as the content of a
// `RefCell`, by whose impl 3 and 4 hold; 5: there is no drop glue but that of the captures, as the
// function is `Copy`; 6: for the same reason there is nothing else to drop.
unsafe impl<C: Trace, F: Copy> Trace for Closure<C, F> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        self.captures.trace(tracer);
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: from the caller.
        unsafe { self.captures.drop_rest(spared) };
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        Remainder::of::<RefCell<Option<C>>>(depth)
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<RefCell<Option<C>>>(depth)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Gc, closure};

    #[test]
    fn a_closure_takes_three_or_four_words() {
        let word = size_of::<usize>();
        let number = 7_usize;
        assert_eq!(size_of_val(&closure!([] || 1)), 4 * word);
        assert_eq!(size_of_val(&closure!([number] || *number)), 5 * word);
        let handle = Gc::new(number);
        assert_eq!(size_of_val(&closure!([handle] || **handle)), 4 * word);
    }
}
