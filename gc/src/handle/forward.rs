//! Traits that a handle passes on to its value, as `Rc` does.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::Gc;
use crate::sync::Gc as SharedGc;

/// Implements the forwarded traits for one handle type.
macro_rules! forward {
    ($Handle:ident) => {
        impl<T: ?Sized> AsRef<T> for $Handle<T> {
            fn as_ref(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized> Borrow<T> for $Handle<T> {
            fn borrow(&self) -> &T {
                self
            }
        }

        impl<T: fmt::Debug + ?Sized> fmt::Debug for $Handle<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: fmt::Display + ?Sized> fmt::Display for $Handle<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized> fmt::Pointer for $Handle<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Pointer::fmt(&(&raw const **self), f)
            }
        }

        impl<T: PartialEq + ?Sized> PartialEq for $Handle<T> {
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }
        }

        impl<T: Eq + ?Sized> Eq for $Handle<T> {}

        impl<T: PartialOrd + ?Sized> PartialOrd for $Handle<T> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                (**self).partial_cmp(&**other)
            }
        }

        impl<T: Ord + ?Sized> Ord for $Handle<T> {
            fn cmp(&self, other: &Self) -> Ordering {
                (**self).cmp(&**other)
            }
        }

        impl<T: Hash + ?Sized> Hash for $Handle<T> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<T: Error + ?Sized> Error for $Handle<T> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                (**self).source()
            }
        }

        impl<T: RefUnwindSafe + ?Sized> UnwindSafe for $Handle<T> {}
        impl<T: RefUnwindSafe + ?Sized> RefUnwindSafe for $Handle<T> {}
    };
}

forward!(Gc);
forward!(SharedGc);
