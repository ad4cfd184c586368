//! Maps whose keys are held weakly: maps of ephemerons, of one thread's objects; and, by the same macro,
//! of shared ones.
#![forbid(unsafe_code)]

/// `WeakKeyMap` for one kind of handles: see [`value_map`](super::value_map).
macro_rules! key_map {
    ($(#[$doc:meta])* [$($object:tt)*], $module:literal) => {
        use std::fmt;
        use std::hash::{BuildHasher, RandomState};
        use std::marker::PhantomData;
        use std::ops::{BitOr, BitOrAssign};

        use super::table::{Entry as Pair, Own, Table, Walk};
        use super::{ByIdentity, ByValue, Compare, Gc, Lent};
        use crate::panics::after_drop_of;
        use crate::trace::{Depth, Trace};
        use crate::weak::tabled::Tabled as _;

        $(#[$doc])*
        pub struct WeakKeyMap<K: ?Sized, V, S = RandomState, C = ByValue> {
            pub(super) table: Own<V, K>,
            pub(super) hasher: S,
            compare: PhantomData<C>,
        }

        /// A [`WeakKeyMap`] whose keys are the same only if they are the same object.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $module, "::Gc;")]
        #[doc = concat!("use ", $module, "::weak::WeakIdentityMap;")]
        ///
        /// let names: WeakIdentityMap<dyn Fn() -> i32 + Send + Sync, &str> = WeakIdentityMap::default();
        /// assert!(names.is_empty());
        ///
        /// let names = WeakIdentityMap::<f64, &str>::default();
        /// let (a, b) = (Gc::new(0.5), Gc::new(0.5));
        /// names.insert(&a, "a half");
        /// assert!(names.get(&b).is_none());
        /// ```
        pub type WeakIdentityMap<K, V, S = RandomState> = WeakKeyMap<K, V, S, ByIdentity>;

        impl<K: ?Sized + $($object)* 'static, V: Trace + $($object)* 'static> WeakKeyMap<K, V> {
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

        impl<K: ?Sized + $($object)* 'static, V: Trace + $($object)* 'static, S, C> WeakKeyMap<K, V, S, C> {
            /// An empty map with this hasher.
            #[must_use]
            pub fn with_hasher(hasher: S) -> Self {
                Self {
                    table: Table::by_key(V::trace, V::facts(Depth::START)),
                    hasher,
                    compare: PhantomData,
                }
            }
        }

        impl<K: ?Sized, V, S, C> WeakKeyMap<K, V, S, C> {
            crate::weak::tabled::methods! {
                table, hasher, "entries", ", all of whose keys are there", "keys"
            }

            /// The entries, in no particular order.
            ///
            /// Entries may come and go meanwhile, by this map's methods, by the death of keys, in a
            /// collection: those that go are not visited, those that come may be.
            #[must_use]
            pub fn iter(&self) -> Iter<'_, K, V> {
                Iter(self.table.walk())
            }

            /// The keys, in no particular order; as [`iter`](Self::iter).
            pub fn keys(&self) -> impl Iterator<Item = Gc<K>> {
                self.iter().map(key_of)
            }

            /// The values, in no particular order; as [`iter`](Self::iter).
            pub fn values(&self) -> impl Iterator<Item = Lent<V, K>> {
                self.iter().map(|(key, value)| after_drop_of(key, value))
            }

            /// Keeps the entries that `keep` says so of.
            pub fn retain(&self, mut keep: impl FnMut(&Gc<K>, &V) -> bool) {
                for (key, value) in self {
                    if !keep(&key, &value) {
                        drop(self.table.remove(&value.entry));
                    }
                }
            }

            /// Removes all entries one by one, and returns them. Those left when the iterator is dropped stay.
            pub fn drain(&self) -> impl Iterator<Item = (Gc<K>, Lent<V, K>)> {
                std::iter::from_fn(|| self.pop())
            }

            /// Removes an entry, whichever, and returns it.
            pub fn pop(&self) -> Option<(Gc<K>, Lent<V, K>)> {
                let (value, key) = self.table.pop()?;
                Some((key, value))
            }
        }

        /// The key of an entry.
        pub(super) fn key_of<K: ?Sized, V>((key, value): (Gc<K>, Lent<V, K>)) -> Gc<K> {
            after_drop_of(value, key)
        }

        impl<K: ?Sized, V, S: BuildHasher, C: Compare<K>> WeakKeyMap<K, V, S, C> {
            /// Whether an entry is that of a key.
            fn is_of(entry: &Pair<V, K>, key: &Gc<K>) -> bool {
                entry.is_of(key) || entry.object().is_some_and(|other| C::eq(&other, key))
            }

            /// The value of a key.
            #[must_use]
            pub fn get(&self, key: &Gc<K>) -> Option<Lent<V, K>> {
                let hash = C::hash(&self.hasher, key);
                self.table.find(hash, |entry| Self::is_of(entry, key))
            }

            /// The key that is in the map, and its value.
            #[must_use]
            pub fn get_key_value(&self, key: &Gc<K>) -> Option<(Gc<K>, Lent<V, K>)> {
                let value = self.get(key)?;
                Some((value.entry.object()?, value))
            }

            /// Whether a key has a value.
            #[must_use]
            pub fn contains_key(&self, key: &Gc<K>) -> bool {
                self.get(key).is_some()
            }

            /// Removes the entry of a key, and returns the key that was in the map, and its value.
            pub(super) fn remove_entry(&self, key: &Gc<K>) -> Option<(Gc<K>, Lent<V, K>)> {
                let hash = C::hash(&self.hasher, key);
                let is_it = |entry: &Pair<V, K>| Self::is_of(entry, key);
                let (value, kept) = self.table.remove_found(hash, is_it, Pair::object)?;
                Some((kept?, value))
            }

            /// Removes the entry of a key, and returns its value.
            pub fn remove(&self, key: &Gc<K>) -> Option<Lent<V, K>> {
                let hash = C::hash(&self.hasher, key);
                let is_it = |entry: &Pair<V, K>| Self::is_of(entry, key);
                let (value, ()) = self.table.remove_found(hash, is_it, |_| ())?;
                Some(value)
            }
        }

        impl<K: ?Sized + $($object)* 'static, V: $($object)* 'static, S: BuildHasher, C: Compare<K>> WeakKeyMap<K, V, S, C> {
            /// Gives a key a value, and returns the one that it had before. The map keeps the key that it
            /// has, if that is equal.
            pub fn insert(&self, key: &Gc<K>, value: V) -> Option<Lent<V, K>> {
                let (new, old) = self.replace(key, value);
                after_drop_of(new, old)
            }

            /// Gives a key a value: the new one, and the one that it had before.
            fn replace(&self, key: &Gc<K>, value: V) -> (Lent<V, K>, Option<Lent<V, K>>) {
                let hash = C::hash(&self.hasher, key);
                self.table
                    .replace(hash, value, key, |entry| Self::is_of(entry, key))
            }

            /// Gives a key a value if it has none; the value that it has then, and whether it is new.
            pub(super) fn get_or_insert(&self, key: &Gc<K>, value: V) -> (Lent<V, K>, bool) {
                let hash = C::hash(&self.hasher, key);
                self.table
                    .get_or_insert(hash, value, key, |entry| Self::is_of(entry, key))
            }

            /// The place of a key, to look and insert in one step.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use ", $module, "::Gc;")]
            #[doc = concat!("use ", $module, "::weak::WeakKeyMap;")]
            /// use std::sync::atomic::{AtomicU32, Ordering};
            ///
            /// let visits = WeakKeyMap::new();
            /// let page = Gc::new("index");
            /// for _ in 0..3 {
            ///     let count = visits.entry(&page).or_insert(AtomicU32::new(0));
            ///     count.fetch_add(1, Ordering::Relaxed);
            /// }
            /// assert_eq!(visits.get(&page).unwrap().load(Ordering::Relaxed), 3);
            /// ```
            pub fn entry<'a>(&'a self, key: &'a Gc<K>) -> Entry<'a, K, V, S, C> {
                match self.get(key) {
                    Some(value) => Entry::Occupied(Occupied { map: self, value }),
                    None => Entry::Vacant(Vacant { map: self, key }),
                }
            }
        }

        /// The place of a key in a [`WeakKeyMap`].
        #[derive(Debug)]
        pub enum Entry<'a, K: ?Sized, V, S, C> {
            /// There is a value.
            Occupied(Occupied<'a, K, V, S, C>),
            /// There is none.
            Vacant(Vacant<'a, K, V, S, C>),
        }

        /// A key that has a value in a [`WeakKeyMap`].
        pub struct Occupied<'a, K: ?Sized, V, S, C> {
            map: &'a WeakKeyMap<K, V, S, C>,
            value: Lent<V, K>,
        }

        /// A key that had no value in a [`WeakKeyMap`].
        pub struct Vacant<'a, K: ?Sized, V, S, C> {
            map: &'a WeakKeyMap<K, V, S, C>,
            key: &'a Gc<K>,
        }

        impl<K, V, S, C> Entry<'_, K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: $($object)* 'static,
            S: BuildHasher,
            C: Compare<K>,
        {
            /// The value, which is this one if there was none.
            pub fn or_insert(self, value: V) -> Lent<V, K> {
                self.or_insert_with(|| value)
            }

            /// The value, which `make` makes if there was none. If one has come meanwhile, that stays.
            pub fn or_insert_with(self, make: impl FnOnce() -> V) -> Lent<V, K> {
                match self {
                    Self::Occupied(occupied) => after_drop_of(make, occupied.value),
                    Self::Vacant(vacant) => vacant.map.get_or_insert(vacant.key, make()).0,
                }
            }

            /// Shows the value, if there is one, to `look`.
            #[must_use]
            pub fn and_inspect(self, look: impl FnOnce(&V)) -> Self {
                if let Self::Occupied(occupied) = &self {
                    look(&occupied.value);
                }
                self
            }
        }

        impl<K: ?Sized, V, S, C> Occupied<'_, K, V, S, C> {
            /// The value.
            #[must_use]
            pub fn get(&self) -> &V {
                &self.value
            }

            /// Removes the entry, and returns the value.
            pub fn remove(self) -> Lent<V, K> {
                drop(self.map.table.remove(&self.value.entry));
                self.value
            }
        }

        impl<K, V, S, C> Vacant<'_, K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: $($object)* 'static,
            S: BuildHasher,
            C: Compare<K>,
        {
            /// Gives the key a value, also if one has come meanwhile.
            pub fn insert(self, value: V) -> Lent<V, K> {
                let (new, old) = self.map.replace(self.key, value);
                after_drop_of(old, new)
            }
        }

        impl<K: ?Sized, V: fmt::Debug, S, C> fmt::Debug for Occupied<'_, K, V, S, C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple("Occupied").field(&self.value).finish()
            }
        }

        impl<K: ?Sized, V, S, C> fmt::Debug for Vacant<'_, K, V, S, C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Vacant").finish_non_exhaustive()
            }
        }

        /// The entries of a [`WeakKeyMap`]: see [`WeakKeyMap::iter`].
        #[derive(Clone)]
        pub struct Iter<'a, K: ?Sized, V>(Walk<'a, V, K>);

        impl<K: ?Sized, V> Iterator for Iter<'_, K, V> {
            type Item = (Gc<K>, Lent<V, K>);

            fn next(&mut self) -> Option<Self::Item> {
                // A key that waits for its release does not upgrade any more.
                self.0
                    .find_map(|value| Some((value.entry.object()?, value)))
            }
        }

        impl<K: ?Sized, V> fmt::Debug for Iter<'_, K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Iter").finish_non_exhaustive()
            }
        }

        /// The entries of a [`WeakKeyMap`] that is given up.
        pub struct IntoIter<K: ?Sized, V>(Own<V, K>);

        impl<K: ?Sized, V> Iterator for IntoIter<K, V> {
            type Item = (Gc<K>, Lent<V, K>);

            fn next(&mut self) -> Option<Self::Item> {
                let (value, key) = self.0.pop()?;
                Some((key, value))
            }
        }

        impl<K: ?Sized, V> fmt::Debug for IntoIter<K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("IntoIter").finish_non_exhaustive()
            }
        }

        impl<K: ?Sized, V, S, C> IntoIterator for WeakKeyMap<K, V, S, C> {
            type Item = (Gc<K>, Lent<V, K>);
            type IntoIter = IntoIter<K, V>;

            fn into_iter(self) -> IntoIter<K, V> {
                let Self { table, hasher, .. } = self;
                IntoIter(after_drop_of(hasher, table))
            }
        }

        impl<'a, K: ?Sized, V, S, C> IntoIterator for &'a WeakKeyMap<K, V, S, C> {
            type Item = (Gc<K>, Lent<V, K>);
            type IntoIter = Iter<'a, K, V>;

            fn into_iter(self) -> Iter<'a, K, V> {
                self.iter()
            }
        }

        impl<K, V, S, C> Default for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Trace + $($object)* 'static,
            S: Default,
        {
            fn default() -> Self {
                Self::with_hasher(S::default())
            }
        }

        impl<K, V, S, C> Clone for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Trace + Clone + $($object)* 'static,
            S: BuildHasher + Clone,
            C: Compare<K>,
        {
            /// A map of its own, of the same keys and clones of the values.
            fn clone(&self) -> Self {
                let mut clone = Self::with_hasher(self.hasher.clone());
                clone.reserve(self.len());
                clone |= self;
                clone
            }
        }

        impl<K, V, S, C> PartialEq for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized,
            V: PartialEq,
            S: BuildHasher,
            C: Compare<K>,
        {
            fn eq(&self, other: &Self) -> bool {
                let has = |(key, value): (Gc<K>, Lent<V, K>)| {
                    other.get(&key).is_some_and(|found| *found == *value)
                };
                self.len() == other.len() && self.iter().all(has)
            }
        }

        impl<K: ?Sized, V: Eq, S: BuildHasher, C: Compare<K>> Eq for WeakKeyMap<K, V, S, C> {}

        impl<K: ?Sized, V, S, C> fmt::Debug for WeakKeyMap<K, V, S, C> {
            /// Names the type and the number of entries, and runs no user code.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "WeakKeyMap({} entries)", self.len())
            }
        }

        impl<'a, K, V, S, C> Extend<(&'a Gc<K>, V)> for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: $($object)* 'static,
            S: BuildHasher,
            C: Compare<K>,
        {
            fn extend<I: IntoIterator<Item = (&'a Gc<K>, V)>>(&mut self, entries: I) {
                for (key, value) in entries {
                    self.insert(key, value);
                }
            }
        }

        impl<K, V, C, const N: usize> From<[(&Gc<K>, V); N]> for WeakKeyMap<K, V, RandomState, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Trace + $($object)* 'static,
            C: Compare<K>,
        {
            fn from(entries: [(&Gc<K>, V); N]) -> Self {
                entries.into_iter().collect()
            }
        }

        impl<'a, K, V, S, C> FromIterator<(&'a Gc<K>, V)> for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Trace + $($object)* 'static,
            S: BuildHasher + Default,
            C: Compare<K>,
        {
            fn from_iter<I: IntoIterator<Item = (&'a Gc<K>, V)>>(entries: I) -> Self {
                let mut map = Self::default();
                map.extend(entries);
                map
            }
        }

        impl<K, V, S, C> BitOrAssign<&Self> for WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Clone + $($object)* 'static,
            S: BuildHasher,
            C: Compare<K>,
        {
            /// Adds the entries of the other map; they win.
            fn bitor_assign(&mut self, other: &Self) {
                for (key, value) in other {
                    self.insert(&key, V::clone(&value));
                }
            }
        }

        impl<K, V, S, C> BitOr for &WeakKeyMap<K, V, S, C>
        where
            K: ?Sized + $($object)* 'static,
            V: Trace + Clone + $($object)* 'static,
            S: BuildHasher + Clone,
            C: Compare<K>,
        {
            type Output = WeakKeyMap<K, V, S, C>;

            /// A map of the entries of both; those of the right one win.
            fn bitor(self, other: Self) -> WeakKeyMap<K, V, S, C> {
                let mut union = self.clone();
                union |= other;
                union
            }
        }
    };
}

pub(crate) use key_map;

key_map! {
    /// A map that holds its keys weakly: an entry goes the moment its key does, and its value with it.
    ///
    /// It attaches data to objects that somebody else owns. It is Python's `WeakKeyDictionary`, but for
    /// what its values hold: it is a map of *ephemerons*. A value counts as held only as long as both its
    /// key and the map are alive. So one that leads back to its own key, directly or through other values
    /// of this or of other maps, does not keep it; nor does one that leads to the object that owns the
    /// map. Such cycles are found by the collector, like any others.
    ///
    /// Keys are compared by what they point to, or by identity: [`WeakIdentityMap`], for objects of any
    /// type. All methods take `&self`, so that a map needs no cell to be filled where it is shared; values
    /// are lent as [`Lent`], which stays readable if the entry goes meanwhile. What a lent value holds is
    /// alive until it is given back.
    ///
    /// A key whose type can hold no handle is tracked by the collector from the moment that it enters a
    /// map whose values can.
    ///
    /// # Costs
    ///
    /// An entry takes an allocation of its own and one place in the table; a key that enters a map for
    /// the first time gets 64 bytes beside it, as for a weak handle. When a key goes, its entry is
    /// removed in constant time. `len` is exact at every moment. A collection that visits the owner of a
    /// map looks at all its entries; one that visits a key looks at those of the key.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Gc;
    /// use gordian::weak::WeakKeyMap;
    ///
    /// let notes = WeakKeyMap::new();
    /// let book = Gc::new(String::from("a book"));
    /// notes.insert(&book, vec![book.clone()]); // leads back to its key
    /// assert_eq!(notes.get(&book).unwrap().len(), 1);
    /// drop(book);
    /// gordian::collect();
    /// assert!(notes.is_empty());
    /// ```
    [], "gordian"
}
