//! Conversions into a `Gc`, as `Rc` and `Arc` have them.

use std::borrow::Cow;

use super::Gc;
use crate::sync::Gc as SharedGc;
use crate::trace::Trace;

macro_rules! convert {
    ($Gc:ident, $Weak:ident, $Home:ty, [$($also:tt)*], $module:literal) => {
        impl<T: Trace + $($also)* 'static> From<T> for $Gc<T> {
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }

        impl<T: Trace + $($also)* 'static> From<Box<T>> for $Gc<T> {
            /// Moves the value out of its box.
            fn from(value: Box<T>) -> Self {
                Self::new(*value)
            }
        }

        impl<T: Trace + Default + $($also)* 'static> Default for $Gc<T> {
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T: Trace + $($also)* 'static> Default for $Gc<[T]> {
            fn default() -> Self {
                Self::from([])
            }
        }

        impl Default for $Gc<str> {
            fn default() -> Self {
                Self::from("")
            }
        }

        impl From<String> for $Gc<str> {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<&mut str> for $Gc<str> {
            fn from(text: &mut str) -> Self {
                Self::from(&*text)
            }
        }

        impl From<Box<str>> for $Gc<str> {
            fn from(text: Box<str>) -> Self {
                Self::from(&*text)
            }
        }

        impl<'a, B: ToOwned + ?Sized> From<Cow<'a, B>> for $Gc<B>
        where
            Self: From<&'a B> + From<B::Owned>,
        {
            fn from(value: Cow<'a, B>) -> Self {
                match value {
                    Cow::Borrowed(value) => Self::from(value),
                    Cow::Owned(value) => Self::from(value),
                }
            }
        }
    };
}

for_both!(convert);
