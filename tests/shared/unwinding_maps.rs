//! What a weak map is about to return when an entry beside it panics as it is dropped: see
//! [`unwinding`](super::unwinding).
//!
//! Keys of one hash are compared one by one. What that does may be the end of an entry that has been compared
//! already, or is still to be.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::panic::panic_any;
use std::rc::Rc;

use gordian_tests::{DropProbe, Drops};

use super::stage::{Slot, fresh, panic_of};
use super::weak::{WeakKeyMap, WeakValueMap};
use super::{Gc, Trace};

/// What happens to a thing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Event {
    Compared,
    Dropped,
}

type Hooks = HashMap<(Event, u32), Box<dyn FnOnce()>>;

thread_local! {
    static HOOKS: RefCell<Hooks> = RefCell::default();
}

/// Has `f` run when that happens to the next thing of this name.
fn on(event: Event, name: u32, f: impl FnOnce() + 'static) {
    HOOKS.with_borrow_mut(|hooks| hooks.insert((event, name), Box::new(f)));
}

fn happens(event: Event, name: u32) {
    if let Some(f) = HOOKS.with_borrow_mut(|hooks| hooks.remove(&(event, name))) {
        f();
    }
}

/// All are of one hash, and equal if they have the same name.
#[derive(Trace)]
#[trace(leaf)]
struct Thing {
    #[trace(skip)]
    name: u32,
    #[trace(skip)]
    bomb: Option<&'static str>,
    _probe: DropProbe,
}

impl Thing {
    fn new(name: u32, drops: &Drops) -> Self {
        Self {
            name,
            bomb: None,
            _probe: drops.probe(),
        }
    }

    /// It panics as it is dropped.
    fn bomb(name: u32, drops: &Drops, message: &'static str) -> Self {
        Self {
            name,
            bomb: Some(message),
            _probe: drops.probe(),
        }
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        happens(Event::Dropped, self.name);
        if let Some(message) = self.bomb {
            panic_any(message);
        }
    }
}

impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        let is_same = self.name == other.name;
        if is_same {
            happens(Event::Compared, self.name);
        }
        is_same
    }
}

impl Eq for Thing {}

impl Hash for Thing {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

type ByValue = WeakValueMap<Thing, Thing>;
type ByKey = WeakKeyMap<Thing, Thing>;

/// A map of key 1 and another, in either order. The other's value goes when key 1 is compared.
fn by_value(drops: &Drops, is_first: bool, key: Thing, other: Thing) -> (Rc<ByValue>, Gc<Thing>) {
    let map = Rc::new(ByValue::new());
    let (value, gone) = (
        Gc::new(Thing::new(11, drops)),
        Gc::new(Thing::new(12, drops)),
    );
    if is_first {
        map.insert(key, &value);
        map.insert(other, &gone);
    } else {
        map.insert(other, &gone);
        map.insert(key, &value);
    }
    on(Event::Compared, 1, move || drop(gone));
    (map, value)
}

/// The same of a map by keys, of which the other goes. Its value is to be this one.
fn by_key(drops: &Drops, is_first: bool, other: Thing) -> (Rc<ByKey>, Gc<Thing>) {
    let map = Rc::new(ByKey::new());
    let (key, gone) = (Gc::new(Thing::new(1, drops)), Gc::new(Thing::new(2, drops)));
    let value = Thing::new(11, drops);
    if is_first {
        map.insert(&key, value);
        map.insert(&gone, other);
    } else {
        map.insert(&gone, other);
        map.insert(&key, value);
    }
    on(Event::Compared, 1, move || drop(gone));
    (map, key)
}

#[test]
fn what_is_found_by_a_key() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (key, other) = (Thing::new(1, &drops), Thing::bomb(2, &drops, "other"));
        let (map, value) = by_value(&drops, is_first, key, other);
        let wanted = Thing::new(1, &drops);
        assert_eq!(panic_of(|| map.get_key_value(&wanted)), "other");
        drop((map, value, wanted));
        assert_eq!(drops.count(), 5, "{is_first}");
    }
}

#[test]
fn what_is_found_of_an_object() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (map, key) = by_key(&drops, is_first, Thing::bomb(12, &drops, "other"));
        let wanted = Gc::new(Thing::new(1, &drops));
        assert_eq!(panic_of(|| map.get(&wanted)), "other");
        drop((map, key, wanted));
        assert_eq!(drops.count(), 5, "{is_first}");
    }
}

#[test]
fn what_has_been_found_and_is_in_the_map_no_more() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (key, other) = (Thing::bomb(1, &drops, "key"), Thing::new(2, &drops));
        let (map, value) = by_value(&drops, is_first, key, other);
        let all = Rc::clone(&map);
        on(Event::Dropped, 2, move || all.clear());
        let wanted = Thing::new(1, &drops);
        assert_eq!(panic_of(|| map.get(&wanted)), "key");
        drop((map, value, wanted));
        assert_eq!(drops.count(), 5, "{is_first}");
    }
}

#[test]
fn a_value_that_another_takes_the_place_of_is_not_missed() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (map, key) = by_key(&drops, is_first, Thing::new(12, &drops));
        let (also, same) = (Rc::clone(&map), key.clone());
        let thirteen = Thing::new(13, &drops);
        on(Event::Dropped, 12, move || {
            drop(also.insert(&same, thirteen));
        });
        let wanted = Gc::new(Thing::new(1, &drops));
        assert!(map.get(&wanted).is_some(), "{is_first}");
        // By the comparison itself.
        for name in 14..17 {
            let (map_too, same) = (Rc::clone(&map), key.clone());
            let thing = Thing::new(name, &drops);
            on(Event::Compared, 1, move || {
                drop(map_too.insert(&same, thing));
            });
            match name {
                14 => assert!(map.get(&wanted).is_some()),
                15 => assert_eq!(map.entry(&wanted).or_insert(Thing::new(0, &drops)).name, 15),
                _ => assert_eq!(map.remove(&wanted).map(|value| value.name), Some(16)),
            }
        }
        assert!(map.is_empty());
    }
}

#[test]
fn a_value_that_comes_while_another_is_made_stays() {
    fresh();
    let drops = Drops::new();
    let by_key = WeakKeyMap::new();
    let key = Gc::new(1);
    let value = by_key.entry(&key).or_insert_with(|| {
        by_key.insert(&key, Thing::new(1, &drops));
        Thing::new(2, &drops)
    });
    assert_eq!((value.name, by_key.len()), (1, 1));
    let by_value = WeakValueMap::new();
    let first = Gc::new(Thing::new(1, &drops));
    let value = by_value.entry(1).or_insert_with(|| {
        by_value.insert(1, &first);
        Gc::new(Thing::new(2, &drops))
    });
    assert_eq!((value.name, by_value.len()), (1, 1));
}

#[test]
fn an_entry_that_gets_another_value_goes_with_that() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (key, other) = (Thing::new(1, &drops), Thing::bomb(2, &drops, "other"));
        let (map, value) = by_value(&drops, is_first, key, other);
        let new = Gc::new(Thing::new(13, &drops));
        let insert = || map.insert(Thing::new(1, &drops), &new);
        assert_eq!(panic_of(insert), "other");
        drop((new, value));
        assert!(map.is_empty());
        assert_eq!(drops.count(), 6, "{is_first}");
    }
}

#[test]
fn the_values_of_a_key_that_gets_another() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (map, key) = by_key(&drops, is_first, Thing::bomb(12, &drops, "other"));
        let same = Gc::new(Thing::new(1, &drops));
        let insert = || map.insert(&same, Thing::new(13, &drops));
        assert_eq!(panic_of(insert), "other");
        drop((map, key, same));
        assert_eq!(drops.count(), 6, "{is_first}");
    }
}

#[test]
fn the_old_value_of_a_key_whose_new_one_goes_at_once() {
    for is_first in [false, true] {
        fresh();
        let drops = Drops::new();
        let (map, key) = by_key(&drops, is_first, Thing::new(12, &drops));
        let all = Rc::clone(&map);
        on(Event::Dropped, 12, move || all.clear());
        let same = Gc::new(Thing::new(1, &drops));
        let insert = || drop(map.insert(&same, Thing::bomb(13, &drops, "new")));
        // Where it is cleared before the new value comes, that stays.
        let (one, two) = (panic_of(insert), panic_of(|| map.clear()));
        assert!([one, two].contains(&"new"));
        drop((map, key, same));
        assert_eq!(drops.count(), 6, "{is_first}");
    }
}

#[test]
fn the_value_that_has_come_where_another_is_made() {
    fresh();
    let drops = Drops::new();
    let map = WeakValueMap::new();
    let first = Slot::full(Gc::new(Thing::new(11, &drops)));
    let entry = map.entry(1);
    let make = || {
        map.insert(1, &first.get().unwrap());
        Gc::new(Thing::bomb(12, &drops, "made"))
    };
    assert_eq!(panic_of(|| drop(entry.or_insert_with(make))), "made");
    first.clear();
    assert!(map.is_empty());
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_value_that_is_made_while_another_entry_goes() {
    fresh();
    let drops = Drops::new();
    let map = Rc::new(ByValue::new());
    let other = Gc::new(Thing::new(12, &drops));
    map.insert(Thing::bomb(2, &drops, "other"), &other);
    let entry = map.entry(Thing::new(1, &drops));
    let first = Gc::new(Thing::new(11, &drops));
    let make = || {
        map.insert(Thing::new(1, &drops), &first);
        on(Event::Compared, 1, move || drop((first, other)));
        Gc::new(Thing::new(13, &drops))
    };
    assert_eq!(panic_of(|| entry.or_insert_with(make)), "other");
    drop(map);
    assert_eq!(drops.count(), 6);
}

#[test]
fn the_entry_of_a_key_without_a_value() {
    fresh();
    let drops = Drops::new();
    let map = ByValue::new();
    let entry = map.entry(Thing::new(1, &drops));
    let bomb = Thing::bomb(2, &drops, "closure");
    let look = move |_: &Gc<Thing>| drop(bomb);
    assert_eq!(panic_of(move || entry.and_inspect(look)), "closure");
    assert_eq!(drops.count(), 2);
}

/// A hasher that panics as it is dropped.
struct Bomb;

impl BuildHasher for Bomb {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher::new()
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any("hasher");
    }
}

#[test]
fn the_entries_of_maps_that_are_given_up() {
    fresh();
    let drops = Drops::new();
    let object = Gc::new(1);
    let map = WeakValueMap::with_hasher(Bomb);
    map.insert(Thing::new(1, &drops), &object);
    assert_eq!(panic_of(|| map.into_iter()), "hasher");
    assert_eq!(drops.count(), 1);
    let map = WeakKeyMap::<_, _, _>::with_hasher(Bomb);
    map.insert(&object, Thing::new(2, &drops));
    assert_eq!(panic_of(|| map.into_iter()), "hasher");
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_value_that_goes_with_the_key_that_gave_it_up() {
    fresh();
    let drops = Drops::new();
    let map = ByValue::new();
    let old = Gc::new(Thing::new(11, &drops));
    map.insert(Thing::new(1, &drops), &old);
    // The map keeps the first key.
    on(Event::Dropped, 1, move || drop(old));
    let new = Gc::new(Thing::new(12, &drops));
    let replaced = map.insert(Thing::new(1, &drops), &new);
    assert_eq!(replaced.map(|value| value.name), Some(11));
}

#[test]
fn an_iteration_visits_a_key_that_gets_another_value_once() {
    fresh();
    let keys: Vec<_> = (0..6).map(Gc::new).collect();
    let map: WeakKeyMap<_, _> = keys.iter().map(|key| (key, 0)).collect();
    map.remove(&keys[1]);
    let mut seen = Vec::new();
    for key in map.keys() {
        seen.push(*key);
        if *key == 2 {
            map.insert(&keys[0], 1);
            map.insert(&keys[5], 1);
        }
    }
    assert_eq!(seen, [0, 2, 3, 4, 5]);
    map.retain(|_, value| {
        map.insert(&keys[5], 2);
        *value == 1
    });
    let left: Vec<_> = map.iter().map(|(key, value)| (*key, *value)).collect();
    assert_eq!(left, [(0, 1), (5, 2)]);
}
