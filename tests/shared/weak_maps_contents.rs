//! What goes into weak maps and comes out of them.

use super::Gc;
use super::stage::fresh;
use super::weak_maps::{ByKey, ByVal, Obj, by_key, by_val, sorted};

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
