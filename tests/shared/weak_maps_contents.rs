//! What goes into weak maps and comes out of them.

use super::stage::fresh;
use super::weak::{WeakIdentitySet, WeakSet};
use super::weak_maps::{ByKey, ByVal, Obj, by_key, by_val, sorted};
use super::{Gc, gc};

/// `MappingTestCase.test_make_weak_keyed_dict_from_dict`
#[test]
fn m_11_weak_keyed_from_pairs() {
    fresh();
    let key = Gc::new(Obj(3));
    let map = ByKey::from_iter([(&key, 364)]);
    assert_eq!(*map.get(&key).unwrap(), 364);
}

/// `MappingTestCase.test_make_weak_keyed_dict_from_weak_keyed_dict`
#[test]
fn m_12_weak_keyed_from_its_like() {
    fresh();
    let (key, other) = (Gc::new(Obj(3)), Gc::new(Obj(4)));
    let map = ByKey::from_iter([(&key, 364)]);
    let copy = map.clone();
    assert_eq!(
        (map.get(&key).as_deref(), copy.get(&key).as_deref()),
        (Some(&364), Some(&364))
    );
    copy.insert(&other, 1);
    map.insert(&key, 365);
    assert_eq!(
        (map.len(), copy.len(), *copy.get(&key).unwrap()),
        (1, 2, 364)
    );
}

/// `MappingTestCase.test_make_weak_valued_dict_from_dict`
#[test]
fn m_13_weak_valued_from_pairs() {
    fresh();
    let value = Gc::new(Obj(3));
    let map = ByVal::from_iter([(364, &value)]);
    assert!(Gc::ptr_eq(&map.get(&364).unwrap(), &value));
}

/// `MappingTestCase.test_make_weak_valued_dict_from_weak_valued_dict`
#[test]
fn m_14_weak_valued_from_its_like() {
    fresh();
    let (value, other) = (Gc::new(Obj(3)), Gc::new(Obj(4)));
    let map = ByVal::from_iter([(364, &value)]);
    let copy = map.clone();
    copy.insert(365, &other);
    map.insert(364, &other);
    assert!(Gc::ptr_eq(&copy.get(&364).unwrap(), &value));
    assert_eq!((map.len(), copy.len()), (1, 2));
}

/// `MappingTestCase.test_weak_valued_dict_popitem`
#[test]
fn m_15_weak_valued_pop() {
    fresh();
    let (one, two, dead) = (Gc::new(Obj(1)), Gc::new(Obj(2)), Gc::new(Obj(3)));
    let map = ByVal::from_iter([(11, &one), (12, &two), (13, &dead)]);
    drop(dead);
    assert_eq!(map.len(), 2);
    let mut popped = Vec::new();
    for left in [1, 0] {
        let (key, value) = map.pop().unwrap();
        assert_eq!(map.len(), left);
        popped.push((*key, value.0));
    }
    assert_eq!(sorted(popped), [(11, 1), (12, 2)]);
    assert!(map.pop().is_none());
}

/// `MappingTestCase.test_weak_keyed_dict_popitem`
#[test]
fn m_16_weak_keyed_pop() {
    fresh();
    let (one, two, dead) = (Gc::new(Obj(1)), Gc::new(Obj(2)), Gc::new(Obj(3)));
    let map = ByKey::from_iter([(&one, 11), (&two, 12), (&dead, 13)]);
    drop(dead);
    assert_eq!(map.len(), 2);
    let mut popped = Vec::new();
    for left in [1, 0] {
        let (key, value) = map.pop().unwrap();
        assert_eq!(map.len(), left);
        popped.push((key.0, *value));
    }
    assert_eq!(sorted(popped), [(1, 11), (2, 12)]);
    assert!(map.pop().is_none());
}

/// `MappingTestCase.test_weak_valued_dict_setdefault`
#[test]
fn m_17_weak_valued_entry() {
    fresh();
    let (one, two) = (Gc::new(Obj(1)), Gc::new(Obj(2)));
    let map = ByVal::new();
    for value in [&one, &two] {
        assert!(Gc::ptr_eq(&map.entry(5).or_insert(value.clone()), &one));
        assert!(map.contains_key(&5) && Gc::ptr_eq(&map.get(&5).unwrap(), &one));
    }
}

/// `MappingTestCase.test_weak_keyed_dict_setdefault`
#[test]
fn m_18_weak_keyed_entry() {
    fresh();
    let key = Gc::new(Obj(5));
    let map = ByKey::new();
    for value in [1, 2] {
        assert_eq!(*map.entry(&key).or_insert(value), 1);
        assert_eq!((map.contains_key(&key), *map.get(&key).unwrap()), (true, 1));
    }
}

/// `MappingTestCase.test_weak_valued_dict_update`
#[test]
fn m_19_weak_valued_update() {
    fresh();
    let (source, objs) = by_val();
    let mut map = ByVal::new();
    map.extend(
        source
            .iter()
            .map(|(key, value)| (*key, value))
            .collect::<Vec<_>>()
            .iter()
            .map(|(key, value)| (*key, value)),
    );
    assert_eq!(map.len(), objs.len());
    for obj in &objs {
        assert!(Gc::ptr_eq(&map.get(&obj.0).unwrap(), obj));
    }
}

/// `MappingTestCase.test_weak_keyed_dict_update`
#[test]
fn m_20_weak_keyed_update() {
    fresh();
    let (source, objs) = by_key();
    let mut map = ByKey::new();
    map |= &source;
    assert_eq!(map.len(), objs.len());
    for obj in &objs {
        let (key, value) = map.get_key_value(obj).unwrap();
        assert!(Gc::ptr_eq(&key, obj) && *value == obj.0);
    }
}

/// `MappingTestCase.test_weak_valued_union_operators`
#[test]
fn m_21_weak_valued_union() {
    fresh();
    let [a, b, c] = [1, 2, 3].map(|number| Gc::new(Obj(number)));
    let left = ByVal::from_iter([(1, &a), (2, &b)]);
    let right = ByVal::from_iter([(2, &c), (3, &a)]);
    let union = &left | &right;
    let mut in_place = left.clone();
    in_place |= &right;
    let mut extended = left.clone();
    extended.extend([(2, &c), (3, &a)]);
    let check = |expected: &[(u32, u32)]| {
        for map in [&union, &in_place, &extended] {
            assert_eq!(
                sorted(map.iter().map(|(key, value)| (*key, value.0))),
                expected
            );
            assert_eq!(map.len(), expected.len());
        }
    };
    check(&[(1, 1), (2, 3), (3, 1)]);
    assert_eq!((left.len(), right.len()), (2, 2));
    assert!(Gc::ptr_eq(&left.get(&2).unwrap(), &b));
    drop(a);
    check(&[(2, 3)]);
    assert_eq!((left.len(), right.len()), (1, 1));
}

/// `MappingTestCase.test_weak_keyed_union_operators`
#[test]
fn m_22_weak_keyed_union() {
    fresh();
    let [o1, o2, o3] = [1, 2, 3].map(|number| Gc::new(Obj(number)));
    let left = ByKey::from_iter([(&o1, 1), (&o2, 2)]);
    let right = ByKey::from_iter([(&o1, 4), (&o3, 3)]);
    let union = &left | &right;
    let mut in_place = left.clone();
    in_place |= &right;
    let mut extended = left.clone();
    extended.extend([(&o1, 4), (&o3, 3)]);
    let check = |expected: &[(u32, u32)]| {
        for map in [&union, &in_place, &extended] {
            assert_eq!(
                sorted(map.iter().map(|(key, value)| (key.0, *value))),
                expected
            );
            assert_eq!(map.len(), expected.len());
        }
    };
    check(&[(1, 4), (2, 2), (3, 3)]);
    assert_eq!(
        (*left.get(&o1).unwrap(), left.len(), right.len()),
        (1, 2, 2)
    );
    drop(o1);
    check(&[(2, 2), (3, 3)]);
    assert_eq!((left.len(), right.len()), (1, 1));
}

/// `MappingTestCase.test_weak_keyed_delitem`
#[test]
fn m_23_weak_keyed_remove() {
    fresh();
    let (one, two) = (Gc::new(Obj(1)), Gc::new(Obj(2)));
    let map = ByKey::from_iter([(&one, 1), (&two, 2)]);
    assert_eq!(*map.remove(&one).unwrap(), 1);
    assert_eq!((map.len(), *map.get(&two).unwrap()), (1, 2));
    assert!(!map.contains_key(&one));
}

/// `MappingTestCase.test_weak_valued_delitem`
#[test]
fn m_24_weak_valued_remove() {
    fresh();
    let (one, two) = (Gc::new(Obj(1)), Gc::new(Obj(2)));
    let map = ByVal::from_iter([(1, &one), (2, &two)]);
    assert!(Gc::ptr_eq(&map.remove(&1).unwrap(), &one));
    assert_eq!(map.len(), 1);
    assert!(Gc::ptr_eq(&map.get(&2).unwrap(), &two) && !map.contains_key(&1));
}

/// `MappingTestCase.test_weak_keyed_bad_delitem`
#[test]
fn m_25_absent_keys() {
    fresh();
    let map = ByKey::new();
    let key = Gc::new(Obj(1));
    assert!(map.remove(&key).is_none() && map.get(&key).is_none());
    map.insert(&Gc::new(Obj(2)), 2);
    assert!(map.remove(&key).is_none() && map.get(&key).is_none());
    assert_eq!(Gc::weak_count(&key), 0);
}

/// What is found at an entry, and what becomes of it.
#[test]
fn entries_of_weak_valued_maps() {
    use super::weak::value_map::Entry;

    fresh();
    let (one, two) = (Gc::new(Obj(1)), Gc::new(Obj(2)));
    let map = ByVal::from_iter([(5, &one)]);
    let mut seen = Vec::new();
    for key in [5, 6] {
        let _ = map.entry(key).and_inspect(|value| seen.push(value.0));
    }
    assert_eq!(seen, [1]);
    let Entry::Occupied(occupied) = map.entry(5) else {
        panic!("there is one");
    };
    assert_eq!((*occupied.key(), occupied.get().0), (5, 1));
    assert_eq!(format!("{occupied:?}"), "Occupied(5)");
    assert!(Gc::ptr_eq(&occupied.remove(), &one));
    assert!(map.is_empty() && Gc::weak_count(&one) == 0);
    let vacant = |key| match map.entry(key) {
        Entry::Vacant(vacant) => vacant,
        Entry::Occupied(_) => panic!("there is none"),
    };
    assert_eq!((*vacant(5).key(), vacant(5).into_key()), (5, 5));
    assert_eq!(format!("{:?}", vacant(5)), "Vacant(5)");
    let late = vacant(5);
    map.insert(5, &one);
    late.insert(&two);
    assert_eq!((map.len(), map.get(&5).unwrap().0), (1, 2));
}

/// The same of keys.
#[test]
fn entries_of_weak_keyed_maps() {
    use super::weak::key_map::Entry;

    fresh();
    let (one, two) = (Gc::new(Obj(1)), Gc::new(Obj(2)));
    let map = ByKey::from_iter([(&one, 5)]);
    let mut seen = Vec::new();
    for key in [&one, &two] {
        let _ = map.entry(key).and_inspect(|value| seen.push(*value));
    }
    assert_eq!(seen, [5]);
    let Entry::Occupied(occupied) = map.entry(&one) else {
        panic!("there is one");
    };
    assert_eq!(*occupied.get(), 5);
    assert!(format!("{occupied:?}").starts_with("Occupied("));
    let value = occupied.remove();
    assert!(map.is_empty() && *value == 5);
    let Entry::Vacant(vacant) = map.entry(&one) else {
        panic!("there is none");
    };
    assert_eq!(format!("{vacant:?}"), "Vacant { .. }");
    map.insert(&one, 6);
    assert_eq!(*vacant.insert(7), 7);
    assert_eq!((map.len(), *map.get(&one).unwrap()), (1, 7));
}

#[test]
fn weak_collections_make_room() {
    fresh();
    let (by_key, by_val) = (ByKey::with_capacity(20), ByVal::with_capacity(20));
    let set = WeakIdentitySet::<Obj>::default();
    assert_eq!(set.capacity(), 0);
    set.reserve(20);
    assert!(by_key.capacity() >= 20 && by_val.capacity() >= 20 && set.capacity() >= 20);
    assert!(WeakSet::<Obj>::with_capacity(20).capacity() >= 20);
}

/// A set has no handle that would keep anything; neither has a loan, whose borrower is not traced. But
/// the owner of a set is tracked all the same, as that of a map is.
#[test]
fn weak_collections_in_objects() {
    fresh();
    let key = Gc::new(Obj(1));
    let by_key = ByKey::from_iter([(&key, 2)]);
    let by_val = ByVal::from_iter([(3, &key)]);
    let set = WeakSet::<Obj>::from_iter([&key]);
    let lent = Gc::new(by_key.get(&key).unwrap());
    assert!(!gc::is_tracked(&lent));
    let (by_key, by_val, set) = (Gc::new(by_key), Gc::new(by_val), Gc::new(set));
    assert!(gc::is_tracked(&by_key) && gc::is_tracked(&by_val) && gc::is_tracked(&set));
    let beside = by_key.get(&key);
    let all = Gc::new((by_key, by_val, set, lent, beside));
    drop((key, all.clone()));
    assert_eq!((all.0.len(), all.1.len(), all.2.len()), (0, 0, 0));
    assert_eq!((gc::collect(), **all.3), (0, 2));
}
