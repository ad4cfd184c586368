//! Ephemerons that several threads use, one of which collects.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use gordian::trace::Tracer;
use gordian_tests::{DropProbe, Drops};

use super::threads_weak_maps::{beside_a_collector, in_threads};
use super::weak::{Ephemeron, WeakIdentityMap, WeakKeyMap};
use super::{Gc, Trace, Weak, fresh, gc};

type Map = WeakIdentityMap<Node, Vec<Gc<Node>>>;

/// A key, something that values hold, and an owner of a map in one.
#[derive(Trace)]
struct Node {
    number: usize,
    links: Mutex<Vec<Gc<Node>>>,
    notes: Map,
    _probe: DropProbe,
}

impl Node {
    fn new(number: usize, drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            number,
            links: Mutex::default(),
            notes: Map::default(),
            _probe: drops.probe(),
        })
    }

    fn link(&self, to: &Gc<Self>) {
        self.links.lock().unwrap().push(to.clone());
    }
}

/// Rings of values that lead to each other's keys, in maps that threads walk through meanwhile: they come
/// by keys that are dead but for them.
#[test]
fn rings_of_ephemerons_are_looked_through_while_they_are_collected() {
    const ROUNDS: usize = 1500;
    let drops = Drops::new();
    let maps = [Map::default(), Map::default()];
    let met = AtomicUsize::new(0);
    beside_a_collector(|| {
        in_threads(3, |thread| {
            for round in 0..ROUNDS {
                let number = thread * ROUNDS + round;
                let ring: Vec<_> = (0..4).map(|_| Node::new(number, &drops)).collect();
                for (index, node) in ring.iter().enumerate() {
                    let next = &ring[(index + 1) % 4];
                    maps[index % 2].insert(node, vec![next.clone()]);
                }
                drop(ring);
                for (key, value) in maps[round % 2].iter().take(8) {
                    assert_eq!(key.number, value[0].number);
                    // It has to come back by the other map.
                    let others = maps[(round + 1) % 2].get(&value[0]);
                    met.fetch_add(others.map_or(0, |others| others.len()), Ordering::Relaxed);
                }
            }
        });
    });
    gc::collect();
    assert!(met.into_inner() > 0);
    assert_eq!(maps.each_ref().map(Map::len), [0; 2]);
    assert_eq!(drops.count(), 3 * ROUNDS * 4);
}

/// A key comes back by a weak handle at whatever moment of a look: then its value does.
#[test]
fn keys_that_come_back_have_their_values() {
    const ROUNDS: usize = 150;
    const LENGTH: usize = 300;
    let drops = Drops::new();
    let map = Map::default();
    let shown = Mutex::new(Weak::new());
    let alive = Node::new(0, &drops);
    let is_over = AtomicUsize::new(0);
    let met = AtomicUsize::new(0);
    let look = || {
        let mut random = 1_u32;
        while is_over.load(Ordering::Relaxed) == 0 {
            let weak = Weak::clone(&shown.lock().unwrap());
            while let Some(key) = weak.upgrade() {
                let value = map.get(&key).expect("the value is as alive as the key");
                assert_eq!(value[0].links.lock().unwrap()[0].number, key.number + 1);
                drop((value, key));
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (0..random >> 16).for_each(|_| std::hint::spin_loop());
            }
            met.fetch_add(1, Ordering::Relaxed);
        }
    };
    beside_a_collector(|| {
        thread::scope(|scope| {
            let looking = scope.spawn(look);
            for round in 0..ROUNDS {
                let chain: Vec<_> = (0..LENGTH)
                    .map(|index| Node::new(round + index, &drops))
                    .collect();
                let of_value = chain.windows(2).skip(1);
                of_value.for_each(|pair| pair[0].link(&pair[1]));
                chain[LENGTH - 1].link(&chain[0]);
                let value = Node::new(round, &drops);
                value.link(&chain[1]);
                map.insert(&chain[0], vec![value]);
                *shown.lock().unwrap() = Gc::downgrade(&chain[0]);
                drop(chain);
                let before = met.load(Ordering::Relaxed);
                while met.load(Ordering::Relaxed) < before + 2 && !looking.is_finished() {
                    // Not all that is looked at is garbage.
                    drop(Gc::clone(&alive));
                    thread::yield_now();
                }
            }
            is_over.store(1, Ordering::Relaxed);
            looking.join().expect("the looking thread panicked");
        });
    });
    gc::collect();
    assert_eq!((map.len(), drops.count()), (0, ROUNDS * (LENGTH + 1)));
}

/// A key that is the same to the map as all others, so that looking for one compares them all.
#[derive(Trace)]
struct Clash {
    number: usize,
    links: Mutex<Vec<Gc<Clash>>>,
    _probe: DropProbe,
}

impl PartialEq for Clash {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Clash {}

impl Hash for Clash {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Who looks for a key has the others' entries in its hands for a moment, whoever they lead to.
#[test]
fn entries_are_compared_while_they_are_collected() {
    const ROUNDS: usize = 4000;
    let drops = Drops::new();
    let node = |number| {
        Gc::new(Clash {
            number,
            links: Mutex::default(),
            _probe: drops.probe(),
        })
    };
    let map = WeakKeyMap::<Clash, Gc<Clash>>::new();
    beside_a_collector(|| {
        in_threads(3, |thread| {
            let mine = node(thread);
            map.insert(&mine, mine.clone());
            for round in 0..ROUNDS {
                if thread == 0 {
                    let (key, value) = (node(100 + round), node(round));
                    value.links.lock().unwrap().push(key.clone());
                    map.insert(&key, value);
                } else {
                    assert_eq!(map.get(&mine).unwrap().number, thread);
                }
            }
            map.remove(&mine);
        });
    });
    gc::collect();
    assert_eq!((map.len(), drops.count()), (0, 3 + 2 * ROUNDS));
}

/// What a look at more locks comes to than it keeps at once.
#[test]
fn many_ephemerons_in_a_ring_die_together() {
    const LENGTH: usize = 10_000;
    fresh();
    let drops = Drops::new();
    let map = Map::default();
    let ring: Vec<_> = (0..LENGTH)
        .map(|number| Node::new(number, &drops))
        .collect();
    for number in 0..LENGTH {
        let next = &ring[(number + 1) % LENGTH];
        if number % 2 == 0 {
            map.insert(&ring[number], vec![next.clone()]);
        } else {
            ring[number].notes.insert(&ring[number], vec![next.clone()]);
            ring[number].link(next);
        }
    }
    let one = ring[LENGTH / 2].clone();
    drop(ring);
    assert_eq!((gc::collect(), map.len()), (0, LENGTH / 2));
    drop(one);
    assert_eq!((gc::collect(), map.len()), (LENGTH, 0));
    assert_eq!(drops.count(), LENGTH);
}

/// How long a test waits for something that does not happen.
const LONG: Duration = Duration::from_secs(10);

/// Runs `meanwhile` on another thread while this one collects `garbage` objects and has come to the callback
/// of an object among them, which is dropped last.
fn in_a_teardown(object: Gc<Node>, garbage: usize, meanwhile: impl FnOnce() + Send) -> Weak<Node> {
    let (called, is_called) = mpsc::channel();
    let (done, is_done) = mpsc::channel();
    let weak = Gc::downgrade_with(&object, move || {
        called.send(()).unwrap();
        is_done.recv().unwrap();
    });
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            is_called.recv_timeout(LONG).expect("the callback has run");
            meanwhile();
            done.send(()).unwrap();
        });
        drop(object);
        assert_eq!(gc::collect(), garbage);
        other.join().expect("the other thread panicked");
    });
    weak
}

/// A key of a map that is being torn down dies on another thread, by counting or in a collection.
#[test]
fn keys_die_while_the_owner_of_their_map_is_torn_down() {
    fresh();
    for in_cycle in [false, true] {
        let drops = Drops::new();
        let (owner, key) = (Node::new(0, &drops), Node::new(1, &drops));
        owner.notes.insert(&key, vec![owner.clone()]);
        // Not of concern to this garbage.
        let other = Node::new(2, &drops);
        owner.notes.insert(&other, vec![]);
        if in_cycle {
            key.link(&key);
        }
        let weak = in_a_teardown(owner, 1, || {
            drop(key);
            gc::collect();
            assert_eq!(drops.count(), 1, "the key");
        });
        assert!(weak.upgrade().is_none());
        assert_eq!((drops.count(), Gc::weak_count(&other)), (2, 0));
    }
}

/// The same of what is lent when its map is found dead, and given back while that is torn down.
#[test]
fn what_is_lent_is_given_back_while_the_owner_of_its_map_is_torn_down() {
    fresh();
    let drops = Drops::new();
    let [owner, key, value] = [0, 1, 2].map(|number| Node::new(number, &drops));
    owner.link(&owner);
    owner.notes.insert(&key, vec![value.clone()]);
    value.link(&key);
    let lent = owner.notes.get(&key).unwrap();
    drop(value);
    in_a_teardown(owner, 1, || {
        assert_eq!(lent[0].number, 2);
        drop(lent);
        drop(key);
        // The value still belongs to a map, which is about to go.
        gc::collect();
    });
    gc::collect();
    assert_eq!(drops.count(), 3);
}

/// Nobody finds an entry whose key is being torn down, nor what it leads to.
#[test]
fn nobody_gets_at_what_is_torn_down_through_a_live_map() {
    fresh();
    let drops = Drops::new();
    let map = Map::default();
    let nodes = [0, 1, 2].map(|number| Node::new(number, &drops));
    for (index, node) in nodes.iter().enumerate() {
        map.insert(node, vec![nodes[(index + 1) % 3].clone()]);
    }
    let weaks = nodes.each_ref().map(Gc::downgrade);
    let [first, second, third] = nodes;
    drop((second, third));
    in_a_teardown(first, 3, || {
        assert_eq!(
            (map.len(), map.iter().count(), map.values().count()),
            (0, 0, 0)
        );
        assert!(map.pop().is_none() && map.clone().is_empty());
        assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
        assert_eq!((gc::collect(), drops.count()), (0, 0));
    });
    assert_eq!(drops.count(), 3);
}

/// Maps in values of other maps, of which one is collected by its key while the others' keys die.
#[test]
fn keys_of_inner_maps_die_while_the_outer_entry_is_torn_down() {
    fresh();
    let drops = Drops::new();
    let outer = WeakIdentityMap::<Node, Map>::default();
    let [key, inner_key, value] = [0, 1, 2].map(|number| Node::new(number, &drops));
    let inner = Map::default();
    value.link(&key);
    inner.insert(&inner_key, vec![value, key.clone()]);
    outer.insert(&key, inner);
    in_a_teardown(key, 2, || {
        drop(inner_key);
        gc::collect();
        assert_eq!((drops.count(), outer.len()), (1, 0));
    });
    assert_eq!(drops.count(), 3);
}

/// The callback of a weak handle in a value that is garbage does not run.
#[test]
fn callbacks_in_values_that_are_garbage_are_called_off() {
    type Value = (Gc<Node>, Mutex<Vec<Weak<Node>>>);
    fresh();
    for is_owned in [false, true] {
        #[derive(Trace)]
        struct Owner(WeakIdentityMap<Node, Value>, Mutex<Option<Gc<Owner>>>);
        let drops = Drops::new();
        let owner = Gc::new(Owner(WeakIdentityMap::default(), Mutex::default()));
        let key = Node::new(0, &drops);
        let weak = Gc::downgrade_with(&key, || panic!("called"));
        let value = (key.clone(), Mutex::new(vec![weak]));
        owner.0.insert(&key, value);
        drop(key);
        if is_owned {
            *owner.1.lock().unwrap() = Some(owner.clone());
            drop(owner);
            assert_eq!((gc::collect(), drops.count()), (2, 1));
        } else {
            assert_eq!((gc::collect(), drops.count()), (1, 1));
        }
    }
}

/// A key with no handles enters maps on several threads at once, while its handles come and go.
#[test]
fn leaf_keys_enter_maps_on_several_threads_at_once() {
    const ROUNDS: usize = 300;
    let drops = Drops::new();
    type Leaf = (usize, DropProbe);
    type Leaves = WeakIdentityMap<Leaf, Vec<Gc<Leaf>>>;
    let maps = [Leaves::default(), Leaves::default()];
    beside_a_collector(|| {
        for round in 0..ROUNDS {
            let keys: Vec<Gc<Leaf>> = (0..4).map(|_| Gc::new((round, drops.probe()))).collect();
            in_threads(2, |thread| {
                let keys = keys.clone();
                for (index, key) in keys.iter().enumerate() {
                    maps[thread].insert(key, vec![keys[(index + 1) % 4].clone()]);
                    let all = [key.clone(), key.clone()];
                    assert!(maps[thread].get(key).unwrap()[0].0 == round);
                    drop(all);
                }
            });
            assert!(keys.iter().all(gc::is_tracked));
        }
    });
    gc::collect();
    assert_eq!(maps.each_ref().map(Leaves::len), [0; 2]);
    assert_eq!(drops.count(), ROUNDS * 4);
}

/// The same key in the same maps for ever, with collections: they lock the maps and ask the key for them.
#[test]
fn a_key_enters_and_leaves_maps_that_are_looked_at() {
    const ROUNDS: usize = 5000;
    let drops = Drops::new();
    let maps: Vec<Map> = (0..4).map(|_| Map::default()).collect();
    beside_a_collector(|| {
        let keys: Vec<_> = (0..2).map(|number| Node::new(number, &drops)).collect();
        in_threads(3, |thread| {
            for round in 0..ROUNDS {
                let (key, map) = (&keys[round % 2], &maps[(round + thread) % 4]);
                // The key is a candidate all the time.
                map.insert(key, vec![key.clone()]);
                if round % 3 == 0 {
                    map.remove(key);
                }
            }
        });
    });
    gc::collect();
    assert_eq!(
        (maps.iter().map(Map::len).sum::<usize>(), drops.count()),
        (0, 2)
    );
}

/// A value whose `trace` panics until it is told not to.
struct Grumpy {
    link: Gc<Node>,
    is_calm: AtomicUsize,
}

// SAFETY: reports what it owns, or panics, which the contract allows.
unsafe impl Trace for Grumpy {
    fn trace(&self, tracer: &mut Tracer) {
        self.link.trace(tracer);
        assert!(self.is_calm.load(Ordering::Relaxed) != 0, "as planned");
    }
}

#[test]
fn what_a_value_has_reported_before_it_panics_does_not_count() {
    fresh();
    let drops = Drops::new();
    let map = WeakIdentityMap::<Node, Grumpy>::default();
    let key = Node::new(0, &drops);
    let value = Grumpy {
        link: key.clone(),
        is_calm: AtomicUsize::new(0),
    };
    map.insert(&key, value);
    drop(key);
    assert!(std::panic::catch_unwind(gc::collect).is_err());
    let (key, value) = map.iter().next().unwrap();
    assert_eq!((drops.count(), key.number), (0, 0));
    value.is_calm.store(1, Ordering::Relaxed);
    drop((key, value));
    assert_eq!((gc::collect(), map.len(), drops.count()), (1, 0, 1));
}

/// One thread gives a key to another through a channel while a third collects.
#[test]
fn single_ephemerons_go_from_thread_to_thread() {
    const ROUNDS: usize = 5000;
    let drops = Drops::new();
    beside_a_collector(|| {
        let (send, receive) = mpsc::sync_channel::<Ephemeron<Node, Gc<Node>>>(16);
        thread::scope(|scope| {
            scope.spawn(|| {
                for (number, pair) in receive.into_iter().enumerate() {
                    // The sender has no handle any more: it may be gone, but never half of it.
                    if let Some(value) = pair.value() {
                        assert_eq!(value.number, number);
                        value.link(&value);
                    }
                    if let Some(key) = pair.key() {
                        assert_eq!((key.number, pair.is_alive()), (number, true));
                        key.link(&pair.value().unwrap());
                    }
                }
            });
            for number in 0..ROUNDS {
                let key = Node::new(number, &drops);
                let value = Node::new(number, &drops);
                value.link(&key);
                send.send(Ephemeron::new(&key, value)).unwrap();
            }
            drop(send);
        });
    });
    gc::collect();
    assert_eq!(drops.count(), 2 * ROUNDS);
}
