//! Maps whose values are held weakly.
#![forbid(unsafe_code)]

crate::weak::value_map::value_map! {
    /// A map that holds its values weakly: an entry goes the moment its value does, and its key with
    /// it.
    ///
    /// What a cache is, whose entries live as long as somebody else uses them. It is Python's
    /// `WeakValueDictionary`. All methods take `&self`; keys are lent as [`Lent`], which stays readable
    /// if the entry goes meanwhile.
    ///
    /// # Threads
    ///
    /// The map is shared as it is: it has a lock of its own, which nobody holds while user code runs. So
    /// `Hash`, `Eq` and `Drop` of keys, and closures, may use the map. What one method does it does at
    /// one instant: of several threads that [`or_insert_with`](Entry::or_insert_with) the same key,
    /// all get the value of one of them, and [`retain`](Self::retain) removes no value that it was not
    /// asked about. The end of an old value never removes a newer one under the same key.
    ///
    /// Entries leave on the thread that drops the last handle to the value, or that collects it, and so do
    /// their keys.
    ///
    /// # Costs
    ///
    /// An entry takes an allocation of its own and one place in the table; a value that enters a map for
    /// the first time gets 64 bytes beside it, as for a weak handle. When a value goes, its entry is
    /// removed in constant time. `len` is exact where no other thread is about to change it. If keys can
    /// hold handles, the map is locked while the collector looks at them, as other locks are, and each is
    /// traced when it is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::sync::Gc;
    /// use gordian::sync::weak::WeakValueMap;
    ///
    /// let stock = WeakValueMap::new();
    /// let brie = Gc::new(String::from("a soft cheese"));
    /// stock.insert("Brie", &brie);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert!(Gc::ptr_eq(&stock.get("Brie").unwrap(), &brie)));
    /// });
    /// drop(brie);
    /// assert!(stock.get("Brie").is_none());
    /// assert_eq!(stock.len(), 0);
    /// ```
    [Send + Sync +], "gordian::sync"
}
