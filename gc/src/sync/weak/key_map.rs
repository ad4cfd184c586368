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
    /// It is a map of *ephemerons*, as a [`WeakKeyMap`](crate::weak::WeakKeyMap) of a thread is: a value is
    /// of concern only as long as both its key and the map are alive, so one that leads back to its own
    /// key does not keep it alive, nor the object that owns the map. That makes them garbage, which the
    /// collector finds. A value that is lent is held from outside.
    ///
    /// # Threads
    ///
    /// The map is shared as it is: it has a lock of its own, which nobody holds while user code runs. So
    /// `Hash` and `Eq` of keys, `Drop` of values, and closures, may use the map. What one method does it
    /// does at one instant: of several threads that [`or_insert_with`](Entry::or_insert_with) the same key,
    /// all get the value of one of them.
    ///
    /// Entries leave on the thread that drops the last handle to the key, or that collects it, and so do
    /// their values.
    ///
    /// # Costs
    ///
    /// As for [`WeakValueMap`](super::WeakValueMap). If values can hold handles, the map is locked while the
    /// collector looks at one of its keys, too, until it has decided what is garbage.
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
