//! What the tables of weak collections have in common, of one thread's objects and of shared ones.
#![forbid(unsafe_code)]

use std::ops::Deref;

use super::slots::{Placed, Slots};

/// A table of entries in [`Slots`].
pub(crate) trait Tabled {
    /// What leads to an entry.
    type Place: Deref<Target: Placed>;
    /// An entry that is lent out.
    type Lent;

    /// Calls `f` with the slots, which nobody else gets at meanwhile. It is to run no user code.
    fn with_slots<R>(&self, f: impl FnOnce(&mut Slots<Self::Place>) -> R) -> R;

    /// Lends an entry out, whose slots are at hand.
    fn lend(entry: &Self::Place) -> Self::Lent;

    fn len(&self) -> usize {
        self.with_slots(|slots| slots.len())
    }

    /// How many entries there is room for.
    fn capacity(&self) -> usize {
        self.with_slots(|slots| slots.capacity())
    }

    /// Makes room for so many entries more.
    fn reserve(&self, additional: usize) {
        self.with_slots(|slots| slots.reserve(additional));
    }

    /// Removes an entry, if it is still there; it is to be dropped when user code may run.
    fn remove(&self, entry: &<Self::Place as Deref>::Target) -> Option<Self::Place> {
        self.with_slots(|slots| slots.remove(entry))
    }

    /// All entries, those too that are added meanwhile; not those that go.
    fn walk(&self) -> Walk<'_, Self> {
        self.with_slots(Slots::begin_walk);
        Walk {
            table: self,
            next: 0,
        }
    }
}

/// The methods that all weak collections have: the field where the entries are, and the hasher; what the
/// documentation calls the entries, what it says of all of them, and what is hashed.
macro_rules! methods {
    ($table:ident, $($hasher:ident).+, $entries:literal, $all:literal, $hashed:literal) => {
        #[doc = concat!("How many ", $entries, " there are", $all, ".")]
        #[must_use]
        pub fn len(&self) -> usize {
            self.$table.len()
        }

        /// Whether there is none.
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.len() == 0
        }

        #[doc = concat!("How many ", $entries, " there is room for. It shrinks as ", $entries, " go.")]
        #[must_use]
        pub fn capacity(&self) -> usize {
            self.$table.capacity()
        }

        #[doc = concat!("Makes room for so many ", $entries, " more.")]
        pub fn reserve(&self, additional: usize) {
            self.$table.reserve(additional);
        }

        #[doc = concat!("What hashes the ", $hashed, ".")]
        #[must_use]
        pub fn hasher(&self) -> &S {
            &self.$($hasher).+
        }

        #[doc = concat!("Removes all ", $entries, ".")]
        pub fn clear(&self) {
            self.$table.clear();
        }
    };
}

pub(crate) use methods;

/// An iteration over a table, in which entries may come and go.
pub(crate) struct Walk<'a, T: Tabled + ?Sized> {
    table: &'a T,
    next: usize,
}

impl<T: Tabled + ?Sized> Iterator for Walk<'_, T> {
    type Item = T::Lent;

    fn next(&mut self) -> Option<T::Lent> {
        let next = &mut self.next;
        self.table.with_slots(|slots| {
            let (entry, behind) = slots.next_from(*next)?;
            *next = behind;
            Some(T::lend(entry))
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl<T: Tabled + ?Sized> Clone for Walk<'_, T> {
    fn clone(&self) -> Self {
        let mut walk = self.table.walk();
        walk.next = self.next;
        walk
    }
}

impl<T: Tabled + ?Sized> Drop for Walk<'_, T> {
    fn drop(&mut self) {
        self.table.with_slots(Slots::end_walk);
    }
}
