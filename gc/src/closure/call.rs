//! Calling by signature.

use super::Closure;
use crate::sync::Closure as SharedClosure;
use crate::trace::Trace;

/// What can be called with a tuple `A` of arguments, and traced.
///
/// Behind `dyn` it names closures by their signature, whatever they capture:
/// `Gc<dyn Call<(i32, String), Output = bool>>` is what `Rc<dyn Fn(i32, String) -> bool>` would be.
/// `unsize!` makes it. Arguments that are references of any lifetime need it spelled out, and the
/// result may borrow from them: `dyn for<'a> Call<(&'a str,), Output = &'a str>`.
///
/// [`Closure`] implements it, and [`sync::Closure`](crate::sync::Closure), for up to twelve arguments. Other types may, too.
///
/// # Examples
///
/// ```
/// use gordian::{Call, Gc, closure, unsize};
/// use std::cell::RefCell;
///
/// type Filter = dyn for<'a> Call<(&'a str, usize), Output = bool>;
///
/// let words = Gc::new(RefCell::new(vec!["knot".to_string()]));
/// let known = closure!([words = words.clone()] |word: &str, _at: usize| -> bool {
///     words.borrow().iter().any(|known| known == word)
/// });
/// let late = closure!([] |_word: &str, at: usize| at > 1);
/// let filters: [Gc<Filter>; 2] =
///     [unsize!(Gc::new(known) => Filter), unsize!(Gc::new(late) => Filter)];
///
/// let text = String::from("a knot in a rope");
/// let found = text.split(' ').enumerate().filter(|(at, word)| {
///     filters.iter().all(|filter| !filter.call((word, *at)))
/// });
/// assert_eq!(found.collect::<Vec<_>>(), [(0, "a")]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called with `{A}`",
    label = "not callable with these arguments",
    note = "the arguments of a call are one tuple: `f.call((a, b))`, `f.call((a,))`, `f.call(())`"
)]
pub trait Call<A>: Trace {
    /// What a call returns.
    type Output;

    /// Calls it, or returns `None` if it is [closed](Self::close).
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::{Call, closure};
    ///
    /// fn twice<F: Call<(i32,), Output = i32>>(f: &F, n: i32) -> Option<i32> {
    ///     f.try_call((f.try_call((n,))?,))
    /// }
    ///
    /// let add_one = closure!([] |n: i32| n + 1);
    /// assert_eq!(twice(&add_one, 1), Some(3));
    /// ```
    fn try_call(&self, arguments: A) -> Option<Self::Output>;

    /// Lets go of all that it has captured, so that it cannot be called any more: see
    /// [`Closure::close`].
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::{Call, Gc, closure, unsize};
    ///
    /// let one: Gc<dyn Call<(), Output = i32>> =
    ///     unsize!(Gc::new(closure!([] || 1)) => dyn Call<(), Output = i32>);
    /// one.close();
    /// assert_eq!(one.try_call(()), None);
    /// ```
    fn close(&self);

    /// Whether it has been [closed](Self::close).
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::{Call, closure};
    /// fn is_open(f: &dyn Call<(), Output = i32>) -> bool {
    ///     !f.is_closed()
    /// }
    /// assert!(is_open(&closure!([] || 1)));
    /// ```
    fn is_closed(&self) -> bool;

    /// Calls it.
    ///
    /// # Panics
    ///
    /// If it is [closed](Self::close), with the message "called a closed closure".
    ///
    /// # Examples
    ///
    /// ```
    /// # use gordian::{Call, closure};
    /// fn apply(f: &dyn Call<(i32,), Output = i32>) -> i32 {
    ///     f.call((20,))
    /// }
    /// assert_eq!(apply(&closure!([] |n: i32| n + 1)), 21);
    /// ```
    #[track_caller]
    fn call(&self, arguments: A) -> Self::Output {
        match self.try_call(arguments) {
            Some(output) => output,
            None => panic!("called a closed closure"),
        }
    }
}

/// `Call` for closures with these arguments.
macro_rules! call {
    ($($A:ident $argument:ident)*) => {
        call!(@ Closure $($A $argument)*);
        call!(@ SharedClosure $($A $argument)*);
    };
    (@ $Closure:ident $($A:ident $argument:ident)*) => {
        impl<C, F, R, $($A),*> Call<($($A,)*)> for $Closure<C, F>
        where
            C: Trace,
            F: Copy + for<'a> Fn(&'a C, $($A),*) -> R,
        {
            type Output = R;

            fn try_call(&self, ($($argument,)*): ($($A,)*)) -> Option<R> {
                self.with_captures(|captures| (self.function)(captures, $($argument),*))
            }

            fn close(&self) {
                self.close();
            }

            fn is_closed(&self) -> bool {
                self.is_closed()
            }
        }
    };
}

call!();
call!(A1 a1);
call!(A1 a1 A2 a2);
call!(A1 a1 A2 a2 A3 a3);
call!(A1 a1 A2 a2 A3 a3 A4 a4);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8 A9 a9);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8 A9 a9 A10 a10);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8 A9 a9 A10 a10 A11 a11);
call!(A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8 A9 a9 A10 a10 A11 a11 A12 a12);
