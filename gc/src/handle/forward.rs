//! Traits that a handle passes on to its value, as `Rc` does.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};

macro_rules! forward {
    ($Home:ty, $also:tt, $module:literal) => {
        impl<T: ?Sized> AsRef<T> for Gc<T> {
            fn as_ref(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized> Borrow<T> for Gc<T> {
            fn borrow(&self) -> &T {
                self
            }
        }

        impl<T: fmt::Debug + ?Sized> fmt::Debug for Gc<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: fmt::Display + ?Sized> fmt::Display for Gc<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized> fmt::Pointer for Gc<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Pointer::fmt(&(&raw const **self), f)
            }
        }

        impl<T: PartialEq + ?Sized> PartialEq for Gc<T> {
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }
        }

        impl<T: Eq + ?Sized> Eq for Gc<T> {}

        impl<T: PartialOrd + ?Sized> PartialOrd for Gc<T> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                (**self).partial_cmp(&**other)
            }
        }

        impl<T: Ord + ?Sized> Ord for Gc<T> {
            fn cmp(&self, other: &Self) -> Ordering {
                (**self).cmp(&**other)
            }
        }

        impl<T: Hash + ?Sized> Hash for Gc<T> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<T: Error + ?Sized> Error for Gc<T> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                (**self).source()
            }
        }

        impl<T: RefUnwindSafe + ?Sized> UnwindSafe for Gc<T> {}
        impl<T: RefUnwindSafe + ?Sized> RefUnwindSafe for Gc<T> {}
    };
}

for_both!(forward);
