//! Weak collections whose keys and values do their worst.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;

use gordian::trace::Tracer;
use gordian::weak::{Ephemeron, Lent, WeakIdentityMap, WeakKeyMap, WeakSet, WeakValueMap};
use gordian::{Finalize, Gc, Trace, Weak, gc};
use gordian_tests::counting::{Counting, bytes};
use gordian_tests::{DropProbe, Drops, fresh};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What everything else is made of.
#[derive(Trace, Default)]
struct Node {
    number: usize,
    links: RefCell<Vec<Gc<Node>>>,
    notes: WeakIdentityMap<Node, Gc<Node>>,
    name: RefCell<Option<Gc<String>>>,
    probe: Option<DropProbe>,
}

fn node(number: usize) -> Gc<Node> {
    Gc::new(Node {
        number,
        ..Node::default()
    })
}

fn probed(drops: &Drops) -> Gc<Node> {
    Gc::new(Node {
        probe: Some(drops.probe()),
        ..Node::default()
    })
}

/// A key with a constant hash, so that all of them are compared.
#[derive(Trace, Debug)]
struct Clash(u32);

thread_local! {
    /// What comparing keys does.
    static ON_EQ: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// Does what was said, but not while it is at it.
fn act() {
    let act = ON_EQ.take();
    if let Some(mut act) = act {
        act();
        ON_EQ.replace(Some(act));
    }
}

fn on_eq<R>(act: impl FnMut() + 'static, run: impl FnOnce() -> R) -> R {
    ON_EQ.replace(Some(Box::new(act)));
    let result = run();
    ON_EQ.replace(None);
    result
}

impl PartialEq for Clash {
    fn eq(&self, other: &Self) -> bool {
        act();
        self.0 == other.0
    }
}

impl Eq for Clash {}

impl Hash for Clash {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Does something when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
struct Bomb(#[trace(skip)] Option<Box<dyn FnOnce()>>);

impl Bomb {
    fn new(act: impl FnOnce() + 'static) -> Self {
        Self(Some(Box::new(act)))
    }

    fn dud() -> Self {
        Self(None)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

/// No key twice, and the length is the number of entries.
fn check<V, S>(map: &WeakKeyMap<Clash, V, S>) {
    check_keys(map.keys(), map.len());
}

fn check_keys(keys: impl Iterator<Item = Gc<Clash>>, len: usize) {
    let mut keys: Vec<_> = keys.map(|key| key.0).collect();
    assert_eq!(keys.len(), len);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), len, "a key twice");
}

#[test]
fn a_value_replaced_for_ever_costs_nothing() {
    fresh();
    let map: WeakValueMap<u32, Node> = WeakValueMap::new();
    let nodes = [node(1), node(2)];
    let replace = |times: usize| {
        for number in 0..times {
            map.insert(0, &nodes[number % 2]);
            map.insert(1, &nodes[0]);
        }
    };
    replace(100);
    let before = bytes();
    replace(50_000);
    let grown = bytes() - before;
    assert!(grown < 10_000, "{grown} bytes more");
    assert_eq!(map.len(), 2);
    drop(nodes);
    assert_eq!(map.len(), 0);
}

#[test]
fn keys_added_and_removed_for_ever_cost_nothing() {
    fresh();
    let map: WeakKeyMap<Clash, u32> = WeakKeyMap::new();
    let set: WeakSet<Clash> = WeakSet::new();
    let (key, other) = (Gc::new(Clash(0)), Gc::new(Clash(1)));
    let toil = |times: usize| {
        for number in 0..times as u32 {
            map.insert(&other, number);
            map.insert(&key, number);
            set.insert(&key);
            set.insert(&other);
            assert!(map.remove(&key).is_some() && set.remove(&key));
        }
    };
    toil(100);
    let before = bytes();
    toil(20_000);
    let grown = bytes() - before;
    assert!(grown < 10_000, "{grown} bytes more");
}

#[test]
fn popping_leaves_out_nothing_and_ends() {
    fresh();
    let map: WeakValueMap<usize, Node> = WeakValueMap::new();
    let nodes: Vec<_> = (0..5000).map(node).collect();
    map.extend_from(&nodes);
    let mut popped: Vec<_> = std::iter::from_fn(|| map.pop())
        .map(|(key, _)| *key)
        .collect();
    popped.sort_unstable();
    assert!(popped.into_iter().eq(0..5000));
    // Places are used again, from behind and from within.
    for round in 0..10 {
        map.extend_from(&nodes);
        for number in (0..5000).filter(|number| number % (round + 2) == 0) {
            assert!(map.remove(&number).is_some());
        }
        for _ in 0..100 {
            assert!(map.pop().is_some());
        }
        map.extend_from(&nodes[..1000]);
        assert_eq!(map.keys().count(), map.len());
        assert!(map.iter().all(|(key, value)| *key == value.number));
        assert!((0..1000).all(|number| map.contains_key(&number)));
        if round % 3 == 0 {
            map.clear();
        }
    }
}

trait ExtendFrom {
    fn extend_from(&self, nodes: &[Gc<Node>]);
}

impl ExtendFrom for WeakValueMap<usize, Node> {
    fn extend_from(&self, nodes: &[Gc<Node>]) {
        for node in nodes {
            self.insert(node.number, node);
        }
    }
}

/// Deep in a release, objects wait for it: they are not to be had, but others are.
#[test]
fn what_waits_for_its_release_hides_nothing() {
    #[derive(Trace)]
    struct Chain {
        number: usize,
        next: Option<Gc<Chain>>,
        _bomb: Bomb,
    }
    thread_local! {
        static MAP: WeakValueMap<usize, Chain> = WeakValueMap::new();
        static SEEN: Cell<usize> = const { Cell::new(0) };
    }
    fresh();
    let bomb = || {
        Bomb::new(|| {
            MAP.with(|map| {
                SEEN.set(SEEN.get() + 1);
                let keys = || map.keys().map(|key| *key).collect::<Vec<_>>();
                assert!(keys().iter().all(|key| map.contains_key(key)));
                assert!((0..200).all(|key| map.contains_key(&key) == map.get(&key).is_some()));
                let (key, value) = map.pop().unwrap();
                assert_eq!(*key, value.number);
                map.insert(*key, &value);
            });
        })
    };
    let keeper = Gc::new(Chain {
        number: 1000,
        next: None,
        _bomb: Bomb::dud(),
    });
    MAP.with(|map| map.insert(1000, &keeper));
    let mut chain = None;
    for number in 0..200 {
        let link = Gc::new(Chain {
            number,
            next: chain.take(),
            _bomb: bomb(),
        });
        MAP.with(|map| map.insert(number, &link));
        chain = Some(link);
    }
    drop(chain);
    assert_eq!((SEEN.get(), MAP.with(WeakValueMap::len)), (200, 1));
    assert!(keeper.next.is_none());
}

#[test]
fn what_a_dropped_value_inserts_is_not_there_twice() {
    fresh();
    let map: Rc<WeakKeyMap<Clash, Bomb>> = Rc::default();
    let key = Gc::new(Clash(1));
    let inserting = || {
        let (map, key) = (map.clone(), key.clone());
        Bomb::new(move || drop(map.insert(&key, Bomb::dud())))
    };
    // As a place that is vacant is filled.
    let gordian::weak::key_map::Entry::Vacant(vacant) = map.entry(&key) else {
        panic!("the map is empty");
    };
    map.insert(&key, inserting());
    drop(vacant.insert(Bomb::dud()));
    check(&map);
    let lent = map.entry(&key).or_insert_with(|| unreachable!());
    drop(lent);
    check(&map);
    // As a comparison removes entries whose values insert.
    map.clear();
    let others: Vec<_> = (10..20).map(|number| Gc::new(Clash(number))).collect();
    for other in &others {
        map.insert(other, inserting());
    }
    on_eq(
        {
            let map = map.clone();
            move || drop(map.pop())
        },
        || {
            drop(map.insert(&key, Bomb::dud()));
        },
    );
    check(&map);
    assert!(map.contains_key(&key));
    map.clear();
}

#[test]
fn comparisons_may_change_the_map() {
    fresh();
    type Map = Rc<WeakKeyMap<Clash, u32>>;
    let acts: [fn(&Map, &Gc<Clash>); 5] = [
        |map, _| map.clear(),
        |map, _| drop(map.pop()),
        |map, key| drop(map.insert(key, 7)),
        |map, key| drop(map.remove(key)),
        |_, _| _ = gc::collect(),
    ];
    for act in acts {
        let map = Map::default();
        let keys: Vec<_> = (0..10).map(|number| Gc::new(Clash(number))).collect();
        let key = Gc::new(Clash(100));
        let fill = || {
            for key in &keys {
                map.insert(key, key.0);
            }
        };
        let run = |operation: &dyn Fn()| {
            fill();
            let (map, key) = (map.clone(), key.clone());
            on_eq(move || act(&map, &key), operation);
        };
        let equal = Gc::new(Clash(5));
        run(&|| drop(map.get(&equal)));
        check(&map);
        run(&|| drop(map.insert(&equal, 50)));
        check(&map);
        run(&|| drop(map.remove(&equal)));
        check(&map);
        run(&|| drop(map.entry(&equal).or_insert(3)));
        check(&map);
        run(&|| map.retain(|_, value| value % 2 == 0));
        check(&map);
        run(&|| drop(WeakKeyMap::clone(&map)));
        check(&map);
        run(&|| _ = *map == WeakKeyMap::clone(&map));
        check(&map);
    }
}

#[test]
fn comparisons_may_change_a_set() {
    fresh();
    type Set = Rc<WeakSet<Clash>>;
    let acts: [fn(&Set, &Gc<Clash>); 6] = [
        |set, _| set.clear(),
        |set, _| drop(set.pop()),
        |set, member| _ = set.insert(member),
        |set, member| _ = set.remove(member),
        |_, _| _ = gc::collect(),
        |_, _| panic!("as planned"),
    ];
    let (new, equal) = (Gc::new(Clash(100)), Gc::new(Clash(5)));
    for act in acts {
        for acted_on in [&new, &equal] {
            let set = Set::default();
            let members: Vec<_> = (0..10).map(|number| Gc::new(Clash(number))).collect();
            let run = |operation: &dyn Fn()| {
                members.iter().for_each(|member| _ = set.insert(member));
                let (of_act, acted_on) = (set.clone(), acted_on.clone());
                on_eq(
                    move || act(&of_act, &acted_on),
                    || _ = catch_unwind(AssertUnwindSafe(operation)),
                );
                check_keys(set.iter(), set.len());
            };
            run(&|| _ = set.insert(&new));
            run(&|| _ = set.insert(&equal));
            run(&|| drop(set.take(&new)));
            run(&|| drop(set.take(&equal)));
        }
    }
}

#[test]
fn what_a_comparison_adds_to_a_set_is_not_new() {
    fresh();
    let set: Rc<WeakSet<Clash>> = Rc::default();
    let (other, new, same) = (Gc::new(Clash(1)), Gc::new(Clash(2)), Gc::new(Clash(2)));
    set.insert(&other);
    let (of_act, added) = (set.clone(), new.clone());
    let is_new = on_eq(move || _ = of_act.insert(&added), || set.insert(&same));
    assert!(!is_new && set.len() == 2);
    assert!(Gc::ptr_eq(&set.take(&same).unwrap(), &new));
}

#[test]
fn members_are_compared_once() {
    /// How many comparisons there are.
    fn counted<R>(run: impl FnOnce() -> R) -> (R, usize) {
        let count = Rc::new(Cell::new(0));
        let counter = count.clone();
        let result = on_eq(move || counter.set(counter.get() + 1), run);
        (result, count.get())
    }
    fresh();
    let set: WeakSet<Clash> = WeakSet::new();
    let members: Vec<_> = (0..10).map(|number| Gc::new(Clash(number))).collect();
    for (others, member) in members.iter().enumerate() {
        assert_eq!(counted(|| set.insert(member)), (true, others));
    }
    let (taken, comparisons) = counted(|| set.take(&Gc::new(Clash(5))));
    assert!(Gc::ptr_eq(&taken.unwrap(), &members[5]));
    assert!(comparisons <= members.len());
}

#[test]
fn panics_leave_maps_in_order() {
    fresh();
    let map: Rc<WeakKeyMap<Clash, Bomb>> = Rc::default();
    let keys: Vec<_> = (0..10).map(|number| Gc::new(Clash(number))).collect();
    let fill = || {
        for key in &keys {
            if !map.contains_key(key) {
                map.insert(key, Bomb::dud());
            }
        }
    };
    for countdown in 1..12 {
        let equal = Gc::new(Clash(5));
        let panicking = |operation: &dyn Fn()| {
            fill();
            let mut left = countdown;
            on_eq(
                move || {
                    left -= 1;
                    assert!(left != 0, "as planned");
                },
                || {
                    _ = catch_unwind(AssertUnwindSafe(operation));
                },
            );
            check(&map);
        };
        panicking(&|| drop(map.get(&equal)));
        panicking(&|| drop(map.insert(&equal, Bomb::dud())));
        panicking(&|| drop(map.remove(&equal)));
        panicking(&|| drop(map.entry(&equal).or_insert(Bomb::dud())));
    }
    fill();
    assert_eq!(map.len(), 10);
    let mut calls = 0;
    let retained = catch_unwind(AssertUnwindSafe(|| {
        map.retain(|_, _| {
            calls += 1;
            assert!(calls < 5, "as planned");
            false
        });
    }));
    assert!(retained.is_err());
    check(&map);
    assert_eq!(map.len(), 6);
    map.insert(&keys[0], Bomb::new(|| panic!("as planned")));
    assert!(catch_unwind(AssertUnwindSafe(|| map.clear())).is_err());
    assert_eq!((map.len(), map.iter().count()), (0, 0));
    // By the death of the key.
    let key = Gc::new(Clash(77));
    map.insert(&key, Bomb::new(|| panic!("as planned")));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(key))).is_err());
    assert_eq!(map.len(), 0);
}

#[test]
fn keys_may_go_while_something_is_kept() {
    fresh();
    let map: WeakIdentityMap<Node, u32> = WeakIdentityMap::default();
    let nodes: RefCell<Vec<_>> = RefCell::new((0..50).map(node).collect());
    for node in nodes.borrow().iter() {
        map.insert(node, 1);
    }
    map.retain(|_, _| {
        let victims = nodes.take();
        drop(victims);
        gc::collect();
        true
    });
    assert_eq!((map.len(), map.iter().count()), (0, 0));
}

/// A value that holds a holder of its leaf key.
#[test]
fn a_leaf_key_in_a_holder_is_not_kept() {
    #[derive(Trace)]
    struct Holder(Gc<String>, #[trace(skip)] Option<DropProbe>);
    fresh();
    let drops = Drops::new();
    let map = WeakIdentityMap::<String, Gc<Holder>>::default();
    for is_old in [false, true] {
        let key = Gc::new(String::from("key"));
        map.insert(&key, Gc::new(Holder(key.clone(), Some(drops.probe()))));
        if is_old {
            gc::collect();
        }
        drop(key);
        gc::collect();
        assert_eq!(map.len(), 0);
    }
    assert_eq!(drops.count(), 2);
}

#[test]
fn unsized_leaf_keys_of_all_sizes() {
    fn check<K: ?Sized + 'static>(make: impl Fn() -> Gc<K>) {
        let bystander = make();
        let map = WeakIdentityMap::<K, Gc<K>>::default();
        let pairs = WeakIdentityMap::<K, (Gc<K>, Gc<Node>)>::default();
        let drops = Drops::new();
        let key = make();
        map.insert(&key, key.clone());
        assert!(Gc::ptr_eq(&map.get(&key).unwrap(), &key));
        let (one, two) = (make(), make());
        pairs.insert(&one, (two.clone(), probed(&drops)));
        pairs.insert(&two, (one.clone(), probed(&drops)));
        map.insert(&one, bystander.clone());
        assert_eq!(gc::collect_generation(0), 0);
        drop(key);
        assert_eq!((gc::collect(), map.len()), (1, 1));
        drop(one);
        assert_eq!((gc::collect(), pairs.len()), (0, 2));
        drop(two);
        gc::collect();
        assert_eq!((map.len(), pairs.len(), drops.count()), (0, 0, 2));
        assert_eq!(Gc::strong_count(&bystander), 1);
    }
    fresh();
    for size in [0, 1, 7, 100, 5000, 100_000] {
        check(|| Gc::<str>::from("x".repeat(size)));
        check(|| Gc::<[u64]>::from(vec![7; size]));
        check(|| {
            let key = Gc::new(vec![1_u8; size]);
            gordian::unsize!(key => dyn std::fmt::Debug)
        });
    }
    check(|| Gc::new(()));
    check(|| Gc::new([0_u8; 70_000]));
    #[derive(Trace, Clone)]
    #[repr(align(256))]
    struct Aligned(u8);
    check(|| Gc::new(Aligned(1)));
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn adopted_keys_leave_by_any_door_and_come_back() {
    fresh();
    let map = WeakIdentityMap::<String, Gc<String>>::default();
    let other = WeakIdentityMap::<String, Gc<String>>::default();
    for round in 0..100 {
        let mut key = Gc::new(String::from("key"));
        map.insert(&key, key.clone());
        other.insert(&key, key.clone());
        match round % 5 {
            0 => {
                Gc::make_mut(&mut key).push('!');
                map.insert(&key, key.clone());
            }
            1 => {
                map.clear();
                other.clear();
                assert_eq!(Gc::try_unwrap(key).unwrap(), "key");
                continue;
            }
            2 => {
                let raw = Gc::into_raw(key);
                assert_eq!(gc::collect(), 2 * usize::from(round % 2 == 2));
                // SAFETY: it came from `into_raw`.
                key = unsafe { Gc::from_raw(raw) };
                assert_eq!(map.len(), 1);
            }
            3 => {
                map.clear();
                other.clear();
                Gc::get_mut(&mut key).unwrap().push('!');
                assert_eq!(gc::collect(), 0);
                map.insert(&key, key.clone());
            }
            _ => {
                let weak = Gc::downgrade(&key);
                drop(key);
                gc::collect();
                assert!(weak.upgrade().is_none());
                continue;
            }
        }
        drop(key);
        gc::collect();
        assert_eq!((map.len(), other.len()), (0, 0));
    }
    assert_eq!((gc::objects(None).len(), gc::count().0), (0, 0));
}

/// Keys that enter maps in their finalizers, and some that come back.
#[test]
fn keys_enter_maps_in_their_finalizers() {
    #[derive(Trace)]
    #[trace(leaf, finalize)]
    struct Leaf {
        me: RefCell<Weak<Leaf>>,
        comes_back: Cell<bool>,
        _probe: DropProbe,
    }
    thread_local! {
        static MAP: WeakIdentityMap<Leaf, Gc<Leaf>> = WeakIdentityMap::default();
        static BACK: RefCell<Vec<Gc<Leaf>>> = const { RefCell::new(Vec::new()) };
    }
    impl Finalize for Leaf {
        fn finalize(&self) {
            let me = self.me.borrow().upgrade().unwrap();
            assert!(!gc::is_tracked(&me));
            MAP.with(|map| map.insert(&me, me.clone()));
            assert!(gc::is_tracked(&me));
            if self.comes_back.get() {
                BACK.with_borrow_mut(|back| back.push(me));
            }
        }
    }
    fresh();
    let drops = Drops::new();
    for comes_back in [false, true] {
        let leaf = Gc::new(Leaf {
            me: RefCell::default(),
            comes_back: Cell::new(comes_back),
            _probe: drops.probe(),
        });
        leaf.me.replace(Gc::downgrade(&leaf));
        drop(leaf);
        assert_eq!(MAP.with(WeakIdentityMap::len), 1, "its own value holds it");
        assert_eq!(gc::collect(), usize::from(!comes_back));
        drop(BACK.take());
        assert_eq!(gc::collect(), usize::from(comes_back));
        assert_eq!(MAP.with(WeakIdentityMap::len), 0);
    }
    assert_eq!(drops.count(), 2);
}

/// Rings through two maps, with finalizers that bring back one, or hold a guard.
#[test]
fn rings_with_finalizers_that_rescue() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Key {
        number: usize,
        me: RefCell<Weak<Key>>,
        _probe: DropProbe,
    }
    type Map = WeakIdentityMap<Key, Gc<Key>>;
    thread_local! {
        static MAPS: [Map; 2] = [Map::default(), Map::default()];
        static BACK: RefCell<Vec<Gc<Key>>> = const { RefCell::new(Vec::new()) };
        static LENT: RefCell<Vec<Lent<Gc<Key>, Key>>> = const { RefCell::new(Vec::new()) };
    }
    impl Finalize for Key {
        fn finalize(&self) {
            let me = self.me.borrow().upgrade().unwrap();
            let next = MAPS.with(|maps| maps[self.number % 2].get(&me).unwrap());
            match self.number {
                3 => BACK.with_borrow_mut(|back| back.push(me)),
                14 => LENT.with_borrow_mut(|lent| lent.push(next)),
                _ => {}
            }
        }
    }
    fn lens() -> [usize; 2] {
        MAPS.with(|maps| maps.each_ref().map(Map::len))
    }
    for numbers in [0..10, 10..20, 20..30] {
        fresh();
        let drops = Drops::new();
        let keys: Vec<_> = numbers
            .clone()
            .map(|number| {
                let key = Gc::new(Key {
                    number,
                    me: RefCell::default(),
                    _probe: drops.probe(),
                });
                key.me.replace(Gc::downgrade(&key));
                key
            })
            .collect();
        for (key, next) in keys.iter().zip(keys.iter().cycle().skip(1)) {
            MAPS.with(|maps| maps[key.number % 2].insert(key, next.clone()));
        }
        drop(keys);
        let comes_back = numbers.start < 20;
        assert_eq!(gc::collect(), if comes_back { 0 } else { 10 });
        assert_eq!(lens(), if comes_back { [5, 5] } else { [0, 0] });
        let (back, lent) = (BACK.take(), LENT.take());
        assert_eq!(back.len() + lent.len(), usize::from(comes_back));
        assert_eq!(gc::collect(), 0, "held");
        drop((back, lent));
        assert_eq!(gc::collect(), if comes_back { 10 } else { 0 });
        assert_eq!((lens(), drops.count()), ([0, 0], 10));
    }
}

#[test]
fn guards_over_young_and_full_collections() {
    fresh();
    for generation in 0..3 {
        for has_clone in [false, true] {
            let drops = Drops::new();
            let owner = probed(&drops);
            let key = probed(&drops);
            owner.notes.insert(&key, owner.clone());
            key.links.borrow_mut().push(key.clone());
            let lent = owner.notes.get(&key).unwrap();
            let clone = has_clone.then(|| lent.clone());
            drop((owner, key));
            assert_eq!(gc::collect_generation(generation), 1, "the key");
            let (first, second) = if has_clone {
                (Some(lent), clone)
            } else {
                (None, Some(lent))
            };
            drop(first);
            assert_eq!(gc::collect(), 0);
            assert_eq!(drops.count(), 1);
            drop(second);
            gc::collect();
            assert_eq!(drops.count(), 2);
        }
    }
}

#[test]
fn guards_may_be_changed_through() {
    fresh();
    let drops = Drops::new();
    let map: WeakIdentityMap<Node, RefCell<Vec<Gc<Node>>>> = WeakIdentityMap::default();
    let key = probed(&drops);
    map.insert(&key, RefCell::default());
    let lent = map.get(&key).unwrap();
    lent.borrow_mut().push(key.clone());
    gc::collect();
    lent.borrow_mut().push(probed(&drops));
    lent.borrow()[1].links.borrow_mut().push(key.clone());
    drop(key);
    assert_eq!(gc::collect(), 0);
    drop(lent);
    assert_eq!((gc::collect(), map.len(), drops.count()), (2, 0, 2));
}

#[test]
fn values_may_own_their_own_map() {
    type Inner = RefCell<Option<Gc<Owner>>>;
    #[derive(Trace)]
    struct Owner(WeakIdentityMap<Node, Inner>, Option<DropProbe>);
    fresh();
    let drops = Drops::new();
    let owner = Gc::new(Owner(WeakIdentityMap::default(), Some(drops.probe())));
    let keys: Vec<_> = (0..10).map(|_| probed(&drops)).collect();
    for key in &keys {
        owner.0.insert(key, RefCell::new(Some(owner.clone())));
    }
    let weak = Gc::downgrade(&owner);
    drop(owner);
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none() && drops.count() == 1);
    assert!(keys.iter().all(|key| Gc::weak_count(key) == 0));
    drop(keys);
    assert_eq!(drops.count(), 11);
}

/// A `trace` that panics once, of a value.
struct Grumpy {
    link: Gc<Node>,
    is_calm: Cell<bool>,
}

// SAFETY: reports what it owns, or panics, which the contract allows.
unsafe impl Trace for Grumpy {
    fn trace(&self, tracer: &mut Tracer) {
        assert!(self.is_calm.replace(true), "as planned");
        self.link.trace(tracer);
    }
}

#[test]
fn values_whose_trace_panics() {
    fresh();
    for is_lent in [false, true] {
        let drops = Drops::new();
        let map: WeakIdentityMap<Node, Grumpy> = WeakIdentityMap::default();
        let key = probed(&drops);
        map.insert(
            &key,
            Grumpy {
                link: key.clone(),
                is_calm: Cell::new(false),
            },
        );
        if is_lent {
            let lent = map.get(&key);
            drop(key);
            assert_eq!(gc::collect(), 0);
            drop(lent);
        } else {
            drop(key);
            assert!(catch_unwind(gc::collect).is_err());
        }
        gc::collect();
        assert_eq!((map.len(), drops.count()), (0, 1));
    }
}

#[test]
fn what_goes_in_an_iteration_makes_room() {
    type Map = WeakIdentityMap<Node, u32>;
    fresh();
    let map = Map::default();
    let empty = |how: fn(&Map)| {
        let nodes: Vec<_> = (0..10_000).map(node).collect();
        for node in &nodes {
            map.insert(node, 0);
        }
        // All are candidates, whose list the heap keeps.
        drop(nodes.clone());
        how(&map);
        assert!(map.is_empty() && map.capacity() < 1000);
        drop(nodes);
        // Twice: the heap gives back its own memory when there is nothing to do.
        assert_eq!((gc::collect(), gc::collect()), (0, 0));
    };
    empty(Map::clear);
    empty(Map::clear);
    let before = bytes();
    for how in [
        |map: &Map| map.retain(|_, _| false),
        |map: &Map| while map.pop().is_some() {},
    ] {
        empty(how);
        let kept = bytes() - before;
        assert!(kept < 100_000, "{kept} bytes kept");
    }
}

#[test]
fn iterators_that_are_forgotten() {
    fresh();
    let map: WeakIdentityMap<Node, u32> = WeakIdentityMap::default();
    let nodes: Vec<_> = (0..100).map(node).collect();
    for node in &nodes {
        map.insert(node, 0);
    }
    let mut iterator = map.iter();
    drop(iterator.next());
    let _ = ManuallyDrop::new(iterator);
    drop(nodes);
    assert_eq!((map.len(), map.iter().count()), (0, 0));
    let nodes: Vec<_> = (0..100).map(node).collect();
    for node in &nodes {
        map.insert(node, 0);
    }
    assert_eq!((map.len(), map.iter().count()), (100, 100));
    map.clear();
    assert!(map.get(&nodes[0]).is_none());
}

/// Maps, guards and keys in thread-locals, which go in any order.
#[test]
fn threads_end_in_any_order() {
    type Map = WeakIdentityMap<Node, Gc<Node>>;
    thread_local! {
        static MAP: RefCell<Option<Map>> = const { RefCell::new(None) };
        static KEYS: RefCell<Vec<Gc<Node>>> = const { RefCell::new(Vec::new()) };
        static LENT: RefCell<Vec<Lent<Gc<Node>, Node>>> = const { RefCell::new(Vec::new()) };
        static PAIR: RefCell<Option<Ephemeron<Node, Gc<Node>>>> = const { RefCell::new(None) };
    }
    for order in 0..24 {
        let drops = Drops::new();
        let probes = drops.clone();
        thread::spawn(move || {
            let mut touch: Vec<fn()> = vec![
                || MAP.with_borrow(|_| ()),
                || KEYS.with_borrow(|_| ()),
                || LENT.with_borrow(|_| ()),
                || PAIR.with_borrow(|_| ()),
            ];
            let mut rest = order;
            for count in (1..=4).rev() {
                touch.remove(rest % count)();
                rest /= count;
                if count == order % 4 {
                    // Now it is the heap's turn.
                    drop(node(0));
                }
            }
            let map = Map::default();
            let (one, two) = (probed(&probes), probed(&probes));
            map.insert(&one, two.clone());
            map.insert(&two, one.clone());
            one.links.borrow_mut().push(one.clone());
            LENT.with_borrow_mut(|lent| lent.extend(map.get(&one)));
            PAIR.replace(Some(Ephemeron::new(&two, one.clone())));
            KEYS.with_borrow_mut(|keys| keys.push(two));
            MAP.replace(Some(map));
            gc::collect();
        })
        .join()
        .unwrap();
        assert_eq!(drops.count(), 2, "order {order}");
    }
}

/// A guard that goes after the thread's last collection.
#[test]
fn guards_may_outlive_the_last_collection() {
    thread_local! {
        static LENT: RefCell<Vec<Lent<Gc<Node>, Node>>> = const { RefCell::new(Vec::new()) };
    }
    for is_first in [false, true] {
        let drops = Drops::new();
        let probes = drops.clone();
        thread::spawn(move || {
            if is_first {
                LENT.with_borrow(|_| ());
            }
            let (owner, key) = (probed(&probes), probed(&probes));
            owner.notes.insert(&key, owner.clone());
            owner.links.borrow_mut().push(key.clone());
            LENT.with_borrow_mut(|lent| lent.extend(owner.notes.get(&key)));
            drop((owner, key));
            assert_eq!(gc::collect(), 0);
        })
        .join()
        .unwrap();
        assert_eq!(drops.count(), 2, "touched first: {is_first}");
    }
}

#[test]
fn old_and_young_in_all_combinations() {
    fresh();
    for ages in 0..27 {
        for dropped in 0..2 {
            let age = |index: u32| ages / 3_usize.pow(index) % 3;
            let drops = Drops::new();
            let mut made: [Option<Gc<Node>>; 3] = [const { None }; 3];
            for oldest in (0..3).rev() {
                for (index, place) in (0..).zip(&mut made) {
                    if age(index) == oldest {
                        *place = Some(probed(&drops));
                    }
                }
                if oldest > 0 {
                    gc::collect_generation(oldest - 1);
                }
            }
            let [owner, key, value] = made.map(Option::unwrap);
            value
                .links
                .borrow_mut()
                .extend([owner.clone(), key.clone()]);
            owner.notes.insert(&key, value);
            let [kept, gone] = if dropped == 0 {
                [owner, key]
            } else {
                [key, owner]
            };
            drop(gone);
            for generation in [0, 0, 1, 2] {
                gc::collect_generation(generation);
            }
            // The value holds the owner: that goes only if nobody has it. The key goes alike.
            assert_eq!(drops.count(), 2, "{ages} {dropped}");
            drop(kept);
            for generation in [0, 1, 2] {
                gc::collect_generation(generation);
            }
            assert_eq!((drops.count(), gc::objects(None).len()), (3, 0));
        }
    }
}

/// A value that may own maps.
#[derive(Trace)]
struct Room {
    held: Gc<Node>,
    maps: RefCell<Vec<Rooms>>,
}

type Rooms = WeakIdentityMap<Node, Room>;

/// A map of a single value, which holds a new object that holds itself.
fn rooms(key: &Gc<Node>, drops: &Drops) -> Rooms {
    let held = probed(drops);
    held.links.borrow_mut().push(held.clone());
    let map = Rooms::default();
    let maps = RefCell::default();
    map.insert(key, Room { held, maps });
    map
}

#[test]
fn a_map_in_its_own_value_goes_with_the_key() {
    fresh();
    let drops = Drops::new();
    let key = node(1);
    let map = rooms(&key, &drops);
    let lent = map.get(&key).unwrap();
    lent.maps.borrow_mut().push(map);
    drop(lent);
    for _ in 0..2 {
        assert_eq!((gc::collect(), drops.count()), (0, 0));
    }
    drop(key);
    assert_eq!((gc::collect(), drops.count()), (1, 1));
}

#[test]
fn maps_in_a_ring_of_values_go_with_any_of_their_keys() {
    const LENGTH: usize = 5;
    for dying in 0..LENGTH {
        fresh();
        let drops = Drops::new();
        let mut keys: Vec<_> = (0..LENGTH).map(node).collect();
        let maps: Vec<_> = keys.iter().map(|key| rooms(key, &drops)).collect();
        let pairs = maps.iter().zip(&keys);
        let values: Vec<_> = pairs.map(|(map, key)| map.get(key).unwrap()).collect();
        // What is in a value of the ring, and not of the ring, goes with it.
        let inner = rooms(&keys[0], &drops);
        values[2].maps.borrow_mut().push(inner);
        for (number, map) in maps.into_iter().enumerate() {
            values[(number + 1) % LENGTH].maps.borrow_mut().push(map);
        }
        drop(values);
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        let key = keys.swap_remove(dying);
        key.links.borrow_mut().push(key.clone());
        drop(key);
        assert_eq!(gc::collect(), LENGTH + 2);
        assert_eq!(drops.count(), LENGTH + 1);
    }
}
