//! The parts of the collector against each other.

use std::cell::RefCell;

use gordian::gc::DebugFlags;
use gordian::trace::Tracer;
use gordian::weak::{Lent, WeakIdentityMap, WeakValueMap};
use gordian::{Call, Finalize, Gc, Trace, Weak, collect, gc};
use gordian_tests::{DropProbe, Drops, fresh};

/// What everything else is made of.
#[derive(Trace, Default)]
struct Node {
    links: RefCell<Vec<Gc<Node>>>,
}

type Values = WeakIdentityMap<Node, RefCell<Option<Gc<Node>>>>;

/// The owner of a map whose values lead back to it.
#[derive(Trace, Default)]
struct Owner {
    map: WeakIdentityMap<i32, RefCell<Option<Gc<Owner>>>>,
}

#[test]
fn a_loan_that_ends_while_another_one_hides_the_value() {
    fresh();
    let key = Gc::new(1);
    let owner = Gc::new(Owner::default());
    owner.map.insert(&key, RefCell::new(Some(owner.clone())));
    let first = owner.map.get(&key).unwrap();
    drop(owner);
    assert_eq!(collect(), 0, "what is lent is held");
    let second = first.borrow().as_ref().unwrap().map.get(&key).unwrap();
    let hidden = second.borrow_mut();
    drop(first);
    drop(hidden);
    drop(second);
    assert_eq!(collect(), 1);
}

#[test]
fn a_loan_that_ends_while_a_value_inside_is_lent() {
    fresh();
    let (outer, inner_key) = (
        WeakIdentityMap::<Node, Values>::default(),
        Gc::new(Node::default()),
    );
    let key = Gc::new(Node::default());
    outer.insert(&key, Values::default());
    let first = outer.get(&key).unwrap();
    first.insert(&inner_key, RefCell::new(Some(key)));
    assert_eq!(collect(), 0, "what is lent is held");
    let second: Lent<_, _> = first.get(&inner_key).unwrap();
    drop(first);
    drop(second);
    assert_eq!(collect(), 1);
    assert!(outer.is_empty());
}

/// A random number generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

thread_local! {
    static RANDOM: RefCell<Random> = const { RefCell::new(Random(1)) };
    static WORLD: RefCell<World> = RefCell::default();
    static IS_MOODY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    static DEPTH: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn below(end: usize) -> usize {
    RANDOM.with_borrow_mut(|random| random.below(end))
}

type Function = dyn Call<(), Output = usize>;

/// What is on the stack, as it were.
#[derive(Default)]
struct World {
    beings: Vec<Gc<Being>>,
    leaves: Vec<Gc<u64>>,
    weaks: Vec<Weak<Being>>,
    notes: Vec<Lent<Note, Being>>,
    leaf_notes: Vec<Lent<Note, u64>>,
    functions: Vec<Gc<Function>>,
    garbage: Vec<gc::Garbage>,
    hollow: Vec<Gc<Hollow>>,
    objects: Vec<gc::ObjectRef>,
}

#[derive(Trace, Default)]
struct Note {
    inner: RefCell<Option<Gc<Being>>>,
    map: Option<Box<WeakIdentityMap<Being, Note>>>,
    drops: Option<Doer>,
    moody: Moody,
}

/// Something that may panic when it is traced.
#[derive(Default)]
struct Moody;

// SAFETY: no handles.
unsafe impl Trace for Moody {
    fn trace(&self, _: &mut Tracer) {
        assert!(!IS_MOODY.get() || below(3000) > 0, "moody");
    }
}

/// Does something when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
struct Doer;

impl Drop for Doer {
    fn drop(&mut self) {
        deed();
    }
}

#[derive(Trace, Default)]
#[trace(finalize)]
struct Being {
    number: u64,
    links: RefCell<Vec<Gc<Being>>>,
    notes: WeakIdentityMap<Being, Note>,
    leaf_notes: WeakIdentityMap<u64, Note>,
    names: WeakValueMap<u64, Being>,
    functions: RefCell<Vec<Gc<Function>>>,
    weak: RefCell<Option<Weak<Being>>>,
    hollow: RefCell<Option<Gc<Hollow>>>,
    doer: Option<Doer>,
    moody: Moody,
}

impl Finalize for Being {
    fn finalize(&self) {
        deed();
        if below(4) == 0
            && let Some(link) = self.links.borrow().first()
        {
            keep(|world| world.beings.push(link.clone()));
        }
    }
}

type Numbered = Option<(Gc<Hollow>, u8)>;

#[derive(Trace, Default)]
struct Hollow {
    next: std::cell::OnceCell<Gc<Hollow>>,
    other: RefCell<Option<Gc<Hollow>>>,
    many: [RefCell<Numbered>; 3],
}

fn keep<R>(deed: impl FnOnce(&mut World) -> R) -> Option<R> {
    WORLD
        .try_with(|world| Some(deed(&mut *world.try_borrow_mut().ok()?)))
        .ok()?
}

fn some<T: Clone>(list: impl Fn(&World) -> &Vec<T>) -> Option<T> {
    WORLD
        .try_with(|world| {
            let world = world.try_borrow().ok()?;
            let list = list(&world);
            list.get(below(list.len())).cloned()
        })
        .ok()?
}

fn take<T>(list: impl Fn(&mut World) -> &mut Vec<T>) -> Option<T> {
    keep(|world| {
        let list = list(world);
        let place = below(list.len());
        (place < list.len()).then(|| list.swap_remove(place))
    })?
}

/// One random deed.
fn deed() {
    if DEPTH.get() > 3 {
        return;
    }
    DEPTH.set(DEPTH.get() + 1);
    let _ = std::panic::catch_unwind(deed_that_may_fail);
    DEPTH.set(DEPTH.get() - 1);
}

fn note() -> Note {
    Note {
        inner: RefCell::new(some(|w| &w.beings)),
        map: (below(4) == 0).then(Box::default),
        drops: (below(6) == 0).then_some(Doer),
        moody: Moody,
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "a list of deeds, each of which is short"
)]
fn deed_that_may_fail() -> Option<()> {
    match below(44) {
        0..6 => {
            let being = Gc::new(Being {
                number: below(9) as u64,
                doer: (below(5) == 0).then_some(Doer),
                ..Being::default()
            });
            if below(2) == 0 {
                being.links.try_borrow_mut().ok()?.push(being.clone());
            }
            keep(|w| w.beings.push(being));
        }
        6..9 => {
            let leaf = Gc::new(below(9) as u64);
            keep(|w| w.leaves.push(leaf));
        }
        9..13 => {
            let (a, b) = (some(|w| &w.beings)?, some(|w| &w.beings)?);
            if let Ok(mut links) = a.links.try_borrow_mut() {
                links.push(b);
            }
        }
        13..18 => drop(take(|w| &mut w.beings)?),
        18 => drop(take(|w| &mut w.leaves)?),
        19..22 => {
            let (a, b) = (some(|w| &w.beings)?, some(|w| &w.beings)?);
            let old = a.notes.insert(&b, note());
            if below(3) == 0
                && let Some(old) = old
            {
                keep(|w| w.notes.push(old));
            }
        }
        22..24 => {
            let (a, b) = (some(|w| &w.beings)?, some(|w| &w.leaves)?);
            a.leaf_notes.insert(&b, note());
        }
        24 => {
            let (a, b) = (some(|w| &w.beings)?, some(|w| &w.beings)?);
            a.names.insert(below(5) as u64, &b);
        }
        25 => {
            let a = some(|w| &w.beings)?;
            let lent = a.notes.values().next()?;
            keep(|w| w.notes.push(lent));
        }
        26 => {
            let a = some(|w| &w.beings)?;
            let lent = a.leaf_notes.values().next()?;
            keep(|w| w.leaf_notes.push(lent));
        }
        27 => drop(take(|w| &mut w.notes)?),
        28 => drop(take(|w| &mut w.leaf_notes)?),
        29 => {
            let lent = some(|w| &w.notes)?;
            let key = some(|w| &w.beings)?;
            let inner = lent.map.as_ref()?;
            inner.insert(&key, note());
            let inner = inner.values().next()?;
            keep(|w| w.notes.push(inner));
        }
        30 => {
            let a = some(|w| &w.beings)?;
            let function = gordian::closure!([a = a.clone(), l = some(|w| &w.leaves)] || -> usize {
                deed();
                a.links.try_borrow().map_or(0, |links| links.len()) + l.iter().len()
            });
            let function = gordian::unsize!(Gc::new(function) => Function);
            if let Ok(mut functions) = a.functions.try_borrow_mut() {
                functions.push(function.clone());
            }
            keep(|w| w.functions.push(function));
        }
        31 => {
            let function = some(|w| &w.functions)?;
            function.try_call(());
            if below(3) == 0 {
                function.close();
            }
            if below(2) == 0 {
                drop(take(|w| &mut w.functions)?);
            }
        }
        32 => _ = gc::collect_generation(below(3)),
        33 => _ = collect(),
        34 => match below(6) {
            0 | 1 => gc::freeze(),
            _ => gc::unfreeze(),
        },
        35 => match below(5) {
            0 => gc::set_debug(DebugFlags::SAVEALL),
            1 => gc::set_debug(DebugFlags::COLLECTABLE),
            _ => gc::set_debug(DebugFlags::NONE),
        },
        36 => match below(3) {
            0 => {
                let garbage = gc::garbage();
                keep(|w| w.garbage.push(garbage));
            }
            1 => gc::garbage().clear(),
            _ => drop(take(|w| &mut w.garbage)?),
        },
        37 => {
            let a = some(|w| &w.beings)?;
            let found = match below(4) {
                0 => gc::referrers(&[&a]),
                1 => gc::referents(&[&a]),
                2 => gc::objects(None),
                _ => {
                    let _why = gc::why_alive(&a).to_string();
                    let _picture = gc::dot(&[&a], 2);
                    Vec::new()
                }
            };
            let found = found.into_iter().next()?;
            let _ = found.why_alive();
            keep(|w| w.objects.push(found));
            let _ = some(|w| &w.objects)?.referents();
        }
        38 => {
            let a = some(|w| &w.beings)?;
            let weak = if below(2) == 0 {
                Gc::downgrade_with(&a, deed)
            } else {
                Gc::downgrade(&a)
            };
            if below(2) == 0 {
                let b = some(|w| &w.beings)?;
                let old = b.weak.try_borrow_mut().ok()?.replace(weak);
                drop(old);
            } else {
                keep(|w| w.weaks.push(weak));
            }
        }
        39 => {
            let weak = some(|w| &w.weaks)?;
            if let Some(a) = weak.upgrade() {
                keep(|w| w.beings.push(a));
            }
            if below(2) == 0 {
                drop(take(|w| &mut w.weaks)?);
            }
        }
        40 => {
            let ring = Gc::new(Hollow::default());
            let two = Gc::new(Hollow::default());
            let _ = ring.next.set(two.clone());
            let _ = two.next.set(some(|w| &w.hollow).unwrap_or(ring.clone()));
            *two.other.borrow_mut() = Some(ring.clone());
            *two.many[1].borrow_mut() = Some((ring.clone(), 1));
            if below(4) == 0 {
                let _leaked = std::mem::ManuallyDrop::new(two.other.borrow_mut());
            }
            if let Some(a) = some(|w| &w.beings) {
                *a.hollow.borrow_mut() = Some(two);
            }
            keep(|w| w.hollow.push(ring));
        }
        41 => drop(take(|w| &mut w.hollow)?),
        42 => {
            let mut being = take(|w| &mut w.beings)?;
            if let Some(value) = Gc::get_mut(&mut being) {
                let _walk = (gc::dot(&[], 1), gc::objects(None));
                collect();
                value.links.get_mut().truncate(1);
                value.number += 1;
                deed();
            }
            if below(2) == 0 {
                keep(|w| w.beings.push(being));
            } else {
                drop(Gc::try_unwrap(being));
            }
        }
        _ => {
            let a = some(|w| &w.beings)?;
            match below(4) {
                0 => a.notes.clear(),
                1 => drop(a.notes.pop()),
                2 => drop(a.leaf_notes.pop()),
                _ => {
                    let links = a
                        .links
                        .try_borrow_mut()
                        .ok()
                        .map(|mut links| links.split_off(0));
                    drop(links);
                }
            }
        }
    }
    Some(())
}

#[test]
fn everything_at_random() {
    std::panic::set_hook(Box::new(|info| {
        if info.payload_as_str() == Some("moody") {
            // A panic in here would abort.
            IS_MOODY.set(false);
            deed();
            IS_MOODY.set(true);
        } else {
            eprintln!("{info}");
        }
    }));
    let seeds = std::env::var("SEEDS").map_or(12, |seeds| seeds.parse().unwrap());
    let first = std::env::var("FIRST").map_or(0, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        std::thread::spawn(move || {
            RANDOM.with_borrow_mut(|random| random.0 = seed);
            gc::set_debug_sink(|_| deed());
            IS_MOODY.set(seed % 4 > 1);
            if seed % 3 == 0 {
                gc::set_threshold((20, 3, 3));
            }
            for _ in 0..3000 {
                deed();
            }
            gc::set_debug(DebugFlags::NONE);
            gc::reset_debug_sink();
            gc::unfreeze();
            if seed % 2 == 0 {
                return;
            }
            DEPTH.set(9);
            IS_MOODY.set(false);
            drop(WORLD.take());
            gc::garbage().clear();
            while collect() > 0 {
                drop(WORLD.take());
            }
            let left = gc::objects(None);
            let hollow = |object: &gc::ObjectRef| object.type_name().ends_with("Hollow");
            let left: Vec<_> = left.into_iter().filter(|object| !hollow(object)).collect();
            assert!(left.is_empty(), "seed {seed}: {} left", left.len());
        })
        .join()
        .unwrap_or_else(|_| panic!("seed {seed}"));
    }
}

/// A link of a chain of keys, each of which holds the next by its value.
#[derive(Trace)]
struct Link(DropProbe);

#[test]
fn a_long_chain_of_keys_and_values() {
    fresh();
    const COUNT: usize = 100_000;
    for way in 0..3 {
        let (map, drops) = (
            WeakIdentityMap::<Link, Option<Gc<Link>>>::default(),
            Drops::new(),
        );
        let first = Gc::new(Link(drops.probe()));
        let mut last = first.clone();
        for _ in 1..COUNT {
            let next = Gc::new(Link(drops.probe()));
            map.insert(&last, Some(next.clone()));
            last = next;
        }
        if way > 0 {
            map.insert(&last, Some(first.clone()));
        }
        assert_eq!(map.len(), if way > 0 { COUNT } else { COUNT - 1 });
        if way == 2 {
            let half = map.get(&first).unwrap();
            drop((first, last));
            assert_eq!(collect(), 0);
            drop(half);
        } else {
            drop((first, last));
        }
        collect();
        assert_eq!((map.len(), drops.count()), (0, COUNT), "way {way}");
    }
}

/// Nothing but handles, so that nothing of it is dropped.
#[derive(Trace)]
struct Bare {
    next: std::cell::OnceCell<Gc<Bare>>,
    leaf: Option<Gc<u64>>,
    number: usize,
}

#[test]
fn much_hollow_garbage_among_what_lives() {
    fresh();
    let before = gc::objects(None).len();
    let mut random = Random(7);
    for round in 0..6 {
        let leaf = (round == 3).then(|| Gc::new(5));
        let all: Vec<_> = (0..60_000)
            .map(|number| {
                Gc::new(Bare {
                    next: std::cell::OnceCell::new(),
                    // The count of handles may be limited.
                    leaf: leaf.clone().filter(|_| number % 3000 < 3),
                    number,
                })
            })
            .collect();
        for (number, object) in all.iter().enumerate() {
            let other = all[number - number % 3 + (number + 1) % 3].clone();
            let _ = object.next.set(other);
        }
        let mut kept = Vec::new();
        for chunk in all.chunks(3) {
            if random.below([9, 2, 1000, 5, 1_000_000, 3][round]) == 0 {
                kept.push(chunk[random.below(3)].clone());
            }
        }
        drop(all);
        if round == 1 {
            gc::freeze();
            gc::unfreeze();
        }
        let generation = if round == 2 { 0 } else { 2 };
        let collected = gc::collect_generation(generation);
        assert_eq!(collected, 60_000 - 3 * kept.len(), "round {round}");
        for object in &kept {
            let third = &object.next.get().unwrap().next.get().unwrap();
            assert!(Gc::ptr_eq(third.next.get().unwrap(), object));
            assert_eq!(third.number / 3, object.number / 3);
            assert_eq!(third.leaf.is_some(), object.leaf.is_some());
        }
        if let Some(leaf) = leaf {
            let holders = kept.iter().filter(|object| object.leaf.is_some());
            assert_eq!(Gc::strong_count(&leaf), 1 + 3 * holders.count());
        }
        let count = 3 * kept.len();
        drop(kept);
        assert_eq!(collect(), count, "round {round}");
    }
    assert_eq!(gc::objects(None).len(), before);
}

#[test]
fn old_frozen_and_adopted_keys_over_many_epochs() {
    fresh();
    let holder = Gc::new(Being::default());
    let mut keys = Vec::new();
    for round in 0..300_usize {
        let key = Gc::new(round as u64);
        let value = Note {
            inner: RefCell::new(Some(holder.clone())),
            ..Note::default()
        };
        holder.leaf_notes.insert(&key, value);
        keys.push(key);
        match round % 7 {
            0 => gc::freeze(),
            3 => gc::unfreeze(),
            5 => drop(keys.swap_remove(keys.len() / 2)),
            _ => {}
        }
        assert_eq!(gc::collect_generation(round % 3), 0);
        assert_eq!(holder.leaf_notes.len(), keys.len());
        let sizes = gc::objects(None).len() + gc::freeze_count();
        assert_eq!(sizes, 1 + keys.len());
    }
    gc::unfreeze();
    assert_eq!(Gc::strong_count(&holder), 1 + keys.len());
    drop(holder);
    assert_eq!(collect(), 1);
    assert!(keys.iter().all(|key| Gc::weak_count(key) == 0));
}
