//! Sets whose members are held weakly.
#![forbid(unsafe_code)]

crate::weak::set::set! {
    /// A set that holds its members weakly: a member goes the moment nobody else holds it.
    ///
    /// It is Python's `WeakSet`. All methods take `&self`, and threads share it as it is: no lock is held
    /// while `Hash`, `Eq` or closures run. Members are compared by what they point to, or by identity:
    /// [`WeakIdentitySet`].
    ///
    /// # Costs
    ///
    /// As for [`WeakValueMap`](super::WeakValueMap).
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::sync::Gc;
    /// use gordian::sync::weak::WeakSet;
    ///
    /// let online = WeakSet::new();
    /// let (anna, ben) = (Gc::new("Anna"), Gc::new("Ben"));
    /// online.insert(&anna);
    /// online.insert(&ben);
    /// drop(ben);
    /// assert_eq!(online.len(), 1);
    /// assert!(online.contains(&anna));
    /// ```
    [Send + Sync +], "gordian::sync"
}
