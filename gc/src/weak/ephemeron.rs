//! A single ephemeron, of one thread's objects; and, by the same macro, of shared ones.
#![forbid(unsafe_code)]

/// `Ephemeron` for one kind of handles: see [`value_map`](super::value_map).
macro_rules! ephemeron {
    ($(#[$doc:meta])* [$($object:tt)*]) => {
        use std::fmt;
        use std::hash::{BuildHasherDefault, DefaultHasher};

        use super::{Gc, Lent, WeakIdentityMap};
        use crate::trace::Trace;

        $(#[$doc])*
        pub struct Ephemeron<K: ?Sized, V> {
            pub(super) map: WeakIdentityMap<K, V, BuildHasherDefault<DefaultHasher>>,
        }

        impl<K: ?Sized + $($object)* 'static, V: Trace + $($object)* 'static> Ephemeron<K, V> {
            /// Gives a key a value.
            #[must_use]
            pub fn new(key: &Gc<K>, value: V) -> Self {
                let map = WeakIdentityMap::default();
                map.insert(key, value);
                Self { map }
            }
        }

        impl<K: ?Sized, V> Ephemeron<K, V> {
            /// The key, if it is still there.
            #[must_use]
            pub fn key(&self) -> Option<Gc<K>> {
                self.map.keys().next()
            }

            /// The value, if the key is still there.
            #[must_use]
            pub fn value(&self) -> Option<Lent<V, K>> {
                self.map.values().next()
            }

            /// Whether the key is still there.
            #[must_use]
            pub fn is_alive(&self) -> bool {
                !self.map.is_empty()
            }

            /// Gives up the value.
            pub fn clear(&self) {
                self.map.clear();
            }
        }

        impl<K: ?Sized, V> fmt::Debug for Ephemeron<K, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Ephemeron")
                    .field("is_alive", &self.is_alive())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use ephemeron;

ephemeron! {
    /// A value that is there as long as another object, its key, is: a [`WeakKeyMap`] of one entry.
    ///
    /// The value does not keep its key alive, whatever it holds, nor the object that owns the
    /// ephemeron.
    ///
    /// [`WeakKeyMap`]: super::WeakKeyMap
    ///
    /// # Costs
    ///
    /// Three allocations, and 64 bytes beside the key, as for a weak handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Gc;
    /// use gordian::weak::Ephemeron;
    ///
    /// let key = Gc::new(1);
    /// let pair = Ephemeron::new(&key, vec![key.clone()]);
    /// assert_eq!(pair.value().unwrap().len(), 1);
    /// drop(key);
    /// gordian::collect();
    /// assert!(pair.value().is_none());
    /// ```
    []
}
