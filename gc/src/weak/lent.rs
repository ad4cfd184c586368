//! A part of an entry of a weak collection, lent out.

use std::rc::Rc;

use super::table::Entry;
use crate::collector::given_up;
use crate::heap::Heap;

/// `Lent` of one kind of handles, with all that can be done to it.
macro_rules! lent {
    ($($struct:tt)*) => {
        $($struct)*

        impl<A, B: ?Sized> Clone for Lent<A, B> {
            fn clone(&self) -> Self {
                Self::of(&self.entry)
            }
        }

        impl<A, B: ?Sized> std::ops::Deref for Lent<A, B> {
            type Target = A;

            fn deref(&self) -> &A {
                &self.entry.owned
            }
        }

        impl<A: std::fmt::Debug, B: ?Sized> std::fmt::Debug for Lent<A, B> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<A: std::fmt::Display, B: ?Sized> std::fmt::Display for Lent<A, B> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<A: PartialEq, B: ?Sized> PartialEq<A> for Lent<A, B> {
            fn eq(&self, other: &A) -> bool {
                **self == *other
            }
        }
    };
}

pub(crate) use lent;

lent! {
    /// What an entry of a weak collection owns: the key of a [`WeakValueMap`](super::WeakValueMap), or
    /// the value of a [`WeakKeyMap`](super::WeakKeyMap).
    ///
    /// It stays readable even if the entry goes meanwhile; and what its handles point to lives as long
    /// as it does.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Gc;
    /// use gordian::weak::WeakKeyMap;
    ///
    /// let ages = WeakKeyMap::new();
    /// let anna = Gc::new("Anna");
    /// ages.insert(&anna, 34);
    /// let age = ages.get(&anna).unwrap();
    /// drop(anna);
    /// assert_eq!(*age, 34);
    /// assert!(ages.is_empty());
    /// ```
    pub struct Lent<A, B: ?Sized> {
        pub(super) entry: Rc<Entry<A, B>>,
        /// Dropped after the entry is given back.
        _end: End,
    }
}

/// The end of a loan.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        Heap::with(given_up);
    }
}

impl<A, B: ?Sized> Lent<A, B> {
    pub(super) fn of(entry: &Rc<Entry<A, B>>) -> Self {
        entry.loans.begin();
        Self {
            entry: entry.clone(),
            _end: End,
        }
    }
}

impl<A, B: ?Sized> Drop for Lent<A, B> {
    fn drop(&mut self) {
        // While anybody else has it, it may not be readable.
        if self.entry.loans.end() {
            self.entry.given_back();
        }
    }
}
