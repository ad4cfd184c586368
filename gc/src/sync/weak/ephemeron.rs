//! A single ephemeron.
#![forbid(unsafe_code)]

crate::weak::ephemeron::ephemeron! {
    /// A value that is there as long as another object, its key, is: a [`WeakKeyMap`] of one entry.
    ///
    /// The value does not keep its key alive, whatever it holds, nor the object that owns the
    /// ephemeron.
    ///
    /// [`WeakKeyMap`]: super::WeakKeyMap
    ///
    /// # Costs
    ///
    /// Three allocations, and 128 bytes beside the key, as for a weak handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::sync::{self, Gc};
    /// use gordian::sync::weak::Ephemeron;
    ///
    /// let key = Gc::new(1);
    /// let pair = Ephemeron::new(&key, vec![key.clone()]);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert_eq!(*pair.value().unwrap()[0], 1));
    /// });
    /// drop(key);
    /// sync::collect();
    /// assert!(pair.value().is_none());
    /// ```
    [Send + Sync +]
}
