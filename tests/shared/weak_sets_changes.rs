//! Weak sets that change.

use super::Gc;
use super::stage::fresh;
use super::weak_maps::{Obj, objs};
use super::weak_sets::{Set, Stage, equal, members, set, stage};

/// `TestWeakSet.test_init`
#[test]
fn m_75_replace_contents() {
    let Stage {
        items,
        others,
        left,
        ..
    } = stage();
    let mut again = Set::new();
    again.extend(&items);
    again.clear();
    again.extend(&others);
    assert_eq!(members(&again), [3, 4, 5, 6, 7]);
    again.clone_from(&left);
    assert_eq!(members(&again), [0, 1, 2, 3, 4]);
}

/// `TestWeakSet.test_constructor_identity`
#[test]
fn m_76_a_set_from_a_set() {
    let Stage {
        items,
        left,
        others: _others,
        ..
    } = stage();
    let other = set(&left.iter().collect::<Vec<_>>());
    assert!(other == left);
    other.remove(&items[0]);
    assert!(other != left && left.len() == 5);
}

/// `TestWeakSet.test_clear`
#[test]
fn m_77_clear() {
    let Stage {
        items,
        left,
        others: _others,
        ..
    } = stage();
    left.clear();
    assert_eq!((left.len(), left.iter().count(), items.len()), (0, 0, 5));
    assert!(items.iter().all(|item| Gc::weak_count(item) == 0));
}

/// `TestWeakSet.test_copy`
#[test]
fn m_78_copy() {
    let Stage {
        items,
        left,
        others: _others,
        ..
    } = stage();
    let copy = left.clone();
    assert!(copy == left);
    copy.remove(&items[0]);
    left.remove(&items[1]);
    assert_eq!(
        (members(&copy), members(&left)),
        (vec![1, 2, 3, 4], vec![0, 2, 3, 4])
    );
}

/// `TestWeakSet.test_add`
#[test]
fn m_79_insert() {
    let Stage {
        left,
        items: _items,
        others: _others,
        ..
    } = stage();
    let item = equal(9);
    assert!(left.insert(&item) && left.contains(&item));
    assert!(!left.insert(&item) && !left.insert(&equal(9)));
    assert_eq!(members(&left), [0, 1, 2, 3, 4, 9]);
    assert!(Gc::ptr_eq(&left.get(&equal(9)).unwrap(), &item));
    assert!(left.insert(&equal(10)));
    assert_eq!(members(&left), [0, 1, 2, 3, 4, 9]);
}

/// `TestWeakSet.test_remove`
#[test]
fn m_80_remove() {
    let Stage {
        left,
        items: _items,
        others: _others,
        ..
    } = stage();
    assert!(left.remove(&equal(2)) && !left.contains(&equal(2)));
    assert!(!left.remove(&equal(2)) && !left.remove(&equal(9)));
    assert_eq!(members(&left), [0, 1, 3, 4]);
}

/// `TestWeakSet.test_discard`
#[test]
fn m_81_discard() {
    let Stage {
        items,
        left,
        others: _others,
        ..
    } = stage();
    assert!(Gc::ptr_eq(&left.take(&equal(1)).unwrap(), &items[1]));
    assert!(left.take(&equal(1)).is_none() && left.take(&equal(9)).is_none());
    assert_eq!(members(&left), [0, 2, 3, 4]);
}

/// `TestWeakSet.test_pop`
#[test]
fn m_82_pop() {
    let Stage {
        items,
        left,
        others: _others,
        ..
    } = stage();
    for number in 0..items.len() {
        let popped = left.pop().unwrap();
        assert!(!left.contains(&popped));
        assert_eq!(left.len(), 4 - number);
    }
    assert!(left.pop().is_none());
}

/// `TestWeakSet.test_update`
#[test]
fn m_83_update() {
    let Stage {
        items,
        others,
        mut left,
        ..
    } = stage();
    left.extend(&others);
    assert!(items.iter().chain(&others).all(|item| left.contains(item)));
    assert_eq!(left.len(), 8);
}

/// `TestWeakSet.test_update_set`
#[test]
fn m_84_update_from_a_plain_set() {
    let Stage {
        others,
        mut left,
        items: _items,
        ..
    } = stage();
    let plain: std::collections::HashSet<_> = others.iter().cloned().collect();
    left.extend(&plain);
    assert_eq!(members(&left), [0, 1, 2, 3, 4, 5, 6, 7]);
}

/// `TestWeakSet.test_ior`
#[test]
fn m_85_or_assign() {
    let Stage {
        items,
        others,
        mut left,
        right,
    } = stage();
    left |= &right;
    assert_eq!(members(&left), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(items.iter().chain(&others).all(|item| left.contains(item)));
}

/// `TestWeakSet.test_intersection_update`
#[test]
fn m_86_intersect_with() {
    let stage = stage();
    stage.left.intersect_with(&stage.right);
    assert_eq!(members(&stage.left), [3, 4]);
    assert_eq!(stage.right.len(), 5);
}

/// `TestWeakSet.test_iand`
#[test]
fn m_87_and_assign() {
    let mut stage = stage();
    stage.left &= &stage.right;
    assert_eq!(members(&stage.left), [3, 4]);
}

/// `TestWeakSet.test_difference_update`
#[test]
fn m_88_subtract() {
    let stage = stage();
    stage.left.subtract(&stage.right);
    assert_eq!(members(&stage.left), [0, 1, 2]);
    assert_eq!(stage.right.len(), 5);
}

/// `TestWeakSet.test_isub`
#[test]
fn m_89_sub_assign() {
    let mut stage = stage();
    stage.left -= &stage.right;
    assert_eq!(members(&stage.left), [0, 1, 2]);
}

/// `TestWeakSet.test_symmetric_difference_update`
#[test]
fn m_90_symmetric_difference_with() {
    let stage = stage();
    stage.left.symmetric_difference_with(&stage.right);
    assert_eq!(members(&stage.left), [0, 1, 2, 5, 6, 7]);
    assert_eq!(stage.right.len(), 5);
}

/// `TestWeakSet.test_ixor`
#[test]
fn m_91_xor_assign() {
    let mut stage = stage();
    stage.left ^= &stage.right;
    assert_eq!(members(&stage.left), [0, 1, 2, 5, 6, 7]);
}

/// `TestWeakSet.test_inplace_on_self`
#[test]
fn m_92_in_place_on_itself() {
    let Stage { left: set, .. } = &stage();
    set.union_with(set);
    assert_eq!(members(set), [0, 1, 2, 3, 4]);
    set.intersect_with(set);
    assert_eq!(members(set), [0, 1, 2, 3, 4]);
    let copy = set.clone();
    copy.subtract(&copy);
    assert_eq!((copy.len(), set.len()), (0, 5));
    set.symmetric_difference_with(set);
    assert!(set.is_empty());
}

/// `TestWeakSet.test_weak_destroy_while_iterating`
#[test]
fn m_95_destroy_while_iterating() {
    fresh();
    let mut items = objs(3);
    let set = set(&items);
    let mut iterator = set.iter();
    drop(iterator.next().unwrap());
    drop(items.pop());
    let rest = iterator.by_ref().count();
    assert!(rest == 1 || rest == 2, "{rest}");
    drop(iterator);
    assert_eq!(set.len(), 2);
}

/// `TestWeakSet.test_weak_destroy_and_mutate_while_iterating`
#[test]
fn m_96_destroy_and_change_while_iterating() {
    fn within(set: &Set, items: &mut Vec<Gc<Obj>>, test: impl FnOnce(Gc<Obj>)) {
        let mut iterator = set.iter();
        drop(iterator.next());
        let number = items.pop().unwrap().0;
        test(equal(number));
        drop(iterator);
    }
    fresh();
    let mut items = objs(10);
    let set = set(&items);
    let mut kept = Vec::new();
    within(&set, &mut items, |dead| assert!(!set.contains(&dead)));
    within(&set, &mut items, |dead| assert!(!set.remove(&dead)));
    within(&set, &mut items, |again| {
        assert!(set.insert(&again));
        kept.push(again);
    });
    assert!(set.contains(&kept[0]) && set.len() == 8);
    within(&set, &mut items, |again| {
        let others = self::set(&[again.clone(), kept[0].clone()]);
        set.union_with(&others);
        assert!(set.contains(&again));
        kept.push(again);
    });
    assert_eq!(set.len(), 8);
    within(&set, &mut items, |_| {
        set.clear();
        assert_eq!(set.len(), 0);
    });
    assert_eq!(set.len(), 0);
}
