//! Maps whose keys are held weakly.
#![forbid(unsafe_code)]

crate::weak::key_map::key_map! {
    /// A map that holds its keys weakly: an entry goes the moment its key does, and its value with it.
    ///
    /// It attaches data to objects that somebody else owns. It is Python's `WeakKeyDictionary`. Keys are
    /// compared by what they point to, or by identity: [`WeakIdentityMap`], for objects of any type. All
    /// methods take `&self`; values are lent as [`Lent`], which stays readable if the entry goes
    /// meanwhile.
    ///
    /// # What values hold
    ///
    /// The handles of the values are the map's, as those of a `HashMap` would be. So, as in Python and
    /// other than in a [`WeakKeyMap`](crate::weak::WeakKeyMap) of a thread, **a value that leads back to
    /// its own key keeps it alive**, as long as the map is. If the map is in an object, and that is in
    /// no use any more, all three are collected together. A value that is lent is held from outside.
    ///
    /// # Threads
    ///
    /// The map is shared as it is: it has a lock of its own, which nobody holds while user code runs. So
    /// `Hash` and `Eq` of keys, `Drop` of values, and closures, may use the map. What one method does it
    /// does at one instant; but between [`entry`](Self::entry) and what is done to it others may come.
    ///
    /// Entries leave on the thread that drops the last handle to the key, or that collects it, and so do
    /// their values.
    ///
    /// # Costs
    ///
    /// As for [`WeakValueMap`](super::WeakValueMap).
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::sync::Gc;
    /// use gordian::sync::weak::WeakKeyMap;
    ///
    /// let notes = WeakKeyMap::new();
    /// let book = Gc::new(String::from("a book"));
    /// notes.insert(&book, "read it");
    /// assert_eq!(*notes.get(&book).unwrap(), "read it");
    /// drop(book);
    /// assert!(notes.is_empty());
    /// ```
    [Send + Sync +], "gordian::sync"
}
