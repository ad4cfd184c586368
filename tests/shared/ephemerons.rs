//! Ephemerons: what is collected when maps, keys and values are in cycles together.

use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stage::{Canary, Log, Slot, fresh};
use super::weak::{Ephemeron, WeakIdentityMap, WeakKeyMap, WeakValueMap};
use super::{Finalize, Gc, Shared, Trace, Weak, gc};

/// A key, a value and an owner of maps in one.
#[derive(Trace, Default)]
struct Node {
    name: &'static str,
    links: Mutex<Vec<Gc<Node>>>,
    notes: WeakIdentityMap<Node, Gc<Node>>,
}

fn node(name: &'static str) -> Gc<Node> {
    Gc::new(Node {
        name,
        ..Node::default()
    })
}

type Map = WeakIdentityMap<Node, Gc<Node>>;

#[test]
fn a_value_does_not_keep_its_own_key() {
    fresh();
    let map = Map::default();
    let key = node("key");
    map.insert(&key, key.clone());
    let weak = Gc::downgrade(&key);
    drop(key);
    assert_eq!((map.len(), weak.strong_count()), (1, 1));
    assert_eq!(gc::collect(), 1);
    assert!(map.is_empty() && weak.upgrade().is_none());
}

#[test]
fn a_value_lives_as_long_as_its_key() {
    fresh();
    let map = Map::default();
    let (key, value) = (node("key"), node("value"));
    value.links.lock().unwrap().push(key.clone());
    map.insert(&key, value.clone());
    let weak = Gc::downgrade(&value);
    drop(value);
    assert_eq!(gc::collect(), 0);
    assert_eq!(weak.upgrade().unwrap().name, "value");
    drop(key);
    assert_eq!(gc::collect(), 2);
    assert!(map.is_empty() && weak.upgrade().is_none());
}

#[test]
fn a_value_does_not_keep_the_owner_of_its_map() {
    fresh();
    for is_old in [false, true] {
        let (owner, key) = (node("owner"), node("key"));
        owner.notes.insert(&key, owner.clone());
        if is_old {
            assert_eq!(gc::collect(), 0);
        }
        let weak = Gc::downgrade(&owner);
        drop(owner);
        assert_eq!(gc::collect(), 1, "the key lives");
        assert!(weak.upgrade().is_none());
        assert_eq!(Gc::weak_count(&key), 0);
    }
}

#[test]
fn a_value_does_not_keep_the_owner_of_its_ephemeron() {
    #[derive(Trace)]
    struct Owner {
        pair: Slot<Ephemeron<Node, Gc<Owner>>>,
    }
    fresh();
    let key = node("key");
    let owner = Gc::new(Owner {
        pair: Slot::empty(),
    });
    owner.pair.set(Ephemeron::new(&key, owner.clone()));
    drop(owner);
    assert_eq!(gc::collect(), 1, "the key lives");
}

#[test]
fn a_value_that_leads_to_key_and_owner_keeps_neither() {
    fresh();
    let (owner, key, value) = (node("owner"), node("key"), node("value"));
    value
        .links
        .lock()
        .unwrap()
        .extend([owner.clone(), key.clone()]);
    owner.notes.insert(&key, value);
    key.links.lock().unwrap().push(owner);
    assert_eq!(gc::collect(), 0);
    drop(key);
    assert_eq!(gc::collect(), 3);
}

#[test]
fn chains_of_ephemerons_live_from_their_first_key() {
    fresh();
    const LENGTH: usize = 1000;
    for reversed in [false, true] {
        let map = Map::default();
        let mut nodes: Vec<_> = (0..LENGTH).map(|_| node("link")).collect();
        if reversed {
            nodes.reverse();
        }
        for pair in nodes.windows(2) {
            map.insert(&pair[0], pair[1].clone());
        }
        let first = nodes.swap_remove(0);
        drop(nodes);
        assert_eq!(gc::collect(), 0);
        assert_eq!(map.len(), LENGTH - 1);
        drop(first);
        assert_eq!((gc::collect(), map.len()), (0, 0), "by counting");
    }
}

#[test]
fn rings_of_ephemerons_die_together() {
    fresh();
    const LENGTH: usize = 1000;
    let maps = [Map::default(), Map::default()];
    let nodes: Vec<_> = (0..LENGTH).map(|_| node("link")).collect();
    for number in 0..LENGTH {
        let next = nodes[(number + 1) % LENGTH].clone();
        maps[number % 2].insert(&nodes[number], next);
    }
    let one = nodes[LENGTH / 2].clone();
    drop(nodes);
    assert_eq!(gc::collect(), 0);
    assert_eq!(maps.each_ref().map(Map::len), [LENGTH / 2; 2]);
    drop(one);
    assert_eq!(gc::collect(), LENGTH);
    assert_eq!(maps.each_ref().map(Map::len), [0; 2]);
}

#[test]
fn maps_owned_by_values_are_as_alive_as_these() {
    type Inner = WeakIdentityMap<Node, Gc<Node>>;
    fresh();
    let outer = WeakIdentityMap::<Node, Inner>::default();
    let (key, inner_key) = (node("key"), node("inner key"));
    let inner = Inner::default();
    // Kept by the inner map alone, as long as both keys live.
    inner.insert(&inner_key, node("value"));
    let weak = Gc::downgrade(&inner.get(&inner_key).unwrap());
    inner.insert(&key, key.clone());
    outer.insert(&key, inner);
    inner_key.links.lock().unwrap().push(key);
    assert_eq!(gc::collect(), 0);
    assert_eq!(weak.upgrade().unwrap().name, "value");
    let key = inner_key.links.lock().unwrap().pop();
    drop(inner_key);
    assert_eq!(outer.get(key.as_ref().unwrap()).unwrap().len(), 1);
    assert!(weak.upgrade().is_none());
    drop(key);
    assert_eq!(gc::collect(), 1);
    assert!(outer.is_empty());
}

#[test]
fn what_is_lent_is_held() {
    fresh();
    let map = Map::default();
    let key = node("key");
    map.insert(&key, key.clone());
    let lent = map.get(&key).unwrap();
    drop(key);
    assert_eq!(gc::collect(), 0);
    assert_eq!(lent.name, "key");
    drop(lent);
    assert_eq!(gc::collect(), 1, "looked at again");
    assert!(map.is_empty());
}

#[test]
fn what_is_lent_outlives_its_entry_and_its_map() {
    fresh();
    let owner = node("owner");
    let (key, value) = (node("key"), node("value"));
    owner.notes.insert(&key, value);
    let lent = owner.notes.get(&key).unwrap();
    lent.links.lock().unwrap().push(owner.clone());
    drop((key, owner));
    assert_eq!(gc::collect(), 0);
    assert_eq!(lent.links.lock().unwrap()[0].name, "owner");
    drop(lent);
    assert_eq!(
        gc::collect(),
        0,
        "its entry went with the key: freed by counting"
    );
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn leaf_keys_are_keys_too() {
    fresh();
    let map: WeakKeyMap<String, Gc<Node>> = WeakKeyMap::new();
    let key = Gc::new(String::from("key"));
    map.insert(&key, node("value"));
    assert_eq!(gc::collect(), 0);
    assert_eq!(map.get(&key).unwrap().name, "value");
    drop(key);
    assert!(map.is_empty());
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn a_map_with_a_leaf_key_does_not_keep_its_owner() {
    #[derive(Trace)]
    struct Owner(WeakKeyMap<String, Slot<Gc<Owner>>>);
    fresh();
    let key = Gc::new(String::from("key"));
    let owner = Gc::new(Owner(WeakKeyMap::new()));
    assert!(owner.0.insert(&key, Slot::empty()).is_none());
    let lent = owner.0.get(&key).unwrap();
    lent.set(owner.clone());
    drop(owner);
    assert_eq!(gc::collect(), 0, "lent");
    drop(lent);
    assert_eq!(gc::collect(), 1);
}

#[test]
fn a_value_does_not_keep_a_leaf_key_of_whatever_size() {
    #[derive(Trace)]
    #[trace(leaf)]
    struct Leaf<const N: usize>([u8; N]);
    fn check<const N: usize>() {
        let others: Vec<_> = (0..10).map(|_| Gc::new(Leaf([0; N]))).collect();
        let map = WeakIdentityMap::<Leaf<N>, (Gc<Leaf<N>>, Gc<Leaf<N>>)>::default();
        let (one, two) = (Gc::new(Leaf([1; N])), Gc::new(Leaf([2; N])));
        assert!(!gc::is_tracked(&one));
        map.insert(&one, (two.clone(), others[0].clone()));
        map.insert(&two, (one.clone(), others[1].clone()));
        assert!(gc::is_tracked(&one) && !gc::is_tracked(&others[0]));
        assert_eq!(gc::objects(None).len(), 2);
        assert_eq!(gc::collect(), 0);
        drop(one);
        assert_eq!((gc::collect(), two.0[0], map.len()), (0, 2, 2));
        drop(two);
        assert_eq!((gc::collect(), map.len()), (2, 0));
        assert_eq!(gc::objects(None).len(), 0);
        assert!(others.iter().all(|other| Gc::strong_count(other) == 1));
    }
    fresh();
    check::<1>();
    check::<1>();
    check::<4000>();
}

#[test]
fn many_leaf_keys_are_tracked_among_many_objects() {
    const COUNT: usize = 20_000;
    fresh();
    gc::disable();
    let map = WeakIdentityMap::<u32, Gc<Node>>::default();
    let keys: Vec<_> = (0..COUNT as u32).map(Gc::new).collect();
    let nodes: Vec<_> = keys.iter().map(|_| node("value")).collect();
    for (key, node) in keys.iter().zip(&nodes) {
        node.links.lock().unwrap().push(node.clone());
        map.insert(key, node.clone());
    }
    drop(nodes);
    assert_eq!((gc::collect(), map.len()), (0, COUNT));
    drop(keys);
    assert_eq!(map.len(), 0);
    assert_eq!(gc::collect(), COUNT);
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn a_leaf_key_may_leave_by_any_door() {
    fresh();
    let map = WeakIdentityMap::<String, Gc<String>>::default();
    let mut key = Gc::new(String::from("made mutable"));
    map.insert(&key, Gc::new(String::new()));
    assert!(Gc::get_mut(&mut key).is_none());
    Gc::make_mut(&mut key).push('!');
    assert_eq!((map.len(), &**key), (0, "made mutable!"));
    map.insert(&key, key.clone());
    map.clear();
    assert_eq!(Gc::try_unwrap(key).unwrap(), "made mutable!");
    let key = Gc::new(String::from("unwrapped"));
    map.insert(&key, Gc::new(String::new()));
    assert_eq!(Gc::into_inner(key).unwrap(), "unwrapped");
    assert_eq!((map.len(), gc::collect(), gc::count().0), (0, 0, 0));
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn old_keys_keep_young_values_and_young_owners_go_early() {
    fresh();
    let map = Map::default();
    let key = node("old key");
    gc::collect();
    map.insert(&key, node("young value"));
    key.links.lock().unwrap().push(node("link"));
    assert_eq!(gc::collect_generation(0), 0);
    assert_eq!(map.get(&key).unwrap().name, "young value");

    let owner = node("young owner");
    owner.notes.insert(&key, owner.clone());
    drop(owner);
    assert_eq!(gc::collect_generation(0), 1);
    drop(key);
    assert!(map.is_empty());
}

#[test]
fn finalizers_find_the_values_and_may_keep_the_keys() {
    type Map = WeakIdentityMap<Key, Gc<Key>>;
    #[derive(Trace)]
    #[trace(finalize)]
    struct Key {
        me: Slot<Weak<Key>>,
        seen: AtomicUsize,
        #[trace(skip)]
        map: Shared<Map>,
        #[trace(skip)]
        saved: Shared<Slot<Gc<Key>>>,
    }
    impl Finalize for Key {
        fn finalize(&self) {
            let me = self.me.get().unwrap().upgrade().unwrap();
            self.seen.store(self.map.len(), Ordering::Relaxed);
            let value = Gc::clone(&self.map.get(&me).unwrap());
            assert!(Gc::ptr_eq(&value, &me));
            self.saved.set(value);
        }
    }
    fresh();
    let (map, saved) = (Shared::new(Map::default()), Shared::new(Slot::empty()));
    let key = Gc::new(Key {
        me: Slot::empty(),
        seen: AtomicUsize::new(0),
        map: map.clone(),
        saved: saved.clone(),
    });
    key.me.set(Gc::downgrade(&key));
    map.insert(&key, key.clone());
    drop(key);
    assert_eq!(gc::collect(), 0, "resurrected");
    let key = saved.take().unwrap();
    assert_eq!((key.seen.load(Ordering::Relaxed), map.len()), (1, 1));
    drop(key);
    assert_eq!((gc::collect(), map.len()), (1, 0));
}

#[test]
fn an_ephemeron_alone_is_like_a_map_of_one() {
    fresh();
    let key = node("key");
    let pair = Ephemeron::new(&key, key.clone());
    assert!(Gc::ptr_eq(&pair.key().unwrap(), &key));
    assert_eq!(pair.value().unwrap().name, "key");
    drop(key);
    assert!(pair.is_alive());
    assert_eq!(gc::collect(), 1);
    assert!(!pair.is_alive() && pair.key().is_none() && pair.value().is_none());
    let key = node("key");
    let pair = Ephemeron::new(&key, node("value"));
    pair.clear();
    assert_eq!(gc::objects(None).len(), 1);
}

#[test]
fn the_owner_of_an_ephemeron_is_not_kept_by_its_value() {
    #[derive(Trace)]
    struct Owner(Slot<Ephemeron<Node, Gc<Owner>>>);

    fresh();
    let key = node("key");
    let owner = Gc::new(Owner(Slot::empty()));
    owner.0.set(Ephemeron::new(&key, owner.clone()));
    let weak = Gc::downgrade(&owner);
    assert_eq!(gc::collect(), 0);
    drop(owner);
    assert!(weak.upgrade().is_some());
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none() && Gc::weak_count(&key) == 0);
}

#[test]
fn a_value_leaves_before_callbacks_and_goes_after_them() {
    fresh();
    for is_cyclic in [false, true] {
        let log = Log::default();
        let map: Shared<WeakIdentityMap<Node, Canary>> = Shared::default();
        let key = node("key");
        map.insert(&key, Canary::new("value", &log));
        let _weak = Gc::downgrade_with(&key, {
            let (log, map) = (log.clone(), map.clone());
            move || {
                assert_eq!(map.len(), 0);
                log.add("callback");
            }
        });
        if is_cyclic {
            key.links.lock().unwrap().push(key.clone());
        }
        drop(key);
        assert_eq!(gc::collect(), usize::from(is_cyclic));
        assert_eq!(log.take(), ["callback", "drop value"]);
    }
}

#[test]
fn a_key_that_is_moved_into_its_own_value_is_found() {
    type Links = Mutex<Vec<Gc<Node>>>;
    fresh();
    let map = WeakIdentityMap::<Node, Links>::default();
    let key = node("key");
    map.insert(&key, Links::default());
    assert_eq!(gc::collect(), 0);
    let lent = map.get(&key).unwrap();
    lent.lock().unwrap().push(key);
    drop(lent);
    assert_eq!(gc::collect(), 1);
    assert!(map.is_empty());
}

#[test]
fn the_owner_of_a_map_that_is_moved_into_a_key_of_it_is_found() {
    #[derive(Trace)]
    struct Key(Slot<Gc<Owner>>);
    impl PartialEq for Key {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    impl Eq for Key {}
    impl Hash for Key {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    #[derive(Trace)]
    struct Owner(WeakValueMap<Key, i32>);
    fresh();
    let (owner, value) = (Gc::new(Owner(WeakValueMap::new())), Gc::new(1));
    owner.0.insert(Key(Slot::empty()), &value);
    assert_eq!(gc::collect(), 0);
    let (lent, _) = owner.0.get_key_value(&Key(Slot::empty())).unwrap();
    lent.0.set(owner);
    drop(lent);
    assert_eq!(gc::collect(), 1);
}

/// Life goes on from what a value leads to, by whatever handles.
#[test]
fn what_a_value_leads_to_lives_as_long_as_its_key() {
    fresh();
    let map = Map::default();
    let key = node("key");
    let chain = ["first", "second", "third"].map(node);
    for (from, to) in chain.iter().zip(&chain[1..]) {
        from.links.lock().unwrap().push(to.clone());
    }
    key.links.lock().unwrap().push(key.clone());
    map.insert(&key, chain[0].clone());
    let weaks = chain.each_ref().map(Gc::downgrade);
    drop(chain);
    drop(key.clone());
    assert_eq!(gc::collect(), 0);
    assert!(weaks.iter().all(|weak| weak.strong_count() == 1));
    drop(key);
    assert_eq!(gc::collect(), 4);
    assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
}
