//! What weak maps have in common with plain ones: each test for both kinds of map.

use std::collections::HashMap;
use std::fmt::Debug;

use super::Gc;
use super::stage::fresh;
use super::weak::{WeakKeyMap, WeakValueMap};
use super::weak_maps::Obj;

/// A map of numbers to numbers, of which one kind is the contents of objects that are held.
trait Mapping: Clone + PartialEq + Debug + Default {
    fn insert(&self, key: u32, value: u32) -> Option<u32>;
    fn get(&self, key: u32) -> Option<u32>;
    fn contains(&self, key: u32) -> bool;
    fn remove(&self, key: u32) -> Option<u32>;
    fn pop(&self) -> Option<(u32, u32)>;
    fn or_insert(&self, key: u32, value: u32) -> u32;
    fn extend(&mut self, pairs: &[(u32, u32)]);
    fn union(&mut self, other: &Self);
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool;
    fn clear(&self);
    fn items(&self) -> Vec<(u32, u32)>;
    fn keys(&self) -> Vec<u32>;
    fn values(&self) -> Vec<u32>;
}

thread_local! {
    static OBJECTS: Vec<Gc<Obj>> = (0..100).map(|number| Gc::new(Obj(number))).collect();
}

/// The object that is held for a number.
fn held(number: u32) -> Gc<Obj> {
    OBJECTS.with(|objects| objects[number as usize].clone())
}

macro_rules! common {
    () => {
        fn len(&self) -> usize {
            self.len()
        }

        fn is_empty(&self) -> bool {
            self.is_empty()
        }

        fn clear(&self) {
            self.clear();
        }

        fn union(&mut self, other: &Self) {
            *self |= other;
        }
    };
}

impl Mapping for WeakKeyMap<Obj, u32> {
    common!();

    fn insert(&self, key: u32, value: u32) -> Option<u32> {
        self.insert(&held(key), value).map(|old| *old)
    }

    fn get(&self, key: u32) -> Option<u32> {
        self.get(&Gc::new(Obj(key))).map(|value| *value)
    }

    fn contains(&self, key: u32) -> bool {
        self.contains_key(&Gc::new(Obj(key)))
    }

    fn remove(&self, key: u32) -> Option<u32> {
        self.remove(&Gc::new(Obj(key))).map(|value| *value)
    }

    fn pop(&self) -> Option<(u32, u32)> {
        self.pop().map(|(key, value)| (key.0, *value))
    }

    fn or_insert(&self, key: u32, value: u32) -> u32 {
        *self.entry(&held(key)).or_insert(value)
    }

    fn extend(&mut self, pairs: &[(u32, u32)]) {
        let pairs: Vec<_> = pairs.iter().map(|pair| (held(pair.0), pair.1)).collect();
        Extend::extend(self, pairs.iter().map(|(key, value)| (key, *value)));
    }

    fn items(&self) -> Vec<(u32, u32)> {
        self.iter().map(|(key, value)| (key.0, *value)).collect()
    }

    fn keys(&self) -> Vec<u32> {
        self.keys().map(|key| key.0).collect()
    }

    fn values(&self) -> Vec<u32> {
        self.values().map(|value| *value).collect()
    }
}

impl Mapping for WeakValueMap<u32, Obj> {
    common!();

    fn insert(&self, key: u32, value: u32) -> Option<u32> {
        self.insert(key, &held(value)).map(|old| old.0)
    }

    fn get(&self, key: u32) -> Option<u32> {
        self.get(&key).map(|value| value.0)
    }

    fn contains(&self, key: u32) -> bool {
        self.contains_key(&key)
    }

    fn remove(&self, key: u32) -> Option<u32> {
        self.remove(&key).map(|value| value.0)
    }

    fn pop(&self) -> Option<(u32, u32)> {
        self.pop().map(|(key, value)| (*key, value.0))
    }

    fn or_insert(&self, key: u32, value: u32) -> u32 {
        self.entry(key).or_insert(held(value)).0
    }

    fn extend(&mut self, pairs: &[(u32, u32)]) {
        let pairs: Vec<_> = pairs.iter().map(|pair| (pair.0, held(pair.1))).collect();
        Extend::extend(self, pairs.iter().map(|(key, value)| (*key, value)));
    }

    fn items(&self) -> Vec<(u32, u32)> {
        self.iter().map(|(key, value)| (*key, value.0)).collect()
    }

    fn keys(&self) -> Vec<u32> {
        self.keys().map(|key| *key).collect()
    }

    fn values(&self) -> Vec<u32> {
        self.values().map(|value| value.0).collect()
    }
}

/// Known pairs.
const PAIRS: [(u32, u32); 3] = [(1, 11), (2, 12), (3, 13)];
/// A pair that is not among them.
const OTHER: (u32, u32) = (4, 14);

fn full<M: Mapping>() -> M {
    let map = M::default();
    for (key, value) in PAIRS {
        assert!(map.insert(key, value).is_none());
    }
    map
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// A test of each map by itself.
macro_rules! of_both {
    ($($(#[$doc:meta])* $name:ident $check:ident;)+) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            fresh();
            $check::<WeakKeyMap<Obj, u32>>();
            $check::<WeakValueMap<u32, Obj>>();
        }
    )+};
}

of_both! {
    /// `BasicTestMappingProtocol.test_read`
    m_40_read read;
    /// `BasicTestMappingProtocol.test_write`
    m_41_write write;
    /// `BasicTestMappingProtocol.test_constructor`
    m_42_constructor constructor;
    /// `BasicTestMappingProtocol.test_bool`
    m_43_is_empty is_empty;
    /// `BasicTestMappingProtocol.test_keys`
    m_44_keys keys;
    /// `BasicTestMappingProtocol.test_values`
    m_45_values values;
    /// `BasicTestMappingProtocol.test_items`
    m_46_items items;
    /// `BasicTestMappingProtocol.test_len`
    m_47_len len;
    /// `BasicTestMappingProtocol.test_getitem`
    m_48_index index;
    /// `BasicTestMappingProtocol.test_update`
    m_49_update update;
    /// `BasicTestMappingProtocol.test_get`
    m_50_get get;
    /// `BasicTestMappingProtocol.test_setdefault`
    m_51_or_insert or_insert;
    /// `BasicTestMappingProtocol.test_popitem`
    m_52_pop pop;
    /// `BasicTestMappingProtocol.test_pop`
    m_53_remove remove;
}

fn read<M: Mapping>() {
    let (map, plain) = (full::<M>(), HashMap::from(PAIRS));
    assert_eq!(map.len(), plain.len());
    for (key, value) in PAIRS {
        assert!(map.contains(key));
        assert_eq!(map.get(key), Some(value));
    }
    assert!(!map.contains(OTHER.0) && map.get(OTHER.0).is_none());
    assert_eq!(sorted(map.items()), PAIRS);
    assert_eq!(sorted(map.keys()), PAIRS.map(|pair| pair.0));
    assert_eq!(sorted(map.values()), PAIRS.map(|pair| pair.1));
    assert!(M::default() != map && map == full::<M>() && !map.is_empty());
}

fn write<M: Mapping>() {
    let mut map = M::default();
    assert!(map.insert(OTHER.0, OTHER.1).is_none());
    assert_eq!(map.insert(OTHER.0, 15), Some(OTHER.1));
    assert_eq!((map.len(), map.get(OTHER.0)), (1, Some(15)));
    assert_eq!(map.remove(OTHER.0), Some(15));
    assert_eq!((map.len(), map.contains(OTHER.0)), (0, false));
    map.extend(&PAIRS);
    assert_eq!(sorted(map.items()), PAIRS);
    assert_eq!(map.or_insert(1, 99), 11);
    assert_eq!(map.or_insert(OTHER.0, OTHER.1), OTHER.1);
    assert_eq!(map.remove(OTHER.0), Some(OTHER.1));
    assert_eq!(map.remove(OTHER.0).unwrap_or(99), 99);
    let mut popped: Vec<_> = (0..3).map(|_| map.pop().unwrap()).collect();
    popped.sort_unstable();
    assert_eq!((popped, map.len(), map.pop()), (PAIRS.into(), 0, None));
}

fn constructor<M: Mapping>() {
    let (one, other) = (M::default(), M::default());
    assert_eq!(one, other);
    one.insert(1, 11);
    assert_ne!(one, other);
    assert!(other.is_empty());
}

fn is_empty<M: Mapping>() {
    assert!(M::default().is_empty());
    let map = full::<M>();
    assert!(!map.is_empty());
    map.clear();
    assert!(map.is_empty());
}

fn keys<M: Mapping>() {
    assert!(M::default().keys().is_empty());
    let keys = full::<M>().keys();
    assert!(keys.contains(&1) && !keys.contains(&OTHER.0));
}

fn values<M: Mapping>() {
    assert!(M::default().values().is_empty());
    assert_eq!(sorted(full::<M>().values()), [11, 12, 13]);
}

fn items<M: Mapping>() {
    assert!(M::default().items().is_empty());
    assert_eq!(sorted(full::<M>().items()), PAIRS);
}

fn len<M: Mapping>() {
    assert_eq!((M::default().len(), full::<M>().len()), (0, 3));
}

fn index<M: Mapping>() {
    let map = full::<M>();
    for (key, value) in PAIRS {
        assert_eq!(map.get(key), Some(value));
    }
    map.insert(1, 21);
    assert_eq!((map.get(1), map.len()), (Some(21), 3));
}

fn update<M: Mapping>() {
    let mut map = M::default();
    map.union(&full());
    assert_eq!(map, full());
    map.union(&M::default());
    map.extend(&[]);
    assert_eq!(sorted(map.items()), PAIRS);
    map.extend(&[OTHER, (1, 21)]);
    assert_eq!(sorted(map.items()), [(1, 21), (2, 12), (3, 13), OTHER]);
}

fn get<M: Mapping>() {
    assert_eq!(M::default().get(1), None);
    let map = full::<M>();
    assert_eq!(map.get(OTHER.0), None);
    assert_eq!(map.get(OTHER.0).unwrap_or(9), 9);
    assert_eq!(map.get(2), Some(12));
}

fn or_insert<M: Mapping>() {
    let map = M::default();
    assert_eq!(map.or_insert(1, 11), 11);
    assert_eq!(map.or_insert(1, 12), 11);
    assert_eq!((map.get(1), map.len()), (Some(11), 1));
}

fn pop<M: Mapping>() {
    assert_eq!(M::default().pop(), None);
    let map = full::<M>();
    map.clear();
    assert_eq!(map.pop(), None);
}

fn remove<M: Mapping>() {
    assert_eq!(M::default().remove(1), None);
    let map = M::default();
    map.insert(1, 11);
    assert_eq!(
        (map.remove(1), map.len(), map.remove(1)),
        (Some(11), 0, None)
    );
}
