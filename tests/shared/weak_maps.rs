//! Weak maps, one operation at a time, and what their iterators see.

use std::hash::{Hash, Hasher};

use super::stage::{Slot, fresh};
use super::weak::{WeakKeyMap, WeakValueMap};
use super::{Gc, Trace, Weak, gc};

/// A key or value that is compared by what it says.
#[derive(Trace, Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Obj(pub(super) u32);

pub(super) type ByKey = WeakKeyMap<Obj, u32>;
pub(super) type ByVal = WeakValueMap<u32, Obj>;

pub(super) fn objs(count: u32) -> Vec<Gc<Obj>> {
    (0..count).map(|number| Gc::new(Obj(number))).collect()
}

/// A map of ten keys, and who holds them.
pub(super) fn by_key() -> (ByKey, Vec<Gc<Obj>>) {
    let objs = objs(10);
    (objs.iter().map(|obj| (obj, obj.0)).collect(), objs)
}

/// A map of ten values, and who holds them.
pub(super) fn by_val() -> (ByVal, Vec<Gc<Obj>>) {
    let objs = objs(10);
    (objs.iter().map(|obj| (obj.0, obj)).collect(), objs)
}

pub(super) fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort();
    items
}

fn to_ten() -> Vec<u32> {
    (0..10).collect()
}

/// `MappingTestCase.test_weak_values`
#[test]
fn m_01_weak_values() {
    fresh();
    let (map, mut objs) = by_val();
    assert!(objs.iter().all(|obj| Gc::weak_count(obj) == 1));
    assert!(
        objs.iter()
            .all(|obj| Gc::ptr_eq(obj, &map.get(&obj.0).unwrap()))
    );
    let copy = map.clone();
    assert_eq!((map.len(), &copy), (10, &map));
    assert_eq!(sorted(copy.iter().map(|(key, value)| (*key, value.0))), {
        to_ten().into_iter().map(|n| (n, n)).collect::<Vec<_>>()
    });
    drop(objs.remove(0));
    assert_eq!((map.len(), copy.len()), (9, 9));
    assert!(map.get(&0).is_none() && map.get(&1).is_some());
    drop(objs);
    assert_eq!((map.len(), copy.len(), map.iter().count()), (0, 0, 0));
    assert!(map.insert(99, &Gc::new(Obj(99))).is_none());
    assert!(map.get(&99).is_none() && !map.contains_key(&99) && map.is_empty());
}

/// `MappingTestCase.test_weak_keys`
#[test]
fn m_02_weak_keys() {
    fresh();
    let (map, mut objs) = by_key();
    assert!(objs.iter().all(|obj| Gc::weak_count(obj) == 1));
    assert!(objs.iter().all(|obj| *map.get(obj).unwrap() == obj.0));
    assert!(objs.iter().all(|obj| map.contains_key(obj)));
    assert!(!map.contains_key(&Gc::new(Obj(10))));
    let copy = map.clone();
    assert_eq!((map.len(), &copy), (10, &map));
    assert_eq!(sorted(copy.values().map(|value| *value)), to_ten());
    drop(objs.remove(0));
    assert_eq!((map.len(), copy.len()), (9, 9));
    assert!(!map.contains_key(&Gc::new(Obj(0))));
    drop(objs);
    assert_eq!((map.len(), copy.len(), map.iter().count()), (0, 0, 0));
    assert!(map.insert(&Gc::new(Obj(99)), 99).is_none());
    assert!(!map.contains_key(&Gc::new(Obj(99))) && map.is_empty());
}

/// `MappingTestCase.test_weak_keyed_iters`
#[test]
fn m_03_weak_keyed_iterators() {
    fresh();
    let (map, objs) = by_key();
    assert_eq!(
        sorted(map.iter().map(|(key, value)| {
            assert_eq!(key.0, *value);
            assert!(Gc::ptr_eq(&key, &objs[key.0 as usize]));
            key.0
        })),
        to_ten()
    );
    assert_eq!(sorted(map.keys().map(|key| key.0)), to_ten());
    assert_eq!(sorted(map.values().map(|value| *value)), to_ten());
    let refs: Vec<Weak<Obj>> = map.keys().map(|key| Gc::downgrade(&key)).collect();
    assert_eq!(
        sorted(refs.iter().map(|weak| weak.upgrade().unwrap().0)),
        to_ten()
    );
    assert_eq!(sorted((&map).into_iter().map(|(key, _)| key.0)), to_ten());
}

/// `MappingTestCase.test_weak_valued_iters`
#[test]
fn m_04_weak_valued_iterators() {
    fresh();
    let (map, objs) = by_val();
    assert_eq!(
        sorted(map.iter().map(|(key, value)| {
            assert_eq!(*key, value.0);
            assert!(Gc::ptr_eq(&value, &objs[*key as usize]));
            *key
        })),
        to_ten()
    );
    assert_eq!(sorted(map.keys().map(|key| *key)), to_ten());
    assert_eq!(sorted(map.values().map(|value| value.0)), to_ten());
    let refs: Vec<Weak<Obj>> = map.values().map(|value| Gc::downgrade(&value)).collect();
    assert_eq!(
        sorted(refs.iter().map(|weak| weak.upgrade().unwrap().0)),
        to_ten()
    );
    assert_eq!(sorted((&map).into_iter().map(|(key, _)| *key)), to_ten());
}

/// An object that holds itself; compared by its number.
#[derive(Trace)]
pub(super) struct Loop {
    pub(super) number: usize,
    pub(super) me: Slot<Gc<Loop>>,
}

impl Loop {
    pub(super) fn new(number: usize) -> Gc<Self> {
        let this = Gc::new(Self {
            number,
            me: Slot::empty(),
        });
        this.me.set(this.clone());
        this
    }
}

impl PartialEq for Loop {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Loop {}

impl Hash for Loop {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

pub(super) fn loops() -> Vec<Gc<Loop>> {
    (0..20).map(Loop::new).collect()
}

/// `MappingTestCase.test_weak_keyed_len_cycles`
#[test]
fn m_05_weak_keyed_len_of_cycles() {
    fresh();
    let items = loops();
    let map: WeakKeyMap<Loop, u8> = items.iter().map(|item| (item, 1)).collect();
    let mut iterator = map.iter();
    drop(iterator.next());
    drop(items);
    assert_eq!(map.len(), 20);
    gc::collect();
    assert!(map.len() <= 1, "{}", map.len());
    assert!(iterator.next().is_none() || map.len() == 1);
    drop(iterator);
    gc::collect();
    assert_eq!(map.len(), 0);
}

/// `MappingTestCase.test_weak_valued_len_cycles`
#[test]
fn m_06_weak_valued_len_of_cycles() {
    fresh();
    let items = loops();
    let map: WeakValueMap<u8, Loop> = items.iter().map(|item| (1, item)).collect();
    assert_eq!(map.len(), 1, "all under one key");
    let mut iterator = map.iter();
    drop(iterator.next());
    drop(items);
    gc::collect();
    assert!(map.len() <= 1);
    drop(iterator);
    gc::collect();
    assert_eq!(map.len(), 0);
}

/// What `test` says of the length with its iterator alive, and after it, with any thresholds.
///
/// It takes something to make objects with, so that collections start.
pub(super) fn race(test: impl Fn(&dyn Fn()) -> (usize, usize)) {
    let old = gc::threshold();
    let mut did_collect = false;
    for threshold in 1..100 {
        gc::collect();
        gc::set_threshold((threshold, threshold, threshold));
        gc::enable();
        let allocate = || {
            for number in 0..threshold {
                drop(Loop::new(number));
            }
        };
        let (first, second) = test(&allocate);
        gc::disable();
        assert!(
            first <= 20 && second <= first,
            "{threshold}: {first} {second}"
        );
        did_collect |= second < 20;
    }
    gc::set_threshold(old);
    assert!(did_collect, "some collection was an automatic one");
}

/// `MappingTestCase.test_weak_keyed_len_race`
#[test]
fn m_07_weak_keyed_len_race() {
    fresh();
    race(|allocate| {
        let items = loops();
        let map: WeakKeyMap<Loop, u8> = items.iter().map(|item| (item, 1)).collect();
        drop(items);
        let mut iterator = map.iter();
        drop(iterator.next());
        allocate();
        let first = map.len();
        drop(iterator);
        allocate();
        (first, map.len())
    });
}

/// `MappingTestCase.test_weak_valued_len_race`
#[test]
fn m_08_weak_valued_len_race() {
    fresh();
    race(|allocate| {
        let items = loops();
        let map: WeakValueMap<usize, Loop> = items.iter().map(|item| (item.number, item)).collect();
        drop(items);
        let mut iterator = map.iter();
        drop(iterator.next());
        allocate();
        let first = map.len();
        drop(iterator);
        allocate();
        (first, map.len())
    });
}

/// An iterator that was advanced once; one of the others dies; counts the rest.
fn destroy_while_iterating<T>(
    objs: &mut Vec<Gc<Obj>>,
    mut iterator: impl Iterator<Item = T>,
    len: impl Fn() -> usize,
) {
    drop(iterator.next().unwrap());
    drop(objs.pop());
    assert_eq!(len(), 9);
    let rest = iterator.count();
    assert!(rest == 8 || rest == 9, "{rest}");
    assert_eq!(len(), 9);
}

/// `MappingTestCase.test_weak_keys_destroy_while_iterating`
#[test]
fn m_09_weak_keys_destroyed_while_iterating() {
    fresh();
    let (map, mut objs) = by_key();
    destroy_while_iterating(&mut objs, map.keys(), || map.len());
    let (map, mut objs) = by_key();
    destroy_while_iterating(&mut objs, map.iter(), || map.len());
    let (map, mut objs) = by_key();
    destroy_while_iterating(&mut objs, map.values(), || map.len());
    let (map, mut objs) = by_key();
    let refs = map.keys().map(|key| Gc::downgrade(&key));
    destroy_while_iterating(&mut objs, refs, || map.len());

    // With an iterator alive and a dead key, which `test` gets again.
    fn within(map: &ByKey, objs: &mut Vec<Gc<Obj>>, test: impl FnOnce(&Gc<Obj>)) {
        let mut iterator = map.iter();
        drop(iterator.next());
        let again = Gc::new(Obj(objs.pop().unwrap().0));
        test(&again);
        drop(iterator);
    }
    let (mut map, mut objs) = by_key();
    within(&map, &mut objs, |key| assert!(!map.contains_key(key)));
    within(&map, &mut objs, |key| assert!(map.remove(key).is_none()));
    within(&map, &mut objs, |key| {
        assert!(map.get_key_value(key).is_none());
    });
    assert_eq!(map.len(), 7);
    let mut kept = None;
    within(&map, &mut objs, |key| {
        assert!(map.insert(key, 77).is_none());
        assert_eq!(*map.get(key).unwrap(), 77);
        kept = Some(key.clone());
    });
    assert_eq!(
        (map.len(), *map.get(kept.as_ref().unwrap()).unwrap()),
        (7, 77)
    );
    let copy = map.clone();
    let mut iterator = copy.iter();
    drop((iterator.next(), objs.pop()));
    map |= &copy;
    assert_eq!(map, copy);
    drop(iterator);
    within(&map, &mut objs, |_| {
        map.clear();
        assert_eq!(map.len(), 0);
    });
    assert_eq!(map.len(), 0);
}

/// With an iterator alive and a dead value.
fn within_values(map: &ByVal, objs: &mut Vec<Gc<Obj>>, test: impl FnOnce(u32)) {
    let mut iterator = map.values();
    drop(iterator.next());
    let key = objs.pop().unwrap().0;
    test(key);
    drop(iterator);
}

/// `MappingTestCase.test_weak_values_destroy_while_iterating`
#[test]
fn m_10_weak_values_destroyed_while_iterating() {
    fresh();
    let (map, mut objs) = by_val();
    destroy_while_iterating(&mut objs, map.keys(), || map.len());
    let (map, mut objs) = by_val();
    destroy_while_iterating(&mut objs, map.iter(), || map.len());
    let (map, mut objs) = by_val();
    destroy_while_iterating(&mut objs, map.values(), || map.len());
    let (map, mut objs) = by_val();
    let refs = map.values().map(|value| Gc::downgrade(&value));
    destroy_while_iterating(&mut objs, refs, || map.len());

    let (mut map, mut objs) = by_val();
    within_values(&map, &mut objs, |key| assert!(!map.contains_key(&key)));
    within_values(&map, &mut objs, |key| assert!(map.remove(&key).is_none()));
    within_values(&map, &mut objs, |key| {
        assert!(map.get_key_value(&key).is_none());
    });
    let mut kept = None;
    within_values(&map, &mut objs, |key| {
        let value = Gc::new(Obj(77));
        assert!(map.insert(key, &value).is_none());
        assert!(Gc::ptr_eq(&map.get(&key).unwrap(), &value));
        kept = Some((key, value));
    });
    let (key, value) = kept.unwrap();
    assert_eq!(map.len(), 7);
    assert!(Gc::ptr_eq(&map.get(&key).unwrap(), &value));
    let copy = map.clone();
    let mut iterator = copy.iter();
    drop((iterator.next(), objs.pop()));
    map |= &copy;
    assert_eq!(map, copy);
    drop(iterator);
    within_values(&map, &mut objs, |_| {
        map.clear();
        assert_eq!(map.len(), 0);
    });
}

/// Lengths, while entries go by the one way and the other.
#[test]
fn m_10_lengths_while_iterating() {
    fresh();
    let (map, mut objs) = by_val();
    let other = Gc::new(Obj(123_456));
    let mut n = 0;
    within_values(&map, &mut objs, |_| {
        n = map.len();
        assert!(map.remove(&0).is_some());
        assert_eq!(map.len(), n - 1);
        map.insert(123_456, &other);
        assert_eq!(map.len(), n);
    });
    within_values(&map, &mut objs, |_| {
        assert_eq!(map.len(), n - 1);
        assert!(map.remove(&123_456).is_some());
        assert_eq!(map.len(), n - 2);
    });
    within_values(&map, &mut objs, |_| {
        assert_eq!(map.len(), n - 3);
        assert!(map.remove(&1).is_some());
        assert_eq!(map.len(), n - 4);
    });
    within_values(&map, &mut objs, |_| {
        assert_eq!(map.len(), n - 5);
        assert!(map.pop().is_some());
        assert_eq!(map.len(), n - 6);
    });
    within_values(&map, &mut objs, |_| {
        map.clear();
        assert_eq!(map.len(), 0);
    });
    assert_eq!((map.len(), objs.len()), (0, 5));

    let (map, _objs) = by_val();
    let seen = map
        .keys()
        .filter(|key| map.contains_key(&**key) && map.len() == 10);
    assert_eq!(seen.count(), 10, "questions do not disturb");
}
