//! Keys and values whose `Hash`, `Eq`, `Drop` and finalizers use the very map they are in, and panic: no
//! lock of the library is held while they run.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex};

use super::weak::{WeakKeyMap, WeakSet, WeakValueMap};
use super::weak_maps::Loop;
use super::{Finalize, Gc, Trace, Weak, fresh, gc, in_a_thread};

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Nothing,
    Read,
    Insert,
    Remove,
    Clear,
    Walk,
    Collect,
    Panic,
}

const DEEDS: [Deed; 8] = [
    Deed::Nothing,
    Deed::Read,
    Deed::Insert,
    Deed::Remove,
    Deed::Clear,
    Deed::Walk,
    Deed::Collect,
    Deed::Panic,
];

/// Where it does it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Hash,
    Eq,
    Drop,
}

/// A key that does something, to the map that it is in.
#[derive(Trace)]
#[trace(leaf)]
struct Key {
    number: u32,
}

static DEED: Mutex<Option<(When, Deed)>> = Mutex::new(None);
static VALUES: LazyLock<WeakValueMap<Key, Loop>> = LazyLock::new(WeakValueMap::new);
static KEYS: LazyLock<WeakKeyMap<Key, Key>> = LazyLock::new(WeakKeyMap::new);
static SET: LazyLock<WeakSet<Key>> = LazyLock::new(WeakSet::new);

/// Does what is to be done then, once.
fn act(when: When) {
    let deed = {
        let mut deed = DEED.lock().unwrap();
        match *deed {
            Some((due, what)) if due == when => {
                *deed = None;
                what
            }
            _ => return,
        }
    };
    let key = || Key { number: 2 };
    match deed {
        Deed::Nothing => {}
        Deed::Read => {
            let _ = (VALUES.get(&key()), KEYS.get(&Gc::new(key())), SET.len());
        }
        Deed::Insert => {
            VALUES.insert(key(), &Loop::new(2));
            KEYS.insert(&Gc::new(key()), key());
            SET.insert(&Gc::new(key()));
        }
        Deed::Remove => {
            let _ = (
                VALUES.remove(&key()),
                KEYS.remove(&Gc::new(key())),
                SET.pop(),
            );
        }
        Deed::Clear => {
            VALUES.clear();
            KEYS.clear();
            SET.clear();
        }
        Deed::Walk => {
            VALUES.retain(|key, _| key.number != 1);
            let _ = (KEYS.iter().count(), SET.clone());
        }
        Deed::Collect => {
            gc::collect();
        }
        Deed::Panic => std::panic::panic_any("on purpose"),
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, _: &mut H) {
        act(When::Hash);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        act(When::Eq);
        self.number == other.number
    }
}

impl Eq for Key {}

impl Drop for Key {
    fn drop(&mut self) {
        act(When::Drop);
    }
}

/// Each thing, at each time, in each of the ways to use a map.
#[test]
fn weak_maps_are_used_by_what_they_call() {
    fresh();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<&str>() {
            hook(info);
        }
    }));
    for when in [When::Hash, When::Eq, When::Drop] {
        for deed in DEEDS {
            for step in 0..8 {
                let (value, key) = (Loop::new(1), Gc::new(Key { number: 1 }));
                let others = [2, 3].map(|number| Gc::new(Key { number }));
                VALUES.insert(Key { number: 1 }, &value);
                VALUES.insert(Key { number: 2 }, &value);
                KEYS.insert(&key, Key { number: 1 });
                SET.insert(&key);
                others.iter().for_each(|other| _ = SET.insert(other));
                *DEED.lock().unwrap() = Some((when, deed));
                let outcome = catch_unwind(AssertUnwindSafe(|| match step {
                    0 => drop(VALUES.insert(Key { number: 1 }, &Loop::new(1))),
                    1 => drop(KEYS.insert(&key, Key { number: 1 })),
                    2 => drop(SET.insert(&others[0])),
                    3 => drop(VALUES.remove(&Key { number: 1 })),
                    4 => drop(KEYS.remove(&key)),
                    5 => drop((VALUES.get(&Key { number: 1 }), KEYS.get(&key))),
                    6 => drop((value.clone(), key.clone())),
                    _ => {
                        VALUES.clear();
                        KEYS.clear();
                    }
                }));
                assert!(outcome.is_ok() || deed == Deed::Panic);
                *DEED.lock().unwrap() = Some((when, deed));
                let outcome = catch_unwind(AssertUnwindSafe(|| drop((value, key, others))));
                assert!(outcome.is_ok() || deed == Deed::Panic);
                *DEED.lock().unwrap() = None;
                gc::collect();
                VALUES.clear();
                KEYS.clear();
                SET.clear();
            }
        }
    }
    drop(std::panic::take_hook());
    assert_eq!((VALUES.len(), KEYS.len(), SET.len()), (0, 0, 0));
}

/// A key that adds another of the same hash whenever it is compared.
#[derive(Trace)]
#[trace(leaf)]
struct Breeder;

static BRED: LazyLock<WeakValueMap<Breeder, Loop>> = LazyLock::new(WeakValueMap::new);
static PARENT: LazyLock<Mutex<Option<Gc<Loop>>>> = LazyLock::new(Mutex::default);

impl Hash for Breeder {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl PartialEq for Breeder {
    fn eq(&self, _: &Self) -> bool {
        let parent = PARENT.lock().unwrap().take();
        if let Some(parent) = parent {
            BRED.insert(Self, &parent);
            *PARENT.lock().unwrap() = Some(parent);
        }
        false
    }
}

impl Eq for Breeder {}

#[test]
fn weak_maps_come_to_an_end_whatever_is_added() {
    in_a_thread(|| {
        let parent = Loop::new(1);
        BRED.insert(Breeder, &parent);
        *PARENT.lock().unwrap() = Some(parent.clone());
        BRED.insert(Breeder, &parent);
        assert!(BRED.len() > 2);
        *PARENT.lock().unwrap() = None;
        BRED.clear();
    });
}

/// A value whose finalizer puts it where it was, once.
#[derive(Trace)]
#[trace(finalize)]
struct Returning {
    map: Arc<Maps>,
    me: Mutex<Option<Weak<Returning>>>,
}

#[derive(Trace, Default)]
#[trace(leaf)]
struct Maps {
    #[trace(skip)]
    values: WeakValueMap<u8, Returning>,
    #[trace(skip)]
    kept: Mutex<Vec<Gc<Returning>>>,
}

impl Finalize for Returning {
    fn finalize(&self) {
        let me = self
            .me
            .lock()
            .unwrap()
            .as_ref()
            .and_then(Weak::upgrade)
            .unwrap();
        assert!(Gc::ptr_eq(&self.map.values.get(&1).unwrap(), &me));
        self.map.values.insert(2, &me);
        self.map.kept.lock().unwrap().push(me);
    }
}

#[test]
fn weak_maps_keep_what_comes_back() {
    fresh();
    let maps = Arc::new(Maps::default());
    let value = Gc::new(Returning {
        map: maps.clone(),
        me: Mutex::default(),
    });
    *value.me.lock().unwrap() = Some(Gc::downgrade(&value));
    maps.values.insert(1, &value);
    drop(value);
    assert_eq!(maps.values.len(), 2);
    maps.kept.lock().unwrap().clear();
    assert_eq!(maps.values.len(), 0);
}

#[test]
fn weak_map_entries_are_gone_before_callbacks() {
    fresh();
    for is_cyclic in [false, true] {
        let map = Arc::new(WeakValueMap::<u8, Loop>::new());
        let value = Loop::new(1);
        map.insert(1, &value);
        let seen = Arc::new(Mutex::new(None));
        let weak = Gc::downgrade_with(&value, {
            let (map, seen) = (map.clone(), seen.clone());
            move || *seen.lock().unwrap() = Some((map.len(), map.get(&1).is_none()))
        });
        if !is_cyclic {
            value.me.clear();
        }
        drop(value);
        gc::collect();
        assert_eq!(*seen.lock().unwrap(), Some((0, true)));
        assert!(weak.upgrade().is_none());
    }
}

/// A map that may be put into a value of its own, or of another.
#[derive(Trace, Default)]
struct Nest {
    map: WeakKeyMap<Loop, Mutex<Option<Nest>>>,
}

#[test]
fn weak_maps_in_their_own_values_are_used() {
    fresh();
    for is_ring in [false, true] {
        let keys = [Loop::new(1), Loop::new(2)];
        let nests = [Nest::default(), Nest::default()];
        let lent = [0, 1].map(|number| {
            nests[number].map.insert(&keys[number], Mutex::default());
            nests[number].map.get(&keys[number]).unwrap()
        });
        let [one, other] = nests;
        if is_ring {
            *lent[0].lock().unwrap() = Some(other);
            *lent[1].lock().unwrap() = Some(one);
        } else {
            *lent[0].lock().unwrap() = Some(one);
            *lent[1].lock().unwrap() = Some(other);
        }
        drop(lent);
        gc::collect();
        drop(keys);
        assert_eq!(gc::collect(), 2);
    }
    assert_eq!(gc::collect(), 0);
}
