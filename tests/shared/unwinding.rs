//! What is about to be returned when something else panics as it is dropped: it is dropped, too.
//!
//! The compiler sees to that for variables, but leaks what is a result already
//! ([rust#47949](https://github.com/rust-lang/rust/issues/47949)).

use std::hash::{Hash, Hasher};
use std::panic::panic_any;

use gordian_tests::{DropProbe, Drops};

use super::stage::{Slot, fresh, panic_of};
use super::weak::key_map::Entry;
use super::weak::{WeakKeyMap, WeakValueMap, value_map};
use super::{Gc, Trace, closure, weak};

/// Tells when it is dropped, and may panic then. Equal to all others.
#[derive(Trace)]
#[trace(leaf)]
struct Thing {
    _probe: DropProbe,
    #[trace(skip)]
    bomb: Option<&'static str>,
}

impl Thing {
    fn new(drops: &Drops) -> Self {
        Self {
            _probe: drops.probe(),
            bomb: None,
        }
    }

    fn bomb(drops: &Drops, message: &'static str) -> Self {
        Self {
            _probe: drops.probe(),
            bomb: Some(message),
        }
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        if let Some(message) = self.bomb {
            panic_any(message);
        }
    }
}

impl PartialEq for Thing {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Thing {}

impl Hash for Thing {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[test]
fn what_a_peek_has_found_at_an_object_that_ends_with_a_panic() {
    fresh();
    let drops = Drops::new();
    let object = Gc::new(Thing::bomb(&drops, "object"));
    let finalizer = weak::finalize(&object, || ());
    let object = Slot::full(object);
    let peek = || {
        finalizer.peek(|_, _| {
            object.clear();
            drops.probe()
        })
    };
    assert_eq!(panic_of(peek), "object");
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_entry_of_a_value_whose_key_is_not_needed() {
    fresh();
    let drops = Drops::new();
    let map = WeakValueMap::new();
    let value = Slot::full(Gc::new(5));
    map.insert(Thing::new(&drops), &value.get().unwrap());
    let key = Thing::bomb(&drops, "key");
    assert_eq!(panic_of(|| map.entry(key)), "key");
    value.clear();
    assert!(map.is_empty());
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_value_of_an_entry_where_another_is_not_needed() {
    fresh();
    let drops = Drops::new();
    let map = WeakValueMap::new();
    let value = Gc::new(Thing::new(&drops));
    map.insert(1, &value);
    let entry = map.entry(1);
    drop(value);
    let other = Gc::new(Thing::bomb(&drops, "another value"));
    assert_eq!(panic_of(|| entry.or_insert(other)), "another value");
    assert!(map.is_empty());
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_value_of_an_entry_that_is_removed() {
    fresh();
    let drops = Drops::new();
    let map = WeakValueMap::new();
    let value = Gc::new(Thing::new(&drops));
    let (key, other) = (Thing::bomb(&drops, "key"), Thing::new(&drops));
    map.insert(key, &value);
    let value_map::Entry::Occupied(entry) = map.entry(other) else {
        panic!("there is a value");
    };
    drop(value);
    assert_eq!(panic_of(|| entry.remove()), "key");
    assert_eq!(drops.count(), 3);
}

#[test]
fn what_is_lent_of_an_entry_where_another_value_is_not_needed() {
    fresh();
    let drops = Drops::new();
    let map = WeakKeyMap::new();
    let key = Gc::new(1);
    map.insert(&key, Thing::new(&drops));
    let other = Thing::bomb(&drops, "another value");
    assert_eq!(
        panic_of(|| map.entry(&key).or_insert(other)),
        "another value"
    );
    drop(key);
    assert_eq!(drops.count(), 2);
}

#[test]
fn what_is_lent_of_a_value_that_takes_the_place_of_another() {
    fresh();
    let drops = Drops::new();
    let map = WeakKeyMap::new();
    let key = Gc::new(1);
    let Entry::Vacant(entry) = map.entry(&key) else {
        panic!("there is no value");
    };
    map.insert(&key, Thing::bomb(&drops, "another value"));
    let insert = || entry.insert(Thing::new(&drops));
    assert_eq!(panic_of(insert), "another value");
    drop(key);
    assert_eq!(drops.count(), 2);
}

#[test]
fn the_result_of_a_call_that_closes_its_closure() {
    fresh();
    let drops = Drops::new();
    let function = Gc::new(closure!(
        [_bomb = Thing::bomb(&drops, "capture")]
        |run: Box<dyn Fn() -> DropProbe>| run()
    ));
    let (me, probes) = (function.clone(), drops.clone());
    let run: Box<dyn Fn() -> DropProbe> = Box::new(move || {
        me.close();
        probes.probe()
    });
    assert_eq!(panic_of(|| function.call((run,))), "capture");
    assert_eq!(drops.count(), 2);
}

/// Holds itself until it is cloned.
#[derive(Trace)]
struct Selfish {
    thing: Thing,
    me: Slot<Gc<Selfish>>,
    #[trace(skip)]
    drops: Drops,
}

impl Clone for Selfish {
    fn clone(&self) -> Self {
        self.me.clear();
        Self {
            thing: Thing::new(&self.drops),
            me: Slot::empty(),
            drops: self.drops.clone(),
        }
    }
}

#[test]
fn the_clone_of_a_value_that_ends_with_a_panic() {
    fresh();
    let drops = Drops::new();
    let object = Gc::new(Selfish {
        thing: Thing::bomb(&drops, "original"),
        me: Slot::empty(),
        drops: drops.clone(),
    });
    object.me.set(object.clone());
    assert!(object.thing.bomb.is_some());
    assert_eq!(panic_of(|| Gc::unwrap_or_clone(object)), "original");
    assert_eq!(drops.count(), 2);
}

#[test]
fn a_weak_handle_that_becomes_a_pointer_and_calls_its_callback_off() {
    fresh();
    let drops = Drops::new();
    let mut object = Gc::new(1);
    let bomb = Thing::bomb(&drops, "capture");
    let weak = Gc::downgrade_with(&object, move || drop(bomb));
    assert_eq!(panic_of(|| weak.into_raw()), "capture");
    assert_eq!(Gc::weak_count(&object), 0);
    assert!(Gc::get_mut(&mut object).is_some());
    assert_eq!(drops.count(), 1);
}
