//! Weak handles as keys: equality and hash of the object while it lives, of what is remembered
//! of it afterwards. The rules are those of Python's `weakref.ref`.

use std::hash::{DefaultHasher, Hash, Hasher};

macro_rules! as_keys {
    ($Home:ty, $also:tt, $module:literal) => {
        impl<T: PartialEq + ?Sized> PartialEq for Weak<T> {
            /// Live objects compare by value, dead ones by identity; a live and a dead one are
            /// unequal.
            fn eq(&self, other: &Self) -> bool {
                match (self.upgrade(), other.upgrade()) {
                    (Some(this), Some(other)) => *this == *other,
                    (None, None) => self.ptr_eq(other),
                    _ => false,
                }
            }
        }

        impl<T: Eq + ?Sized> Eq for Weak<T> {}

        impl<T: Hash + ?Sized> Hash for Weak<T> {
            /// The hash of the object, which is remembered by its first hashing while it lives.
            ///
            /// # Panics
            ///
            /// If the object is gone and was never hashed through a weak handle.
            fn hash<H: Hasher>(&self, state: &mut H) {
                let remembered = self.extension().and_then(|extension| extension.hash());
                let hash = remembered.unwrap_or_else(|| {
                    let object = self
                        .upgrade()
                        .expect("the weak handle is dead and was never hashed");
                    let mut hasher = DefaultHasher::new();
                    object.hash(&mut hasher);
                    let hash = hasher.finish();
                    self.extension()
                        .map_or(hash, |extension| extension.set_hash(hash))
                });
                state.write_u64(hash);
            }
        }
    };
}

for_both!(as_keys);
