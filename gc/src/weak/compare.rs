//! When two objects are the same key.
#![forbid(unsafe_code)]

use std::hash::{BuildHasher, Hash};
use std::ptr;

/// How the keys of a weak collection are compared: [`ByValue`] or [`ByIdentity`].
pub trait Compare<K: ?Sized>: sealed::Sealed {
    /// The hash of a key.
    #[doc(hidden)]
    fn hash<S: BuildHasher>(hasher: &S, key: &K) -> u64;

    /// Whether two keys are the same.
    #[doc(hidden)]
    fn eq(one: &K, other: &K) -> bool;
}

/// Keys are the same if they are equal; the hash is taken once, when a key is inserted.
#[derive(Clone, Copy, Debug)]
pub enum ByValue {}

/// Keys are the same if they are the same object, whatever their type.
#[derive(Clone, Copy, Debug)]
pub enum ByIdentity {}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else is to implement `Compare`")]
    pub trait Sealed {}
    impl Sealed for super::ByValue {}
    impl Sealed for super::ByIdentity {}
}

impl<K: Eq + Hash + ?Sized> Compare<K> for ByValue {
    fn hash<S: BuildHasher>(hasher: &S, key: &K) -> u64 {
        hasher.hash_one(key)
    }

    fn eq(one: &K, other: &K) -> bool {
        one == other
    }
}

impl<K: ?Sized> Compare<K> for ByIdentity {
    fn hash<S: BuildHasher>(hasher: &S, key: &K) -> u64 {
        hasher.hash_one(ptr::from_ref(key).cast::<()>())
    }

    fn eq(one: &K, other: &K) -> bool {
        ptr::addr_eq(one, other)
    }
}
