//! Weak sets.

use std::hash::{BuildHasherDefault, Hasher};

use super::stage::{Slot, fresh};
use super::weak::{WeakIdentitySet, WeakSet};
use super::weak_maps::{Loop, Obj, loops, objs, race};
use super::{Gc, Trace, gc};

pub(super) type Set = WeakSet<Obj>;

pub(super) fn set(items: &[Gc<Obj>]) -> Set {
    items.iter().collect()
}

/// The members, sorted.
pub(super) fn members(set: &Set) -> Vec<u32> {
    let mut members: Vec<_> = set.iter().map(|member| member.0).collect();
    members.sort_unstable();
    assert_eq!(members.len(), set.len());
    members
}

pub(super) fn equal(number: u32) -> Gc<Obj> {
    Gc::new(Obj(number))
}

/// Members 0 to 4; and other objects, 3 to 7.
pub(super) struct Stage {
    pub(super) items: Vec<Gc<Obj>>,
    pub(super) others: Vec<Gc<Obj>>,
    pub(super) left: Set,
    pub(super) right: Set,
}

pub(super) fn stage() -> Stage {
    fresh();
    let items = objs(5);
    let others: Vec<_> = (3..8).map(equal).collect();
    let (left, right) = (set(&items), set(&others));
    Stage {
        items,
        others,
        left,
        right,
    }
}

impl Stage {
    /// The originals are as they were.
    fn check(&self) {
        assert_eq!(members(&self.left), [0, 1, 2, 3, 4]);
        assert_eq!(members(&self.right), [3, 4, 5, 6, 7]);
    }
}

/// `TestWeakSet.test_len`
#[test]
fn m_60_len() {
    let Stage { items, left, .. } = stage();
    assert_eq!((left.len(), Set::new().len()), (5, 0));
    drop(items);
    assert_eq!((left.len(), left.is_empty()), (0, true));
    let only = equal(1);
    left.insert(&only);
    assert_eq!(left.len(), 1);
    drop(only);
    assert_eq!(left.len(), 0);
}

/// `TestWeakSet.test_contains`
#[test]
fn m_61_contains() {
    let Stage {
        mut items,
        left,
        others: _others,
        ..
    } = stage();
    for number in 0..10 {
        assert_eq!(left.contains(&equal(number)), number < 5);
    }
    let number = items.pop().unwrap().0;
    assert!(!left.contains(&equal(number)));
}

/// `TestWeakSet.test_union`
#[test]
fn m_62_union() {
    let mut stage = stage();
    let union: Set = set(&stage.left.union(&stage.right).collect::<Vec<_>>());
    assert_eq!(members(&union), [0, 1, 2, 3, 4, 5, 6, 7]);
    stage.check();
    assert!(
        stage
            .items
            .iter()
            .chain(&stage.others)
            .all(|item| union.contains(item))
    );
    drop(stage.others.pop());
    assert_eq!(members(&union), [0, 1, 2, 3, 4, 5, 6]);
    drop(stage);
    assert!(union.is_empty());
}

/// `TestWeakSet.test_or`
#[test]
fn m_63_or() {
    let mut stage = stage();
    let union = &stage.left | &stage.right;
    assert_eq!(members(&union), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(union == set(&stage.left.union(&stage.right).collect::<Vec<_>>()));
    stage.check();
    drop(stage.others.pop());
    assert_eq!(union.len(), 7);
}

/// `TestWeakSet.test_intersection`
#[test]
fn m_64_intersection() {
    let mut stage = stage();
    let common = set(&stage.left.intersection(&stage.right).collect::<Vec<_>>());
    assert_eq!(members(&common), [3, 4]);
    for number in 0..8 {
        assert_eq!(common.contains(&equal(number)), (3..5).contains(&number));
    }
    stage.check();
    drop(stage.items.pop());
    assert_eq!(members(&common), [3], "the left one's members");
}

/// `TestWeakSet.test_and`
#[test]
fn m_65_and() {
    let mut stage = stage();
    let common = &stage.left & &stage.right;
    assert_eq!(members(&common), [3, 4]);
    stage.check();
    drop(stage.items.pop());
    assert_eq!(common.len(), 1);
}

/// `TestWeakSet.test_difference`
#[test]
fn m_66_difference() {
    let stage = stage();
    let difference = set(&stage.left.difference(&stage.right).collect::<Vec<_>>());
    assert_eq!(members(&difference), [0, 1, 2]);
    stage.check();
}

/// `TestWeakSet.test_sub`
#[test]
fn m_67_sub() {
    let stage = stage();
    assert_eq!(members(&(&stage.left - &stage.right)), [0, 1, 2]);
    assert_eq!(members(&(&stage.right - &stage.left)), [5, 6, 7]);
    stage.check();
}

/// `TestWeakSet.test_symmetric_difference`
#[test]
fn m_68_symmetric_difference() {
    let mut stage = stage();
    let either = stage.left.symmetric_difference(&stage.right);
    let either = set(&either.collect::<Vec<_>>());
    assert_eq!(members(&either), [0, 1, 2, 5, 6, 7]);
    stage.check();
    drop(stage.items.remove(0));
    assert_eq!(members(&either), [1, 2, 5, 6, 7]);
}

/// `TestWeakSet.test_xor`
#[test]
fn m_69_xor() {
    let mut stage = stage();
    let either = &stage.left ^ &stage.right;
    assert_eq!(members(&either), [0, 1, 2, 5, 6, 7]);
    stage.check();
    drop(stage.others.pop());
    assert_eq!(either.len(), 5);
}

/// `TestWeakSet.test_isdisjoint`
#[test]
fn m_70_is_disjoint() {
    let stage = stage();
    assert!(!stage.left.is_disjoint(&stage.right));
    let apart = set(&stage.others[2..]);
    assert!(stage.left.is_disjoint(&apart) && apart.is_disjoint(&stage.left));
    assert!(Set::new().is_disjoint(&Set::new()));
}

/// `TestWeakSet.test_sub_and_super`
#[test]
fn m_71_subsets_and_supersets() {
    let Stage {
        items,
        left,
        right,
        others: _others,
    } = stage();
    let part = set(&items[1..3]);
    assert!(part.is_subset(&left) && left.is_superset(&part));
    assert!(!left.is_subset(&part) && !part.is_superset(&left));
    assert!(!left.is_subset(&right) && !left.is_superset(&right));
    assert!(left.is_subset(&left) && left.is_superset(&left));
    assert!(Set::new().is_subset(&left));
}

/// `TestWeakSet.test_lt`
#[test]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "that is what is tested")]
fn m_72_less() {
    let Stage {
        items,
        left,
        right,
        others: _others,
    } = stage();
    let part = set(&items[1..3]);
    assert!(part < left && part <= left);
    assert!(left >= left && !(left < left));
    assert!(!(Set::new() < Set::new()));
    assert!(Set::new() < left);
    assert!(left.partial_cmp(&right).is_none());
}

/// `TestWeakSet.test_gt`
#[test]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "that is what is tested")]
fn m_73_greater() {
    let Stage {
        items,
        left,
        right,
        others: _others,
    } = stage();
    let part = set(&items[1..3]);
    assert!(left > part && left >= part && !(part > left));
    assert!(left <= left && !(left > left));
    assert!(!(Set::new() > Set::new()));
    assert!(left > Set::new());
    assert!(!(left > right) && !(right > left));
}

/// Says the same of everything.
#[derive(Default)]
struct Same;

impl Hasher for Same {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        0
    }
}

/// Whatever a hasher says of them, objects with equal values are two.
#[test]
fn identity_tells_equal_values_apart() {
    fresh();
    let set = WeakIdentitySet::<Obj, BuildHasherDefault<Same>>::default();
    let (one, other) = (equal(1), equal(1));
    assert!(set.insert(&one));
    assert!(!set.insert(&one.clone()));
    assert!(set.contains(&one) && !set.contains(&other));
    assert!(set.insert(&other));
    assert_eq!(set.len(), 2);
    assert!(set.remove(&one) && !set.remove(&one));
    assert!(!set.contains(&one) && set.contains(&other));
}

/// `TestWeakSet.test_gc`
#[test]
fn m_74_sets_in_cycles() {
    #[derive(Trace)]
    struct Member {
        me: Slot<Gc<Member>>,
        all: Slot<Gc<WeakIdentitySet<Member>>>,
    }
    fresh();
    let all = Gc::new(WeakIdentitySet::<Member>::default());
    for _ in 0..1000 {
        let member = Gc::new(Member {
            me: Slot::empty(),
            all: Slot::full(all.clone()),
        });
        member.me.set(member.clone());
        assert!(all.insert(&member));
    }
    assert_eq!(all.len(), 1000);
    drop(all);
    assert_eq!(gc::collect(), 1001);
    assert_eq!(gc::objects(None).len(), 0);
}

/// `TestWeakSet.test_eq`
#[test]
fn m_93_equal() {
    let Stage {
        items,
        left,
        right,
        others: _others,
    } = stage();
    assert!(left == left.clone() && left == set(&items));
    let again: Vec<_> = (0..5).map(equal).collect();
    assert!(left == set(&again), "of other objects");
    assert!(left != right && left != set(&items[1..]));
}

/// `TestWeakSet.test_ne`
#[test]
fn m_94_not_unequal() {
    fresh();
    assert!(!(Set::new() != Set::new()));
}

/// `TestWeakSet.test_len_cycles`
#[test]
fn m_97_len_of_cycles() {
    fresh();
    let items = loops();
    let set: WeakSet<Loop> = items.iter().collect();
    let mut iterator = set.iter();
    drop(iterator.next());
    drop(items);
    assert_eq!(set.len(), 20);
    gc::collect();
    assert!(set.len() <= 1, "{}", set.len());
    drop(iterator);
    gc::collect();
    assert_eq!(set.len(), 0);
}

/// `TestWeakSet.test_len_race`
#[test]
fn m_98_len_race() {
    fresh();
    race(|allocate| {
        let items = loops();
        let set: WeakSet<Loop> = items.iter().collect();
        drop(items);
        let mut iterator = set.iter();
        drop(iterator.next());
        allocate();
        let first = set.len();
        drop(iterator);
        allocate();
        (first, set.len())
    });
}

/// `TestWeakSet.test_repr`
#[test]
fn m_99_debug() {
    let Stage {
        mut items,
        left,
        others: _others,
        ..
    } = stage();
    drop(items.pop());
    assert!(format!("{left:?}").contains("WeakSet"));
    drop(items);
    assert!(format!("{left:?}").contains("WeakSet"));
}
