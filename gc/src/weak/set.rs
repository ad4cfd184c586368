//! Sets whose members are held weakly: of one thread's objects, and, by the same macro, of shared ones.
#![forbid(unsafe_code)]

/// An operator that makes a set of two, and the one that changes the left one.
macro_rules! operator {
    (
        [$($object:tt)*],
        $Op:ident $op:ident $method:ident $doc:literal,
        $Assign:ident $assign:ident $change:ident
    ) => {
        impl<T, S, C> $Op for &WeakSet<T, S, C>
        where
            T: ?Sized + $($object)* 'static,
            S: BuildHasher + Clone,
            C: Compare<T>,
        {
            type Output = WeakSet<T, S, C>;

            #[doc = $doc]
            fn $op(self, other: Self) -> WeakSet<T, S, C> {
                WeakSet::of(self.hasher().clone(), self.$method(other))
            }
        }

        impl<T, S, C> $Assign<&Self> for WeakSet<T, S, C>
        where
            T: ?Sized + $($object)* 'static,
            S: BuildHasher,
            C: Compare<T>,
        {
            #[doc = $doc]
            fn $assign(&mut self, other: &Self) {
                self.$change(other);
            }
        }
    };
}

pub(crate) use operator;

/// `WeakSet` for one kind of handles: see [`value_map`](super::value_map).
macro_rules! set {
    ($(#[$doc:meta])* [$($object:tt)*], $module:literal) => {
        use std::fmt;
        use std::hash::{BuildHasher, RandomState};
        use std::ops::{
            BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Sub, SubAssign,
        };

        use super::{ByIdentity, ByValue, Compare, Gc, WeakKeyMap, key_map};

        $(#[$doc])*
        pub struct WeakSet<T: ?Sized, S = RandomState, C = ByValue> {
            pub(super) map: WeakKeyMap<T, (), S, C>,
        }

        /// A [`WeakSet`] whose members are the same only if they are the same object.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use ", $module, "::Gc;")]
        #[doc = concat!("use ", $module, "::weak::WeakIdentitySet;")]
        ///
        /// let seen = WeakIdentitySet::<f64>::default();
        /// let (a, b) = (Gc::new(0.5), Gc::new(0.5));
        /// seen.insert(&a);
        /// assert!(!seen.contains(&b));
        /// ```
        pub type WeakIdentitySet<T, S = RandomState> = WeakSet<T, S, ByIdentity>;

        impl<T: ?Sized + $($object)* 'static> WeakSet<T> {
            /// An empty set.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// An empty set with room for so many members.
            #[must_use]
            pub fn with_capacity(capacity: usize) -> Self {
                let set = Self::new();
                set.reserve(capacity);
                set
            }
        }

        impl<T: ?Sized + $($object)* 'static, S, C> WeakSet<T, S, C> {
            /// An empty set with this hasher.
            #[must_use]
            pub fn with_hasher(hasher: S) -> Self {
                Self {
                    map: WeakKeyMap::with_hasher(hasher),
                }
            }
        }

        impl<T: ?Sized, S, C> WeakSet<T, S, C> {
            crate::weak::tabled::methods! {
                map, map.hasher, "members", "", "members"
            }

            /// The members, in no particular order. They may come and go meanwhile: those that go are not
            /// visited, those that come may be.
            #[must_use]
            pub fn iter(&self) -> Iter<'_, T> {
                Iter(self.map.iter())
            }

            /// Keeps the members that `keep` says so of.
            pub fn retain(&self, mut keep: impl FnMut(&Gc<T>) -> bool) {
                self.map.retain(|member, ()| keep(member));
            }

            /// Removes all members one by one, and returns them. Those left when the iterator is dropped stay.
            pub fn drain(&self) -> impl Iterator<Item = Gc<T>> {
                std::iter::from_fn(|| self.pop())
            }

            /// Removes a member, whichever, and returns it.
            pub fn pop(&self) -> Option<Gc<T>> {
                self.map.pop().map(key_map::key_of)
            }
        }

        impl<T: ?Sized, S: BuildHasher, C: Compare<T>> WeakSet<T, S, C> {
            /// Whether there is such a member.
            #[must_use]
            pub fn contains(&self, member: &Gc<T>) -> bool {
                self.map.contains_key(member)
            }

            /// The member that is the same.
            #[must_use]
            pub fn get(&self, member: &Gc<T>) -> Option<Gc<T>> {
                self.map.get_key_value(member).map(key_map::key_of)
            }

            /// Removes a member, and returns whether there was one.
            pub fn remove(&self, member: &Gc<T>) -> bool {
                self.map.remove(member).is_some()
            }

            /// Removes a member, and returns it.
            pub fn take(&self, member: &Gc<T>) -> Option<Gc<T>> {
                self.map.remove_entry(member).map(key_map::key_of)
            }

            /// Whether no member is one of the other set.
            #[must_use]
            pub fn is_disjoint(&self, other: &Self) -> bool {
                !self.iter().any(|member| other.contains(&member))
            }

            /// Whether all members are those of the other set, too.
            #[must_use]
            pub fn is_subset(&self, other: &Self) -> bool {
                self.len() <= other.len() && self.iter().all(|member| other.contains(&member))
            }

            /// Whether all members of the other set are those of this one, too.
            #[must_use]
            pub fn is_superset(&self, other: &Self) -> bool {
                other.is_subset(self)
            }

            /// The members of both sets.
            pub fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Gc<T>> + 'a {
                self.iter().filter(|member| other.contains(member))
            }

            /// The members of this set that are not those of the other.
            pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Gc<T>> + 'a {
                self.iter().filter(|member| !other.contains(member))
            }

            /// The members of either set, each once.
            pub fn union<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Gc<T>> + 'a {
                self.iter().chain(other.difference(self))
            }

            /// The members of one of the sets that are not those of the other.
            pub fn symmetric_difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Gc<T>> + 'a {
                self.difference(other).chain(other.difference(self))
            }
        }

        impl<T: ?Sized + $($object)* 'static, S: BuildHasher, C: Compare<T>> WeakSet<T, S, C> {
            /// Adds a member, and returns whether it is new. The set keeps the one that it has, if that is
            /// equal.
            pub fn insert(&self, member: &Gc<T>) -> bool {
                self.map.get_or_insert(member, ()).1
            }

            /// A set of these members.
            fn of(hasher: S, members: impl Iterator<Item = Gc<T>>) -> Self {
                let set = Self::with_hasher(hasher);
                members.for_each(|member| _ = set.insert(&member));
                set
            }

            /// Adds the members of another set, which may be this one.
            pub fn union_with(&self, other: &Self) {
                other.iter().for_each(|member| _ = self.insert(&member));
            }

            /// Removes what is not a member of another set, which may be this one.
            pub fn intersect_with(&self, other: &Self) {
                self.retain(|member| other.contains(member));
            }

            /// Removes the members of another set, which may be this one.
            pub fn subtract(&self, other: &Self) {
                self.remove_all(other.iter().collect());
            }

            /// Removes the members of another set, which may be this one, and adds those that were none
            /// here.
            pub fn symmetric_difference_with(&self, other: &Self) {
                let (common, new): (Vec<_>, Vec<_>) =
                    other.iter().partition(|member| self.contains(member));
                self.remove_all(common);
                new.iter().for_each(|member| _ = self.insert(member));
            }

            fn remove_all(&self, members: Vec<Gc<T>>) {
                members.iter().for_each(|member| _ = self.remove(member));
            }
        }

        /// The members of a [`WeakSet`]: see [`WeakSet::iter`].
        #[derive(Clone)]
        pub struct Iter<'a, T: ?Sized>(key_map::Iter<'a, T, ()>);

        impl<T: ?Sized> Iterator for Iter<'_, T> {
            type Item = Gc<T>;

            fn next(&mut self) -> Option<Gc<T>> {
                self.0.next().map(key_map::key_of)
            }
        }

        impl<T: ?Sized> fmt::Debug for Iter<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Iter").finish_non_exhaustive()
            }
        }

        /// The members of a [`WeakSet`] that is given up.
        pub struct IntoIter<T: ?Sized>(key_map::IntoIter<T, ()>);

        impl<T: ?Sized> Iterator for IntoIter<T> {
            type Item = Gc<T>;

            fn next(&mut self) -> Option<Gc<T>> {
                self.0.next().map(key_map::key_of)
            }
        }

        impl<T: ?Sized> fmt::Debug for IntoIter<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("IntoIter").finish_non_exhaustive()
            }
        }

        impl<T: ?Sized, S, C> IntoIterator for WeakSet<T, S, C> {
            type Item = Gc<T>;
            type IntoIter = IntoIter<T>;

            fn into_iter(self) -> IntoIter<T> {
                IntoIter(self.map.into_iter())
            }
        }

        impl<'a, T: ?Sized, S, C> IntoIterator for &'a WeakSet<T, S, C> {
            type Item = Gc<T>;
            type IntoIter = Iter<'a, T>;

            fn into_iter(self) -> Iter<'a, T> {
                self.iter()
            }
        }

        impl<T: ?Sized + $($object)* 'static, S: Default, C> Default for WeakSet<T, S, C> {
            fn default() -> Self {
                Self::with_hasher(S::default())
            }
        }

        impl<T, S, C> Clone for WeakSet<T, S, C>
        where
            T: ?Sized + $($object)* 'static,
            S: BuildHasher + Clone,
            C: Compare<T>,
        {
            /// A set of its own, of the same members.
            fn clone(&self) -> Self {
                Self {
                    map: self.map.clone(),
                }
            }
        }

        impl<T: ?Sized, S: BuildHasher, C: Compare<T>> PartialEq for WeakSet<T, S, C> {
            fn eq(&self, other: &Self) -> bool {
                self.len() == other.len() && self.is_subset(other)
            }
        }

        impl<T: ?Sized, S: BuildHasher, C: Compare<T>> Eq for WeakSet<T, S, C> {}

        impl<T: ?Sized, S: BuildHasher, C: Compare<T>> PartialOrd for WeakSet<T, S, C> {
            /// A set is less than another if it is a proper subset of it.
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                match (self.is_subset(other), self.is_superset(other)) {
                    (true, true) => Some(std::cmp::Ordering::Equal),
                    (true, false) => Some(std::cmp::Ordering::Less),
                    (false, true) => Some(std::cmp::Ordering::Greater),
                    (false, false) => None,
                }
            }
        }

        impl<T: ?Sized, S, C> fmt::Debug for WeakSet<T, S, C> {
            /// Names the type and the number of members, and runs no user code.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "WeakSet({} members)", self.len())
            }
        }

        impl<'a, T, S, C> Extend<&'a Gc<T>> for WeakSet<T, S, C>
        where
            T: ?Sized + $($object)* 'static,
            S: BuildHasher,
            C: Compare<T>,
        {
            fn extend<I: IntoIterator<Item = &'a Gc<T>>>(&mut self, members: I) {
                for member in members {
                    self.insert(member);
                }
            }
        }

        impl<T, C, const N: usize> From<[&Gc<T>; N]> for WeakSet<T, RandomState, C>
        where
            T: ?Sized + $($object)* 'static,
            C: Compare<T>,
        {
            fn from(members: [&Gc<T>; N]) -> Self {
                members.into_iter().collect()
            }
        }

        impl<'a, T, S, C> FromIterator<&'a Gc<T>> for WeakSet<T, S, C>
        where
            T: ?Sized + $($object)* 'static,
            S: BuildHasher + Default,
            C: Compare<T>,
        {
            fn from_iter<I: IntoIterator<Item = &'a Gc<T>>>(members: I) -> Self {
                let mut set = Self::default();
                set.extend(members);
                set
            }
        }

        $crate::weak::set::operator! {
            [$($object)*],
            BitOr bitor union "The members of either set.",
            BitOrAssign bitor_assign union_with
        }
        $crate::weak::set::operator! {
            [$($object)*],
            BitAnd bitand intersection "The members of both sets.",
            BitAndAssign bitand_assign intersect_with
        }
        $crate::weak::set::operator! {
            [$($object)*],
            Sub sub difference "The members of the left set that are not those of the right one.",
            SubAssign sub_assign subtract
        }
        $crate::weak::set::operator! {
            [$($object)*],
            BitXor bitxor symmetric_difference
                "The members of one of the sets that are not those of the other.",
            BitXorAssign bitxor_assign symmetric_difference_with
        }
    };
}

pub(crate) use set;

set! {
    /// A set that holds its members weakly: a member goes the moment nobody else holds it.
    ///
    /// It is Python's `WeakSet`. All methods take `&self`, so that a set needs no cell to be filled where
    /// it is shared. Members are compared by what they point to, or by identity: [`WeakIdentitySet`].
    ///
    /// # Costs
    ///
    /// As for [`WeakKeyMap`].
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Gc;
    /// use gordian::weak::WeakSet;
    ///
    /// let online = WeakSet::new();
    /// let (anna, ben) = (Gc::new("Anna"), Gc::new("Ben"));
    /// online.insert(&anna);
    /// online.insert(&ben);
    /// drop(ben);
    /// assert_eq!(online.len(), 1);
    /// assert!(online.contains(&anna));
    /// ```
    [], "gordian"
}
