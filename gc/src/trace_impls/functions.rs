//! Function pointers up to twelve arguments: leaves, for a function pointer captures nothing.
//!
//! A pointer that is generic over a lifetime, `for<'a> fn(&'a T)`, is a type that no impl here
//! covers; a field of such a type takes `#[trace(skip)]`.

/// The leaves for each way to declare a function of these arguments.
macro_rules! functions {
    ($($A:ident)*) => {
        leaf!(impl[R, $($A),*] fn($($A),*) -> R);
        leaf!(impl[R, $($A),*] unsafe fn($($A),*) -> R);
        leaf!(impl[R, $($A),*] extern "C" fn($($A),*) -> R);
        leaf!(impl[R, $($A),*] unsafe extern "C" fn($($A),*) -> R);
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B C);
functions!(A B C D);
functions!(A B C D E);
functions!(A B C D E F);
functions!(A B C D E F G);
functions!(A B C D E F G H);
functions!(A B C D E F G H I);
functions!(A B C D E F G H I J);
functions!(A B C D E F G H I J K);
functions!(A B C D E F G H I J K L);
