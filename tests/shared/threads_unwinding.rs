//! What a weak map is about to return when another thread has made the other part of its entry the reader's to
//! drop, and that panics: see [`unwinding_maps`](super::unwinding_maps).

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::weak::{WeakKeyMap, WeakValueMap};
use super::{Gc, Trace, fresh, gc};

const ROUNDS: usize = 20_000;

thread_local! {
    static READS: Cell<bool> = const { Cell::new(false) };
}

/// Panics as it is dropped by who reads, if it is a bomb. Equal to all others.
#[derive(Trace)]
#[trace(leaf)]
struct Thing {
    #[trace(skip)]
    _living: Arc<()>,
    #[trace(skip)]
    is_bomb: bool,
}

impl Drop for Thing {
    fn drop(&mut self) {
        if self.is_bomb && READS.get() {
            resume_unwind(Box::new("bomb"));
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

/// Has a thread add an entry to a map and remove it, over and over, while another one reads the map. The
/// entries' owned parts are the bombs, or else their objects. In the end nothing may be left.
fn race<M: Sync>(
    owned_are_bombs: bool,
    map: M,
    add_and_remove: impl Fn(&M, Thing, Gc<Thing>) + Sync,
    read: impl Fn(&M) + Sync,
) {
    fresh();
    let living = Arc::new(());
    let thing = |is_bomb| Thing {
        _living: living.clone(),
        is_bomb,
    };
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            READS.set(true);
            while !is_over.load(Ordering::Relaxed) {
                // How often it panics is the schedule's.
                let _ = catch_unwind(AssertUnwindSafe(|| read(&map)));
            }
        });
        for _ in 0..ROUNDS {
            let (owned, object) = (thing(owned_are_bombs), thing(!owned_are_bombs));
            add_and_remove(&map, owned, Gc::new(object));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    drop(map);
    assert_eq!(Arc::strong_count(&living), 1);
}

fn by_value(map: &WeakValueMap<Thing, Thing>, key: Thing, value: Gc<Thing>) {
    map.insert(key, &value);
    map.clear();
}

fn by_key(map: &WeakKeyMap<Thing, Thing>, value: Thing, key: Gc<Thing>) {
    map.insert(&key, value);
    map.clear();
}

#[test]
fn the_value_of_a_key_that_is_removed() {
    let wanted = Thing {
        _living: Arc::default(),
        is_bomb: false,
    };
    let read = |map: &WeakValueMap<_, _>| drop(map.get(&wanted));
    race(true, WeakValueMap::new(), by_value, read);
}

#[test]
fn the_values_of_keys_that_are_removed() {
    let read = |map: &WeakValueMap<_, _>| map.values().for_each(drop);
    race(true, WeakValueMap::new(), by_value, read);
}

#[test]
fn the_keys_of_values_that_go() {
    let read = |map: &WeakValueMap<_, _>| map.keys().for_each(drop);
    race(false, WeakValueMap::new(), by_value, read);
}

#[test]
fn the_keys_of_values_that_are_removed() {
    let read = |map: &WeakKeyMap<_, _>| map.keys().for_each(drop);
    race(true, WeakKeyMap::new(), by_key, read);
}

#[test]
fn the_values_of_keys_that_go() {
    let read = |map: &WeakKeyMap<_, _>| map.values().for_each(drop);
    race(false, WeakKeyMap::new(), by_key, read);
}

#[derive(Trace)]
struct Node {
    _thing: Thing,
    _to: Option<Gc<Node>>,
}

/// Of a value that is given back there is one handle more of each that it has.
#[test]
fn the_handles_of_a_value_that_is_given_back_when_it_is_removed() {
    fresh();
    let living = Arc::new(());
    let node = |is_bomb| {
        let thing = Thing {
            _living: living.clone(),
            is_bomb,
        };
        Gc::new(Node {
            _thing: thing,
            _to: None,
        })
    };
    let map = WeakKeyMap::<_, Vec<Gc<Node>>>::new();
    let key = Gc::new(1);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            READS.set(true);
            while !is_over.load(Ordering::Relaxed) {
                let _ = catch_unwind(AssertUnwindSafe(|| drop(map.get(&key))));
            }
        });
        for _ in 0..10 * ROUNDS {
            map.insert(&key, vec![node(true), node(false), node(false)]);
            map.clear();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    drop(map);
    gc::collect();
    assert_eq!(Arc::strong_count(&living), 1);
}
