//! Maps whose values are held weakly: of one thread's objects, and, by the same macro, of shared ones.
#![forbid(unsafe_code)]

/// `WeakValueMap` for one kind of handles: its documentation, what keys and values are besides, and the
/// module where users find the handles. It takes `Gc`, `Lent` and `table` from where it is called.
macro_rules! value_map {
    ($(#[$doc:meta])* [$($object:tt)*], $module:literal) => {
        use std::borrow::Borrow;
        use std::fmt;
        use std::hash::{BuildHasher, Hash, RandomState};
        use std::ops::{BitOr, BitOrAssign};

        use super::table::{Entry as Pair, Own, Table, Walk};
        use super::{Gc, Lent};
        use crate::panics::after_drop_of;
        use crate::trace::{Depth, Trace};
        use crate::weak::tabled::Tabled as _;

        $(#[$doc])*
        pub struct WeakValueMap<K, V: ?Sized, S = RandomState> {
            pub(super) table: Own<K, V>,
            hasher: S,
        }

        impl<K: Trace + $($object)* 'static, V: ?Sized + $($object)* 'static> WeakValueMap<K, V> {
            /// An empty map.
            #[must_use]
            pub fn new() -> Self {
                Self::with_hasher(RandomState::new())
            }

            /// An empty map with room for so many entries.
            #[must_use]
            pub fn with_capacity(capacity: usize) -> Self {
                let map = Self::new();
                map.reserve(capacity);
                map
            }
        }

        impl<K: Trace + $($object)* 'static, V: ?Sized + $($object)* 'static, S> WeakValueMap<K, V, S> {
            /// An empty map with this hasher.
            #[must_use]
            pub fn with_hasher(hasher: S) -> Self {
                Self {
                    table: Table::by_value(K::trace, K::facts(Depth::START)),
                    hasher,
                }
            }
        }

        impl<K, V: ?Sized, S> WeakValueMap<K, V, S> {
            crate::weak::tabled::methods! {
                table, hasher, "entries", ", all of whose values are there", "keys"
            }

            /// The entries, in no particular order.
            ///
            /// Entries may come and go meanwhile, by this map's methods, by the death of values, in a
            /// collection: those that go are not visited, those that come may be.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ", $module, "::Gc;")]
            #[doc = concat!("use ", $module, "::weak::WeakValueMap;")]
            ///
            /// let values = [Gc::new(1), Gc::new(2)];
            /// let map = WeakValueMap::new();
            /// map.insert("a", &values[0]);
            /// map.insert("b", &values[1]);
            /// let sum: i32 = map.iter().map(|(_, value)| *value).sum();
            /// assert_eq!(sum, 3);
            /// ```
            #[must_use]
            pub fn iter(&self) -> Iter<'_, K, V> {
                Iter(self.table.walk())
            }

            /// The keys, in no particular order; as [`iter`](Self::iter).
            pub fn keys(&self) -> impl Iterator<Item = Lent<K, V>> {
                self.iter().map(|(key, value)| after_drop_of(value, key))
            }

            /// The values, in no particular order; as [`iter`](Self::iter).
            pub fn values(&self) -> impl Iterator<Item = Gc<V>> {
                self.iter().map(|(key, value)| after_drop_of(key, value))
            }

            /// Keeps the entries that `keep` says so of.
            pub fn retain(&self, mut keep: impl FnMut(&K, &Gc<V>) -> bool) {
                for (key, value) in self {
                    if !keep(&key, &value) {
                        self.table.remove_pair(&key.entry, &value);
                    }
                }
            }

            /// Removes all entries one by one, and returns them. Those left when the iterator is dropped stay.
            pub fn drain(&self) -> impl Iterator<Item = (Lent<K, V>, Gc<V>)> {
                std::iter::from_fn(|| self.pop())
            }

            /// Removes an entry, whichever, and returns it.
            pub fn pop(&self) -> Option<(Lent<K, V>, Gc<V>)> {
                self.table.pop()
            }
        }

        impl<K: Eq + Hash, V: ?Sized, S: BuildHasher> WeakValueMap<K, V, S> {
            fn find<Q: Eq + Hash + ?Sized>(&self, hash: u64, key: &Q) -> Option<Lent<K, V>>
            where
                K: Borrow<Q>,
            {
                self.table.find(hash, |entry| entry.owned.borrow() == key)
            }

            /// The value of a key.
            #[must_use]
            pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Gc<V>>
            where
                K: Borrow<Q>,
            {
                let lent = self.find(self.hasher.hash_one(key), key)?;
                let value = lent.entry.object();
                after_drop_of(lent, value)
            }

            /// The key and the value of a key.
            #[must_use]
            pub fn get_key_value<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<(Lent<K, V>, Gc<V>)>
            where
                K: Borrow<Q>,
            {
                let lent = self.find(self.hasher.hash_one(key), key)?;
                let value = lent.entry.object()?;
                Some((lent, value))
            }

            /// Whether a key has a value.
            #[must_use]
            pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
            where
                K: Borrow<Q>,
            {
                self.get(key).is_some()
            }

            /// Removes the entry of a key, and returns its value.
            pub fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Gc<V>>
            where
                K: Borrow<Q>,
            {
                let hash = self.hasher.hash_one(key);
                let is_it = |entry: &Pair<K, V>| entry.owned.borrow() == key;
                let (lent, value) = self.table.remove_found(hash, is_it, Pair::object)?;
                after_drop_of(lent, value)
            }
        }

        impl<K: Eq + Hash + $($object)* 'static, V: ?Sized + $($object)* 'static, S: BuildHasher> WeakValueMap<K, V, S> {
            /// Has a key lead to a value, and returns the one that it led to before. The map keeps the key
            /// that it has, if that is equal.
            pub fn insert(&self, key: K, value: &Gc<V>) -> Option<Gc<V>> {
                let hash = self.hasher.hash_one(&key);
                self.table.set(hash, key, value, |one, other| one == other)
            }

            /// The place of a key, to look and insert in one step.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ", $module, "::Gc;")]
            #[doc = concat!("use ", $module, "::weak::WeakValueMap;")]
            ///
            /// let interned = WeakValueMap::new();
            /// let intern = |text: &'static str| interned.entry(text).or_insert_with(|| Gc::from(text));
            /// let first: Gc<str> = intern("if");
            /// assert!(Gc::ptr_eq(&first, &intern("if")));
            /// ```
            pub fn entry(&self, key: K) -> Entry<'_, K, V, S> {
                let hash = self.hasher.hash_one(&key);
                let found = self.find(hash, &key);
                match found.and_then(|lent| Some((lent.entry.object()?, lent))) {
                    Some((value, lent)) => {
                        let (lent, value) = after_drop_of(key, (lent, value));
                        Entry::Occupied(Occupied {
                            map: self,
                            lent,
                            value,
                        })
                    }
                    None => Entry::Vacant(Vacant { map: self, key }),
                }
            }
        }

        /// The place of a key in a [`WeakValueMap`].
        #[derive(Debug)]
        pub enum Entry<'a, K, V: ?Sized, S> {
            /// There is a value.
            Occupied(Occupied<'a, K, V, S>),
            /// There is none.
            Vacant(Vacant<'a, K, V, S>),
        }

        /// A key that has a value in a [`WeakValueMap`]. The value lives as long as this.
        pub struct Occupied<'a, K, V: ?Sized, S> {
            map: &'a WeakValueMap<K, V, S>,
            lent: Lent<K, V>,
            value: Gc<V>,
        }

        /// A key that had no value in a [`WeakValueMap`].
        pub struct Vacant<'a, K, V: ?Sized, S> {
            map: &'a WeakValueMap<K, V, S>,
            key: K,
        }

        impl<'a, K: Eq + Hash + $($object)* 'static, V: ?Sized + $($object)* 'static, S: BuildHasher> Entry<'a, K, V, S> {
            /// The value, which is this one if there was none.
            pub fn or_insert(self, value: Gc<V>) -> Gc<V> {
                self.or_insert_with(|| value)
            }

            /// The value, which `make` makes if there was none. If one has come meanwhile, that stays.
            ///
            /// The map does not keep it: somebody has to hold what is returned.
            pub fn or_insert_with(self, make: impl FnOnce() -> Gc<V>) -> Gc<V> {
                match self {
                    Self::Occupied(Occupied { lent, value, .. }) => {
                        after_drop_of((lent, make), value)
                    }
                    Self::Vacant(vacant) => {
                        let value = make();
                        let hash = vacant.map.hasher.hash_one(&vacant.key);
                        let table = &vacant.map.table;
                        table.set_new(hash, vacant.key, value, |one, other| one == other)
                    }
                }
            }

            /// Shows the value, if there is one, to `look`.
            #[must_use]
            pub fn and_inspect(self, look: impl FnOnce(&Gc<V>)) -> Self {
                if let Self::Occupied(occupied) = &self {
                    look(&occupied.value);
                    return self;
                }
                after_drop_of(look, self)
            }
        }

        impl<K, V: ?Sized, S> Occupied<'_, K, V, S> {
            /// The key that is in the map.
            #[must_use]
            pub fn key(&self) -> &K {
                &self.lent
            }

            /// The value.
            #[must_use]
            pub fn get(&self) -> &Gc<V> {
                &self.value
            }

            /// Removes the entry, and returns the value.
            pub fn remove(self) -> Gc<V> {
                let Self { map, lent, value } = self;
                map.table.remove_pair(&lent.entry, &value);
                after_drop_of(lent, value)
            }
        }

        impl<K: Eq + Hash + $($object)* 'static, V: ?Sized + $($object)* 'static, S: BuildHasher> Vacant<'_, K, V, S> {
            /// The key.
            #[must_use]
            pub fn key(&self) -> &K {
                &self.key
            }

            /// The key back.
            #[must_use]
            pub fn into_key(self) -> K {
                self.key
            }

            /// Has the key lead to a value.
            pub fn insert(self, value: &Gc<V>) {
                // The map may have changed since.
                self.map.insert(self.key, value);
            }
        }

        impl<K: fmt::Debug, V: ?Sized, S> fmt::Debug for Occupied<'_, K, V, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple("Occupied").field(&self.lent).finish()
            }
        }

        impl<K: fmt::Debug, V: ?Sized, S> fmt::Debug for Vacant<'_, K, V, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple("Vacant").field(&self.key).finish()
            }
        }

        /// The entries of a [`WeakValueMap`]: see [`WeakValueMap::iter`].
        #[derive(Clone)]
        pub struct Iter<'a, K, V: ?Sized>(Walk<'a, K, V>);

        impl<K, V: ?Sized> Iterator for Iter<'_, K, V> {
            type Item = (Lent<K, V>, Gc<V>);

            fn next(&mut self) -> Option<Self::Item> {
                // A value that waits for its release does not upgrade any more.
                self.0
                    .find_map(|key| Some((key.entry.object()?, key)))
                    .map(|(value, key)| (key, value))
            }
        }

        impl<K: fmt::Debug, V: ?Sized> fmt::Debug for Iter<'_, K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Iter").finish_non_exhaustive()
            }
        }

        /// The entries of a [`WeakValueMap`] that is given up.
        pub struct IntoIter<K, V: ?Sized>(Own<K, V>);

        impl<K, V: ?Sized> Iterator for IntoIter<K, V> {
            type Item = (Lent<K, V>, Gc<V>);

            fn next(&mut self) -> Option<Self::Item> {
                self.0.pop()
            }
        }

        impl<K, V: ?Sized> fmt::Debug for IntoIter<K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("IntoIter").finish_non_exhaustive()
            }
        }

        impl<K, V: ?Sized, S> IntoIterator for WeakValueMap<K, V, S> {
            type Item = (Lent<K, V>, Gc<V>);
            type IntoIter = IntoIter<K, V>;

            fn into_iter(self) -> IntoIter<K, V> {
                let Self { table, hasher } = self;
                IntoIter(after_drop_of(hasher, table))
            }
        }

        impl<'a, K, V: ?Sized, S> IntoIterator for &'a WeakValueMap<K, V, S> {
            type Item = (Lent<K, V>, Gc<V>);
            type IntoIter = Iter<'a, K, V>;

            fn into_iter(self) -> Iter<'a, K, V> {
                self.iter()
            }
        }

        impl<K, V, S> Default for WeakValueMap<K, V, S>
        where
            K: Trace + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: Default,
        {
            fn default() -> Self {
                Self::with_hasher(S::default())
            }
        }

        impl<K, V, S> Clone for WeakValueMap<K, V, S>
        where
            K: Trace + Eq + Hash + Clone + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: BuildHasher + Clone,
        {
            /// A map of its own, of the same keys and values.
            fn clone(&self) -> Self {
                let clone = Self::with_hasher(self.hasher.clone());
                clone.reserve(self.len());
                for (key, value) in self {
                    clone.insert(K::clone(&key), &value);
                }
                clone
            }
        }

        impl<K: Eq + Hash, V: PartialEq + ?Sized, S: BuildHasher> PartialEq for WeakValueMap<K, V, S> {
            fn eq(&self, other: &Self) -> bool {
                let has = |(key, value): (Lent<K, V>, Gc<V>)| {
                    other.get(&*key).is_some_and(|found| found == value)
                };
                self.len() == other.len() && self.iter().all(has)
            }
        }

        impl<K: Eq + Hash, V: Eq + ?Sized, S: BuildHasher> Eq for WeakValueMap<K, V, S> {}

        impl<K, V: ?Sized, S> fmt::Debug for WeakValueMap<K, V, S> {
            /// Names the type and the number of entries, and runs no user code.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "WeakValueMap({} entries)", self.len())
            }
        }

        impl<'a, K, V, S> Extend<(K, &'a Gc<V>)> for WeakValueMap<K, V, S>
        where
            K: Eq + Hash + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: BuildHasher,
        {
            fn extend<I: IntoIterator<Item = (K, &'a Gc<V>)>>(&mut self, entries: I) {
                for (key, value) in entries {
                    self.insert(key, value);
                }
            }
        }

        impl<K, V, const N: usize> From<[(K, &Gc<V>); N]> for WeakValueMap<K, V>
        where
            K: Trace + Eq + Hash + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
        {
            fn from(entries: [(K, &Gc<V>); N]) -> Self {
                entries.into_iter().collect()
            }
        }

        impl<'a, K, V, S> FromIterator<(K, &'a Gc<V>)> for WeakValueMap<K, V, S>
        where
            K: Trace + Eq + Hash + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: BuildHasher + Default,
        {
            fn from_iter<I: IntoIterator<Item = (K, &'a Gc<V>)>>(entries: I) -> Self {
                let mut map = Self::default();
                map.extend(entries);
                map
            }
        }

        impl<K, V, S> BitOrAssign<&Self> for WeakValueMap<K, V, S>
        where
            K: Eq + Hash + Clone + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: BuildHasher,
        {
            /// Adds the entries of the other map; they win.
            fn bitor_assign(&mut self, other: &Self) {
                for (key, value) in other {
                    self.insert(K::clone(&key), &value);
                }
            }
        }

        impl<K, V, S> BitOr for &WeakValueMap<K, V, S>
        where
            K: Trace + Eq + Hash + Clone + $($object)* 'static,
            V: ?Sized + $($object)* 'static,
            S: BuildHasher + Clone,
        {
            type Output = WeakValueMap<K, V, S>;

            /// A map of the entries of both; those of the right one win.
            fn bitor(self, other: Self) -> WeakValueMap<K, V, S> {
                let mut union = self.clone();
                union |= other;
                union
            }
        }
    };
}

pub(crate) use value_map;

value_map! {
    /// A map that holds its values weakly: an entry goes the moment its value does, and its key with
    /// it.
    ///
    /// What a cache is, whose entries live as long as somebody else uses them. It is Python's
    /// `WeakValueDictionary`. All methods take `&self`, so that a map needs no cell to be filled where it
    /// is shared; keys are lent as [`Lent`], which stays readable if the entry goes meanwhile.
    ///
    /// # Costs
    ///
    /// An entry takes an allocation of its own and one place in the table; a value that enters a map for
    /// the first time gets 64 bytes beside it, as for a weak handle. When a value goes, its entry is
    /// removed in constant time. `len` is exact at every moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Gc;
    /// use gordian::weak::WeakValueMap;
    ///
    /// let stock = WeakValueMap::new();
    /// let brie = Gc::new(String::from("a soft cheese"));
    /// stock.insert("Brie", &brie);
    /// assert!(Gc::ptr_eq(&stock.get("Brie").unwrap(), &brie));
    /// drop(brie);
    /// assert!(stock.get("Brie").is_none());
    /// assert_eq!(stock.len(), 0);
    /// ```
    [], "gordian"
}
