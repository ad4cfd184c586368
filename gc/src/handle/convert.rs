//! Conversions into a `Gc` and between them, as `Rc` and `Arc` have them.

use std::any::Any;
use std::borrow::Cow;

use crate::trace::Trace;

macro_rules! convert {
    ($Home:ty, [$($Send:ident + $Sync:ident +)?], $module:literal) => {
        impl<T: Trace + $($Send + $Sync +)? 'static> From<T> for Gc<T> {
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }

        impl<T: Trace + $($Send + $Sync +)? 'static> From<Box<T>> for Gc<T> {
            /// Moves the value out of its box.
            fn from(value: Box<T>) -> Self {
                Self::new(*value)
            }
        }

        impl<T: Trace + Default + $($Send + $Sync +)? 'static> Default for Gc<T> {
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T: Trace + $($Send + $Sync +)? 'static> Default for Gc<[T]> {
            fn default() -> Self {
                Self::from([])
            }
        }

        impl Default for Gc<str> {
            fn default() -> Self {
                Self::from("")
            }
        }

        impl From<String> for Gc<str> {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<&mut str> for Gc<str> {
            fn from(text: &mut str) -> Self {
                Self::from(&*text)
            }
        }

        impl From<Box<str>> for Gc<str> {
            fn from(text: Box<str>) -> Self {
                Self::from(&*text)
            }
        }

        impl<'a, B: ToOwned + ?Sized> From<Cow<'a, B>> for Gc<B>
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

        impl Gc<dyn Any $(+ $Send + $Sync)?> {
            /// The handle with its concrete type back.
            ///
            /// # Errors
            ///
            /// The handle itself, if the value is of another type.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// # use gordian::unsize;
            /// use std::any::Any;
            ///
            #[doc = concat!(
                "let any = unsize!(Gc::new(7_i32) => dyn Any", $(" + ", stringify!($Send + $Sync),)? ");"
            )]
            /// let any = any.downcast::<String>().unwrap_err();
            /// assert_eq!(*any.downcast::<i32>().unwrap(), 7);
            /// ```
            pub fn downcast<T: Any $(+ $Send + $Sync)?>(self) -> Result<Gc<T>, Self> {
                if !(*self).is::<T>() {
                    return Err(self);
                }
                // SAFETY: the value is a `T`; the count moves over.
                Ok(unsafe { Gc::from_raw(Self::into_raw(self).cast()) })
            }
        }
    };
}

for_both!(convert);
