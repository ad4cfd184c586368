//! Weak maps that several threads use, one of which collects.

use std::hash::Hash;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::weak::{WeakKeyMap, WeakSet, WeakValueMap};
use super::weak_maps::{Loop, Obj, objs};
use super::{Gc, Trace, fresh, gc};

/// Runs `test` beside a thread that collects all the time.
pub(super) fn beside_a_collector(test: impl FnOnce()) {
    fresh();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let collector = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                gc::collect();
                thread::yield_now();
            }
        });
        let test = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        stop.store(true, Ordering::Relaxed);
        collector.join().expect("the collecting thread panicked");
        if let Err(panic) = test {
            std::panic::resume_unwind(panic);
        }
    });
    gc::collect();
    assert_eq!(gc::collect(), 0);
}

/// Runs `f` in several threads.
pub(super) fn in_threads(count: usize, f: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        let f = &f;
        let threads: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || f(number)))
            .collect();
        for thread in threads {
            thread.join().expect("a thread panicked");
        }
    });
}

/// `MappingTestCase.test_threaded_weak_valued_setdefault`
#[test]
fn t_02_threaded_weak_valued_setdefault() {
    let map = WeakValueMap::<u8, Loop>::new();
    beside_a_collector(|| {
        in_threads(2, |_| {
            for number in 0..50_000 {
                let value = map.entry(10).or_insert_with(|| Loop::new(number));
                assert!(value.number < 50_000 && Gc::strong_count(&value) >= 2);
            }
        });
    });
    assert!(map.is_empty());
}

/// `MappingTestCase.test_threaded_weak_valued_pop`
#[test]
fn t_03_threaded_weak_valued_pop() {
    let map = WeakValueMap::<u8, Loop>::new();
    beside_a_collector(|| {
        for number in 0..50_000 {
            let value = Loop::new(number);
            map.insert(10, &value);
            assert!(Gc::ptr_eq(&map.remove(&10).unwrap(), &value));
            map.insert(10, &value);
            drop(value);
            // It may be gone, but never half of it.
            if let Some(value) = map.remove(&10) {
                assert_eq!(value.number, number);
            }
        }
    });
    assert!(map.is_empty());
}

/// `MappingTestCase.test_threaded_weak_valued_consistency`
#[test]
fn t_04_threaded_weak_valued_consistency() {
    let map = WeakValueMap::<u8, Loop>::new();
    beside_a_collector(|| {
        for number in 0..200_000 {
            let value = Loop::new(number);
            map.insert(10, &value);
            assert_eq!(map.len(), 1);
            assert!(map.contains_key(&10));
        }
    });
    assert!(map.is_empty());
}

/// How many entries are copied while they go.
const ENTRIES: u32 = 70_000;

/// Calls `copy` until another thread has dropped all objects, in no order, and collected at times.
fn while_they_go(objs: Vec<Gc<Obj>>, mut copy: impl FnMut()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let dropping = scope.spawn(|| {
            let mut objs = objs;
            let mut random = 1_u32;
            while !objs.is_empty() {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                drop(objs.swap_remove(random as usize % objs.len()));
                if objs.len().is_multiple_of(10_000) {
                    gc::collect();
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        while !is_over.load(Ordering::Relaxed) {
            copy();
        }
        dropping.join().expect("a thread panicked");
    });
}

fn check<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>, is_right: impl Fn(&K, &V) -> bool) {
    let mut keys = std::collections::HashSet::new();
    for (key, value) in pairs {
        assert!(is_right(&key, &value));
        assert!(keys.insert(key), "twice the same");
    }
    assert!(keys.len() <= ENTRIES as usize);
}

/// `MappingTestCase.test_threaded_weak_key_dict_copy`
#[test]
fn t_05_threaded_weak_key_map_copy() {
    fresh();
    let keys = objs(ENTRIES);
    let map: WeakKeyMap<Obj, u32> = keys.iter().map(|key| (key, key.0)).collect();
    while_they_go(keys, || {
        let copy = map.clone();
        check(copy.iter(), |key, value| key.0 == **value);
    });
    assert!(map.is_empty());
}

/// A value that holds an object.
#[derive(Trace)]
struct Held(Gc<Obj>);

impl Clone for Held {
    /// As deep as it goes.
    fn clone(&self) -> Self {
        Self(Gc::new(Obj::clone(&self.0)))
    }
}

/// `MappingTestCase.test_threaded_weak_key_dict_deepcopy`
#[test]
fn t_06_threaded_weak_key_map_deep_copy() {
    fresh();
    let keys = objs(ENTRIES);
    let held = |key: &Gc<Obj>| Held(Gc::new(Obj(key.0 + 1)));
    let map: WeakKeyMap<Obj, Held> = keys.iter().map(|key| (key, held(key))).collect();
    while_they_go(keys, || {
        let copy = map.clone();
        check(copy.iter(), |key, value| {
            value.0.0 == key.0 + 1 && Gc::strong_count(&value.0) == 1
        });
    });
    assert!(map.is_empty());
}

/// `MappingTestCase.test_threaded_weak_value_dict_copy`
#[test]
fn t_07_threaded_weak_value_map_copy() {
    fresh();
    let values = objs(ENTRIES);
    let map: WeakValueMap<u32, Obj> = values.iter().map(|value| (value.0, value)).collect();
    while_they_go(values, || {
        let copy = map.clone();
        check(
            copy.iter().map(|(key, value)| (*key, value)),
            |key, value| *key == value.0,
        );
    });
    assert!(map.is_empty());
}

/// `MappingTestCase.test_threaded_weak_value_dict_deepcopy`
#[test]
fn t_08_threaded_weak_value_map_deep_copy() {
    fresh();
    let values = objs(ENTRIES);
    let key = |value: &Gc<Obj>| format!("{}", value.0);
    let map: WeakValueMap<String, Obj> = values.iter().map(|value| (key(value), value)).collect();
    while_they_go(values, || {
        let mut held = Vec::new();
        let copy = WeakValueMap::<String, Obj>::new();
        for (key, value) in &map {
            let deep = Gc::new(Obj::clone(&value));
            copy.insert(String::clone(&key), &deep);
            held.push(deep);
        }
        assert_eq!(copy.len(), held.len());
        check(
            copy.iter().map(|(key, value)| (String::clone(&key), value)),
            |key, value| *key == value.0.to_string(),
        );
    });
    assert!(map.is_empty());
}

#[test]
fn threads_that_intern_get_the_same() {
    beside_a_collector(|| {
        for round in 0..500 {
            let map = WeakValueMap::<usize, Loop>::new();
            let got = Mutex::new(Vec::new());
            in_threads(3, |_| {
                let value = map.entry(round).or_insert_with(|| Loop::new(round));
                got.lock().unwrap().push(value);
            });
            let got = got.into_inner().unwrap();
            assert!(got.iter().all(|value| Gc::ptr_eq(value, &got[0])));
            assert_eq!(map.len(), 1);
        }
    });
}

#[test]
fn threads_that_insert_the_same_key_make_one_entry() {
    let map = WeakValueMap::<u8, Loop>::new();
    let keys = WeakKeyMap::<Loop, usize>::new();
    let set = WeakSet::<Loop>::new();
    beside_a_collector(|| {
        in_threads(3, |thread| {
            let mut last = None;
            for round in 0..10_000 {
                let value = Loop::new(7);
                map.insert(1, &value);
                keys.insert(&value, thread);
                set.insert(&value);
                if round % 3 == 0 {
                    keys.remove(&value);
                    set.remove(&value);
                }
                // Of the others another thread may be about to tell that a key is dead.
                assert!(map.len() <= 1);
                last = Some(value);
            }
            drop(last);
        });
    });
    // Not before: the other thread might have been about to deal with the last ones.
    assert_eq!((map.len(), keys.len(), set.len()), (0, 0, 0));
}

/// What owns maps whose keys and values lead back to it.
#[derive(Trace)]
struct Owner {
    by_value: WeakValueMap<Way, Obj>,
    by_key: WeakKeyMap<Obj, Mutex<Vec<Gc<Owner>>>>,
}

/// A key with a handle.
#[derive(Trace)]
struct Way {
    number: u32,
    to: Mutex<Option<Gc<Owner>>>,
}

impl PartialEq for Way {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Way {}

impl Hash for Way {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

fn owner() -> Gc<Owner> {
    Gc::new(Owner {
        by_value: WeakValueMap::new(),
        by_key: WeakKeyMap::new(),
    })
}

/// A way to an owner.
fn way(number: u32, to: &Gc<Owner>) -> Way {
    Way {
        number,
        to: Mutex::new(Some(to.clone())),
    }
}

#[test]
fn cycles_through_what_entries_own_are_collected() {
    fresh();
    let obj = Gc::new(Obj(1));
    let this = owner();
    this.by_value.insert(way(1, &this), &obj);
    drop(this);
    assert_eq!((gc::collect(), Gc::weak_count(&obj)), (1, 0));
    let this = owner();
    this.by_key.insert(&obj, Mutex::new(vec![this.clone()]));
    drop(this);
    assert_eq!((gc::collect(), Gc::weak_count(&obj)), (1, 0));
}

#[test]
fn what_is_lent_is_held_and_found_when_it_is_given_back() {
    fresh();
    let obj = Gc::new(Obj(1));
    let this = owner();
    this.by_value.insert(way(1, &this), &obj);
    let lent = this.by_value.keys().next().unwrap();
    drop(this);
    assert_eq!((gc::collect(), gc::collect()), (0, 0));
    assert_eq!(lent.to.lock().unwrap().as_ref().unwrap().by_value.len(), 1);
    drop(lent);
    assert_eq!(gc::collect(), 1);
    // A handle that is moved in while it is lent.
    let this = owner();
    this.by_key.insert(&obj, Mutex::default());
    let lent = this.by_key.get(&obj).unwrap();
    gc::collect();
    lent.lock().unwrap().push(this);
    drop(lent);
    assert_eq!((gc::collect(), Gc::weak_count(&obj)), (1, 0));
}

/// Objects die whose entries own handles to what is being collected at that time.
#[test]
fn entries_leave_tables_that_are_being_collected() {
    beside_a_collector(|| {
        in_threads(2, |_| {
            for round in 0..3_000 {
                let objs = objs(8);
                let this = owner();
                let other = owner();
                for obj in &objs {
                    this.by_value.insert(way(obj.0, &other), obj);
                    other.by_value.insert(way(obj.0, &this), obj);
                    this.by_key.insert(obj, Mutex::new(vec![other.clone()]));
                    other
                        .by_key
                        .insert(obj, Mutex::new(vec![this.clone(), other.clone()]));
                }
                let lent = this.by_key.values().next();
                let key = other.by_value.keys().next();
                drop((this, other));
                if round % 2 == 0 {
                    thread::yield_now();
                }
                if let Some(lent) = &lent {
                    assert!(
                        lent.lock()
                            .unwrap()
                            .iter()
                            .all(|owner| owner.by_key.len() == 8)
                    );
                }
                drop(key);
                objs.into_iter().for_each(drop);
                drop(lent);
            }
        });
    });
}

/// Gives one key value after value, while another thread does something with that key.
fn beside_insertions(ask: impl Fn(&WeakKeyMap<u8, u32>, &Gc<u8>) + Sync) {
    fresh();
    let (map, key) = (WeakKeyMap::new(), Gc::new(1));
    map.insert(&key, 0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                ask(&map, &key);
            }
        });
        for number in 1..50_000 {
            map.insert(&key, number);
        }
        is_over.store(true, Ordering::Relaxed);
        asking.join().expect("a thread panicked");
    });
}

#[test]
fn a_key_with_value_after_value_has_one_at_every_moment() {
    beside_insertions(|map, key| {
        assert!(map.get(key).is_some());
        assert!(map.contains_key(key));
        assert!(map.get_key_value(key).is_some());
        assert_ne!(*map.entry(key).or_insert(u32::MAX), u32::MAX);
    });
}

#[test]
fn a_value_that_takes_the_place_of_another_is_removed() {
    beside_insertions(|map, key| {
        map.insert(key, 0);
        assert!(map.remove(key).is_some());
    });
}

#[test]
fn threads_that_insert_the_same_key_get_one_value() {
    fresh();
    for _ in 0..2_000 {
        let (map, key) = (WeakKeyMap::new(), Gc::new(1));
        let values = Mutex::new(Vec::new());
        in_threads(2, |number| {
            let value = *map.entry(&key).or_insert(number);
            values.lock().unwrap().push(value);
        });
        let values = values.into_inner().unwrap();
        assert_eq!(values[0], values[1]);
    }
}

/// All of one hash, so that it takes long to find one.
#[derive(Trace, PartialEq, Eq)]
struct Alike(u32);

impl Hash for Alike {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Whether `take` gets what another thread drops as soon as `is_taken`.
fn take_before_it_goes<T: Send>(
    held: T,
    is_taken: impl Fn() -> bool + Sync,
    take: impl FnOnce() -> bool,
) -> bool {
    let begins = AtomicBool::new(false);
    thread::scope(|scope| {
        let (begins, is_taken) = (&begins, &is_taken);
        scope.spawn(move || {
            begins.store(true, Ordering::Relaxed);
            while !is_taken() {}
            drop(held);
        });
        while !begins.load(Ordering::Relaxed) {}
        take()
    })
}

#[test]
fn a_member_that_is_taken_is_alive() {
    fresh();
    let others: Vec<_> = (1..300).map(|number| Gc::new(Alike(number))).collect();
    let set: WeakSet<_> = others.iter().collect();
    for _ in 0..1_000 {
        let (member, equal) = (Gc::new(Alike(0)), Gc::new(Alike(0)));
        set.insert(&member);
        let is_taken = || set.len() == others.len();
        let take = || set.take(&equal).is_some();
        assert!(take_before_it_goes(member, is_taken, take));
    }
}

#[test]
fn a_value_that_is_removed_is_alive() {
    fresh();
    for _ in 0..10_000 {
        let (map, value) = (WeakValueMap::new(), Gc::new(1));
        map.insert(1, &value);
        let is_taken = || map.is_empty();
        let take = || map.remove(&1).is_some();
        assert!(take_before_it_goes(value, is_taken, take));
    }
}

#[test]
fn a_value_that_is_replaced_is_alive() {
    fresh();
    let new = Gc::new(2);
    for _ in 0..10_000 {
        let (map, value) = (WeakValueMap::new(), Gc::new(1));
        map.insert(1, &value);
        let is_taken = || map.get(&1).is_some_and(|value| *value == 2);
        let take = || map.insert(1, &new).is_some();
        assert!(take_before_it_goes(value, is_taken, take));
    }
}
