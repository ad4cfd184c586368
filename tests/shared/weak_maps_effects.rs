//! Weak maps whose keys and values do things, and what the maps do to them.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread;

use gordian::gc::DebugFlags;
use gordian_tests::{DropProbe, Drops};

use super::stage::{Canary, Log, Mortal, Slot, fresh};
use super::weak::{WeakIdentityMap, WeakKeyMap, WeakSet, WeakValueMap};
use super::weak_maps::{ByKey, ByVal, Loop, Obj};
use super::{Gc, Shared, Trace, Weak, gc};

/// A key whose comparison drops the last handle of another.
#[derive(Trace)]
struct Killer(u32);

thread_local! {
    static VICTIMS: RefCell<Vec<Gc<Killer>>> = const { RefCell::new(Vec::new()) };
    static KILLS: Cell<bool> = const { Cell::new(false) };
    static COMPARISONS: Cell<usize> = const { Cell::new(0) };
}

impl PartialEq for Killer {
    fn eq(&self, other: &Self) -> bool {
        COMPARISONS.set(COMPARISONS.get() + 1);
        let victim = KILLS.get().then(|| VICTIMS.with_borrow_mut(Vec::pop));
        drop(victim);
        self.0 == other.0
    }
}

impl Eq for Killer {}

impl Hash for Killer {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// `MappingTestCase.test_weak_keyed_cascading_deletes`
#[test]
fn m_26_weak_keyed_cascading_deletes() {
    for by_pointer in [true, false] {
        fresh();
        let map: WeakKeyMap<Killer, u32> = WeakKeyMap::new();
        KILLS.set(false);
        for number in 0..4 {
            let key = Gc::new(Killer(number));
            map.insert(&key, number);
            VICTIMS.with_borrow_mut(|keys| keys.push(key));
        }
        assert_eq!(map.len(), 4);
        KILLS.set(true);
        COMPARISONS.set(0);
        let mut count = 0;
        loop {
            let Some(key) = VICTIMS.with_borrow(|keys| keys.get(count).cloned()) else {
                break;
            };
            count += 1;
            let equal = Gc::new(Killer(key.0));
            map.remove(if by_pointer { &key } else { &equal });
        }
        // An equal key may be compared with all others first, each of which takes one away.
        let least = if by_pointer { 2 } else { 1 };
        assert!((least..=4).contains(&count), "{count}");
        assert!(by_pointer || COMPARISONS.get() > 0);
        drop(VICTIMS.take());
        assert_eq!((map.len(), map.iter().count()), (0, 0));
    }
}

/// `MappingTestCase.test_weak_valued_consistency`
#[test]
fn m_27_weak_valued_consistency() {
    fresh();
    let map: WeakValueMap<u8, Loop> = WeakValueMap::new();
    let old = Loop::new(1);
    map.insert(1, &old);
    drop(old);
    let new = Loop::new(2);
    assert_eq!(map.insert(1, &new).unwrap().number, 1);
    assert_eq!(gc::collect(), 1);
    assert_eq!((map.len(), map.get(&1).unwrap().number), (1, 2));
}

/// `MappingTestCase.test_remove_closure`
#[test]
fn m_28_entries_do_not_own_the_map() {
    fresh();
    let log = Log::default();
    let value = Gc::new(Obj(1));
    let by_value: ByVal = WeakValueMap::from_iter([(0, &value)]);
    let by_key: WeakKeyMap<Obj, Canary> = WeakKeyMap::new();
    by_key.insert(&value, Canary::new("attached", &log));
    assert_eq!(Gc::weak_count(&value), 2);
    drop((by_value, by_key));
    assert_eq!(log.take(), ["drop attached"]);
    assert_eq!((Gc::weak_count(&value), value.0), (0, 1));
    drop(value);
    assert!(log.take().is_empty());
}

/// `MappingTestCase.test_make_weak_valued_dict_repr`
#[test]
fn m_29_weak_valued_debug() {
    fresh();
    let value = Gc::new(Obj(1));
    let map = ByVal::from_iter([(1, &value)]);
    let text = format!("{map:?}");
    assert!(text.contains("WeakValueMap"), "{text}");
    assert_eq!((Gc::strong_count(&value), Gc::weak_count(&value)), (1, 1));
    drop(value);
    assert!(format!("{map:?}").contains("WeakValueMap"));
}

/// `MappingTestCase.test_make_weak_keyed_dict_repr`
#[test]
fn m_30_weak_keyed_debug() {
    fresh();
    let key = Gc::new(Obj(1));
    let map = ByKey::from_iter([(&key, 1)]);
    let text = format!("{map:?}");
    assert!(text.contains("WeakKeyMap"), "{text}");
    assert_eq!((Gc::strong_count(&key), Gc::weak_count(&key)), (1, 1));
    drop(key);
    assert!(format!("{map:?}").contains("WeakKeyMap"));
}

/// The first of equal keys stays.
#[test]
fn m_31_equal_keys() {
    fresh();
    let (a, b) = (Gc::new(Obj(7)), Gc::new(Obj(7)));
    let map = ByKey::new();
    assert!(map.insert(&a, 1).is_none());
    assert_eq!(*map.insert(&b, 2).unwrap(), 1);
    assert_eq!((map.len(), *map.get(&b).unwrap()), (1, 2));
    assert!(Gc::ptr_eq(&map.keys().next().unwrap(), &a));
    drop(a);
    assert_eq!((map.len(), map.contains_key(&b)), (0, false));
}

thread_local! {
    static MORTALS: WeakValueMap<&'static str, Mortal> = WeakValueMap::new();
    static SIDE: WeakIdentityMap<Mortal, u8> = WeakIdentityMap::default();
}

/// A value is there while it is finalized.
#[test]
fn m_32_get_in_the_finalizer() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let value = Mortal::with("value", &log, None, |this| {
            let me = MORTALS.with(|map| map.get("value")).unwrap();
            assert!(std::ptr::eq(&raw const *me, this));
            assert_eq!(SIDE.with(|map| *map.get(&me).unwrap()), 5);
            this.log
                .add(format!("len {}", MORTALS.with(WeakValueMap::len)));
        });
        if cyclic {
            value.link(&value);
        }
        MORTALS.with(|map| map.insert("value", &value));
        SIDE.with(|map| map.insert(&value, 5));
        drop(value);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["fin value", "len 1", "drop value"]);
        assert_eq!(
            (
                MORTALS.with(WeakValueMap::len),
                SIDE.with(WeakIdentityMap::len)
            ),
            (0, 0)
        );
    }
}

/// `GCTests.test_datetime_weakref_cycle`, with weak maps.
#[test]
fn f_23_finalizer_uses_weak_maps() {
    fresh();
    let log = Log::default();
    let object = Mortal::with("object", &log, None, |this| {
        let me = this.me().unwrap();
        let other = Gc::new(Obj(1));
        let by_key = WeakIdentityMap::<Mortal, Gc<Obj>>::default();
        let by_val = WeakValueMap::new();
        by_key.insert(&me, other.clone());
        by_val.insert("other", &other);
        MORTALS.with(|map| map.insert("left there", &me));
        assert_eq!((by_key.len(), by_val.len()), (1, 1));
        assert!(Gc::ptr_eq(&by_val.get("other").unwrap(), &other));
        this.log.add("used");
    });
    object.link(&object);
    drop(object);
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.take(), ["fin object", "used", "drop object"]);
    assert!(MORTALS.with(WeakValueMap::is_empty));
    assert_eq!((gc::collect(), gc::objects(None).len()), (0, 0));
}

/// `ReferencesTestCase.test_trashcan_16602`
#[test]
fn w_22_deep_chain_through_a_map() {
    #[derive(Trace)]
    struct Link {
        number: usize,
        parent: Slot<Weak<Link>>,
    }
    const LENGTH: usize = 100;
    fresh();
    let map = WeakIdentityMap::<Link, Gc<Link>>::default();
    let weaks = Shared::new(Mutex::new(Vec::<Weak<Link>>::new()));
    let log = Log::default();
    let link = |number| {
        let parent = Slot::empty();
        let link = Gc::new(Link { number, parent });
        weaks.lock().unwrap().push(Gc::downgrade(&link));
        link
    };
    let root = link(0);
    let mut last = root.clone();
    for number in 1..=LENGTH {
        let child = link(number);
        child.parent.set(Gc::downgrade_with(&last, {
            let (weaks, log) = (Shared::clone(&weaks), log.clone());
            move || {
                let weaks = weaks.lock().unwrap().clone();
                let alive = weaks.iter().filter_map(Weak::upgrade);
                let numbers: Vec<_> = alive.map(|link| link.number).collect();
                assert!(numbers.into_iter().eq(number..=LENGTH));
                log.add("callback");
            }
        }));
        map.insert(&last, child.clone());
        last = child;
    }
    drop(last);
    assert_eq!((gc::collect(), map.len()), (0, LENGTH));
    drop(root);
    assert_eq!((log.take().len(), map.len()), (LENGTH, 0));
    let weaks = weaks.lock().unwrap();
    assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
    assert_eq!((gc::collect(), gc::objects(None).len()), (0, 0));
}

#[test]
fn collections_are_emptied_and_given_up() {
    fresh();
    let (a, b) = (Gc::new(1), Gc::new(2));
    let map = WeakValueMap::from([("a", &a), ("b", &b)]);
    let mut drained: Vec<_> = map.drain().map(|(key, value)| (*key, *value)).collect();
    drained.sort_unstable();
    assert_eq!((drained, map.len()), (vec![("a", 1), ("b", 2)], 0));
    map.insert("a", &a);
    let left: Vec<_> = map.into_iter().map(|(key, value)| (*key, *value)).collect();
    assert_eq!(left, [("a", 1)]);

    let map: WeakKeyMap<i32, &str> = WeakKeyMap::from([(&a, "one"), (&b, "two")]);
    assert_eq!(map.drain().take(1).count(), 1);
    assert_eq!(map.len(), 1, "those left stay");
    let left: Vec<_> = map.into_iter().map(|(key, value)| (*key, *value)).collect();
    assert!(left == [(1, "one")] || left == [(2, "two")]);

    let set: WeakSet<i32> = WeakSet::from([&a, &b]);
    assert_eq!(set.drain().map(|member| *member).sum::<i32>(), 3);
    set.insert(&b);
    assert_eq!(set.into_iter().map(|member| *member).sum::<i32>(), 2);
    assert_eq!([&a, &b].map(Gc::weak_count), [0, 0]);
}

/// Panics when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        resume_unwind(Box::new("a bomb"));
    }
}

/// What a key has, for which the collector has to look into the map.
#[derive(Trace)]
struct Burden {
    _bomb: Bomb,
    _link: Option<Gc<Owner>>,
}

impl Burden {
    fn new() -> Self {
        Self {
            _bomb: Bomb,
            _link: None,
        }
    }
}

/// In a ring with itself, and the owner of a map.
#[derive(Trace)]
struct Owner {
    me: Slot<Gc<Owner>>,
    map: WeakIdentityMap<Owner, Burden>,
    probe: DropProbe,
}

impl Owner {
    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            me: Slot::empty(),
            map: WeakIdentityMap::default(),
            probe: drops.probe(),
        })
    }

    fn new_ring(drops: &Drops) -> Gc<Self> {
        let owner = Self::new(drops);
        owner.me.set(owner.clone());
        owner
    }
}

fn is_bomb(result: &thread::Result<()>) -> bool {
    let panic = result.as_ref().err();
    panic.is_some_and(|panic| panic.is::<&str>())
}

/// A value that panics when its key goes arrives when everything else is done: be the key released, collected
/// or saved, or the owner of the map.
#[test]
fn values_that_panic_when_their_keys_go() {
    fresh();
    let (drops, ended) = (Drops::new(), Log::default());
    let log = ended.clone();
    let _hook = gc::on_collect(move |event| {
        if event.phase == gc::EventPhase::Stop {
            log.add(event.collected.to_string());
        }
    });
    let collect = || {
        catch_unwind(|| {
            gc::collect();
        })
    };
    let map = WeakIdentityMap::<Owner, Bomb>::default();

    let key = Owner::new(&drops);
    map.insert(&key, Bomb);
    let released = catch_unwind(AssertUnwindSafe(|| drop(key)));
    assert!(is_bomb(&released) && map.is_empty());
    assert_eq!(drops.count(), 1);

    map.insert(&Owner::new_ring(&drops), Bomb);
    assert!(is_bomb(&collect()) && map.is_empty());
    assert_eq!((ended.take(), drops.count()), (vec!["1".to_owned()], 2));

    let (owner, key) = (Owner::new_ring(&drops), Owner::new(&drops));
    owner.map.insert(&key, Burden::new());
    drop(owner);
    assert!(is_bomb(&collect()));
    assert_eq!((ended.take(), drops.count()), (vec!["1".to_owned()], 3));
    drop(key);

    map.insert(&Owner::new_ring(&drops), Bomb);
    gc::set_debug(DebugFlags::SAVEALL);
    assert!(is_bomb(&collect()) && map.is_empty());
    gc::set_debug(DebugFlags::NONE);
    assert_eq!((ended.take(), drops.count()), (vec!["1".to_owned()], 4));
    let garbage = gc::garbage();
    let saved = garbage[0].downcast_ref::<Owner>().unwrap();
    assert!(garbage.len() == 1 && saved.probe.is_intact());
    garbage.clear();
    assert_eq!((gc::collect(), drops.count()), (1, 5));
}
