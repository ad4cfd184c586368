//! A part of an entry of a weak collection, lent out.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::entry::Entry;
use crate::weak::lent::lent;

lent! {
    /// What an entry of a weak collection owns: the key of a [`WeakValueMap`](super::WeakValueMap), or
    /// the value of a [`WeakKeyMap`](super::WeakKeyMap).
    ///
    /// It stays readable even if the entry goes meanwhile, on another thread, too; and what its handles
    /// point to lives as long as it does.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::sync::Gc;
    /// use gordian::sync::weak::WeakKeyMap;
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
        /// Given back at the end.
        pub(super) entry: ManuallyDrop<Arc<Entry<A, B>>>,
    }
}

impl<A, B: ?Sized> Lent<A, B> {
    /// Of an entry that is lent already, or whose table is locked.
    pub(super) fn of(entry: &Arc<Entry<A, B>>) -> Self {
        Self {
            entry: ManuallyDrop::new(entry.clone()),
        }
    }
}

impl<A, B: ?Sized> Drop for Lent<A, B> {
    fn drop(&mut self) {
        // SAFETY: it is not used again.
        unsafe { ManuallyDrop::take(&mut self.entry) }.given_back();
    }
}
