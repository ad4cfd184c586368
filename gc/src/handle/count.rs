//! What handles say of their object: how many there are of it, and whether it is there.

use std::fmt;

macro_rules! counts {
    ($Home:ty, $also:tt, $module:literal) => {
        impl<T: ?Sized> Gc<T> {
            /// The number of strong handles.
            ///
            /// What the collector adds for its own purposes is left out, so this is 0 in the
            /// finalizer of an object whose last handle has gone.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// let b = a.clone();
            /// assert_eq!(Gc::strong_count(&a), 2);
            /// # drop(b);
            /// ```
            #[must_use]
            pub fn strong_count(this: &Self) -> usize {
                this.header().strong_count() as usize
            }

            /// The number of weak handles, with or without a callback, and of registered finalizers.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// let weak = Gc::downgrade(&a);
            /// assert_eq!(Gc::weak_count(&a), 1);
            /// # drop(weak);
            /// ```
            #[must_use]
            pub fn weak_count(this: &Self) -> usize {
                this.header().weak_count()
            }
        }

        impl<T: ?Sized> Weak<T> {
            /// The number of strong handles, 0 if the object is gone.
            #[must_use]
            pub fn strong_count(&self) -> usize {
                self.living().map_or(0, |it| it.strong_count() as usize)
            }

            /// The number of weak handles to the object, 0 if it has no strong one left.
            #[must_use]
            pub fn weak_count(&self) -> usize {
                if self.strong_count() == 0 {
                    return 0;
                }
                self.header().map_or(0, |header| header.weak_count())
            }

            /// Whether a callback waits to run when the object goes.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("# use gordian", $module, "::Gc;")]
            /// let a = Gc::new(1);
            /// let weak = Gc::downgrade_with(&a, || println!("gone"));
            /// assert!(weak.has_callback());
            /// drop(a);
            /// assert!(!weak.has_callback());
            /// ```
            #[must_use]
            pub fn has_callback(&self) -> bool {
                self.registration()
                    .is_some_and(|registration| registration.is_waiting())
                    && self.living().is_some()
            }
        }

        impl<T: ?Sized> fmt::Debug for Weak<T> {
            /// Names the type while the object is there, and runs no user code.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.header() {
                    Some(header) if self.living().is_some() => {
                        let name = (header.info().name)();
                        write!(f, "(Weak to {name} at {:p})", self.as_ptr())
                    }
                    _ => f.write_str("(Weak, dead)"),
                }
            }
        }
    };
}

for_both!(counts);
