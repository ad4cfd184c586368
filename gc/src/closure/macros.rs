//! The macro. Only its expansion knows how to keep a body from capturing what is not named: it is
//! coerced to a function pointer, and its captures are that function's first argument.

/// Makes a [`Closure`](crate::Closure): `closure!([captures] |arguments| body)`.
///
/// * A **capture** is `name = expression`, or `name` alone for `name = name`, which moves the
///   variable. There may be none, and up to twelve; each is [`Trace`](trait@crate::Trace) and
///   `'static`. In the body the name stands for a **reference** to it. To capture anything that is
///   not in the list is a compile error; constants, statics and functions need not be captured.
/// * An **argument** is `name: type` or `mut name: type`, the type written out as for a function. A
///   reference without a lifetime is one of any lifetime.
/// * The **result** is inferred, or written as `-> type` before a body in braces. A result that
///   borrows from an argument takes a lifetime with a name:
///   `closure!([] for<'a> |text: &'a str| -> &'a str { text.trim() })`.
///
/// In a generic function it may use the parameters of that function.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, closure};
/// use std::cell::Cell;
///
/// let name = Gc::new(String::from("Ada"));
/// let count = Cell::new(0);
/// let greet = Gc::new(closure!([name = name.clone(), count] |greeting: &str| -> String {
///     count.set(count.get() + 1);
///     format!("{greeting}, {name}! ({})", count.get())
/// }));
/// let shared = greet.clone();
/// assert_eq!(greet.call(("Hello",)), "Hello, Ada! (1)");
/// assert_eq!(shared.call(("Bye",)), "Bye, Ada! (2)");
/// ```
#[macro_export]
macro_rules! closure {
    ([$($captures:tt)*] $(for<$($lifetime:lifetime),* $(,)?>)? || $($body:tt)+) => {
        $crate::closure!([$($captures)*] $(for<$($lifetime),*>)? | | $($body)+)
    };
    (
        [$($name:ident $(= $value:expr)?),* $(,)?]
        $(for<$($lifetime:lifetime),* $(,)?>)?
        |$($($argument:ident)+: $type:ty),* $(,)?| -> $output:ty $body:block
    ) => {
        $crate::closure!(@
            [$($name $(= $value)?),*]
            [$(for<$($lifetime),*>)? fn(&_, $($type),*) -> $output]
            [$($($argument)+: $type),*]
            $body
        )
    };
    (
        [$($name:ident $(= $value:expr)?),* $(,)?]
        $(for<$($lifetime:lifetime),* $(,)?>)?
        |$($($argument:ident)+: $type:ty),* $(,)?| $body:expr
    ) => {
        $crate::closure!(@
            [$($name $(= $value)?),*]
            [$(for<$($lifetime),*>)? fn(&_, $($type),*) -> _]
            [$($($argument)+: $type),*]
            $body
        )
    };
    (@ [$($name:ident $(= $value:expr)?),*]
        [$($function:tt)+] [$($($argument:ident)+: $type:ty),*] $body:expr
    ) => {{
        let captures = ($($crate::closure!(@capture $name $(= $value)?),)*);
        let body = $crate::__private::closure::Body::<$($function)+>::new();
        if false {
            // Says that the captures are what the function takes, before its body is looked at.
            let example = body.example();
            let _ = example(&captures, $($crate::__private::closure::any(stringify!($type))),*);
        }
        body.close_over(captures, |($($name,)*), $($($argument)+),*| $body)
    }};
    (@capture $name:ident) => { $crate::__private::closure::captured($name) };
    (@capture $name:ident = $value:expr) => { $crate::__private::closure::captured($value) };
    ($($other:tt)*) => {
        ::std::compile_error!(
            "expected `closure!([name = value, name] |name: type, name: type| body)`; each argument \
             is a name with a type, and a body after `-> type` is in braces"
        )
    };
}
