//! What is seen of garbage as it goes, when collections happen, and what they leave alone.

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Shared, Slot, Trace, Value, Weak, fresh, gc, to_the_end};

/// An object that may hold itself or be a link of a ring, and something else.
#[derive(Trace)]
struct Link<K: Trace + 'static = ()> {
    next: Slot<Option<Gc<Link<K>>>>,
    kept: Slot<Option<Gc<K>>>,
    probe: DropProbe,
}

impl<K: Value> Link<K> {
    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            next: Slot::default(),
            kept: Slot::default(),
            probe: drops.probe(),
        })
    }

    fn new_loop(drops: &Drops) -> Gc<Self> {
        let link = Self::new(drops);
        link.next.put(Some(link.clone()));
        link
    }

    fn new_ring(length: usize, drops: &Drops) -> Vec<Gc<Self>> {
        let links: Vec<_> = (0..length).map(|_| Self::new(drops)).collect();
        for (index, link) in links.iter().enumerate() {
            link.next.put(Some(links[(index + 1) % length].clone()));
        }
        links
    }
}

fn generation<T: ?Sized>(gc: &Gc<T>) -> usize {
    let objects = gc::objects(None);
    objects
        .iter()
        .find(|object| object.ptr_eq(gc))
        .expect("it is tracked")
        .generation()
        .expect("it is in a generation")
}

/// GCTests.test_bug1055820b
#[test]
fn c_16_bug1055820b() {
    fresh();
    let (drops, seen) = (Drops::new(), Log::<Vec<bool>>::new());
    let loops = [Link::<()>::new_loop(&drops), Link::new_loop(&drops)];
    let weaks: Shared<Slot<Vec<Weak<Link>>>> = Shared::default();
    for link in &loops {
        let (all, seen) = (weaks.clone(), seen.clone());
        let weak = Gc::downgrade_with(link, move || {
            seen.push(all.with(|all| all.iter().map(|weak| weak.upgrade().is_some()).collect()));
        });
        weaks.with(|weaks| weaks.push(weak));
    }
    assert_eq!(gc::collect(), 0);
    assert_eq!((seen.len(), drops.count()), (0, 0));
    drop(loops);
    assert_eq!((seen.len(), drops.count()), (0, 0));
    assert_eq!(gc::collect(), 2);
    assert_eq!(seen.entries(), [vec![false, false], vec![false, false]]);
    assert_eq!(drops.count(), 2);
    weaks.put(Vec::new());
}

/// GCToggling.test_bug1055820c
#[test]
fn c_17_bug1055820c() {
    fresh();
    let (drops, seen) = (Drops::new(), Log::new());
    let c0 = Link::<()>::new(&drops);
    gc::collect();
    gc::collect();
    assert_eq!(generation(&c0), 2);

    let c1 = Link::<Link>::new_loop(&drops);
    let c2 = Link::<Link>::new_loop(&drops);
    let c2_weak = Gc::downgrade(&c2);
    let c0_weak = Gc::downgrade_with(&c0, {
        let (seen, c2_weak) = (seen.clone(), c2_weak.clone());
        move || seen.push(c2_weak.upgrade().is_some())
    });
    c1.kept.put(Some(c0));
    drop((c1, c2));
    assert!(seen.is_empty() && c2_weak.upgrade().is_some());
    assert_eq!(gc::collect_generation(0), 2);
    assert_eq!(seen.entries(), [false]);
    assert!(c0_weak.upgrade().is_none() && c2_weak.upgrade().is_none());
    assert_eq!(drops.count(), 3);
}

/// GCToggling.test_bug1055820d
#[test]
fn c_18_bug1055820d() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Old {
        other: Slot<Weak<Link<Old>>>,
        edge: Slot<Option<Gc<Old>>>,
        #[trace(skip)]
        seen: Log<bool>,
        _probe: DropProbe,
    }
    impl Finalize for Old {
        fn finalize(&self) {
            assert!(self.edge.peek().is_none());
            self.seen.push(self.other.peek().upgrade().is_some());
        }
    }

    fresh();
    let (drops, seen) = (Drops::new(), Log::new());
    let d0 = Gc::new(Old {
        other: Slot::default(),
        edge: Slot::default(),
        seen: seen.clone(),
        _probe: drops.probe(),
    });
    gc::collect();
    gc::collect();
    assert_eq!(generation(&d0), 2);

    let d1 = Link::new_loop(&drops);
    let d2 = Link::new_loop(&drops);
    d0.other.put(Gc::downgrade(&d2));
    let d0_weak = Gc::downgrade(&d0);
    d1.kept.put(Some(d0));
    drop((d1, d2));
    assert!(seen.is_empty());
    assert_eq!(gc::collect_generation(0), 2);
    assert_eq!(seen.entries(), [false]);
    assert!(d0_weak.upgrade().is_none());
    assert_eq!(drops.count(), 3);
}

/// GCTests.test_trash_weakref_clear
#[test]
fn c_19_trash_weakref_clear() {
    #[derive(Trace)]
    struct Z {
        _probe: DropProbe,
    }
    #[derive(Trace)]
    struct A {
        me: Slot<Option<Gc<A>>>,
        #[trace(skip)]
        holder: Slot<Option<Gc<Z>>>,
        weak: Slot<Option<Weak<Z>>>,
        _probe: DropProbe,
    }

    fresh();
    let (drops, called) = (Drops::new(), Log::new());
    let new = |z: Option<Gc<Z>>, weak: Weak<Z>| {
        let (holder, weak) = (Slot::new(z), Slot::new(Some(weak)));
        let a = Gc::new(A {
            me: Slot::default(),
            holder,
            weak,
            _probe: drops.probe(),
        });
        a.me.put(Some(a.clone()));
        a
    };
    let z = Gc::new(Z {
        _probe: drops.probe(),
    });
    let plain = Gc::downgrade(&z);
    let weak = Gc::downgrade_with(&z, {
        let called = called.clone();
        move || called.push(())
    });
    let a = new(Some(z), weak.clone());
    let other = new(None, weak);
    assert_eq!((gc::collect(), drops.count()), (0, 0));
    assert!(a.holder.peek().is_some());
    drop((a, other));
    assert_eq!(drops.count(), 0);
    assert_eq!(gc::collect(), 2);
    assert_eq!(drops.count(), 3);
    assert!(plain.upgrade().is_none());
    assert!(
        called.is_empty(),
        "the callback of a weak handle inside the garbage ran"
    );
}

/// GCToggling.test_indirect_calls_with_gc_disabled
#[test]
fn c_20_indirect_calls_with_gc_disabled() {
    const MANY: usize = 10_000;

    /// Makes garbage, then `MANY` objects at most until it has gone; how often it went.
    fn detect(drops: &Drops) -> usize {
        let gone = Log::new();
        let garbage = Link::<()>::new_loop(drops);
        let weak = Gc::downgrade_with(&garbage, {
            let gone = gone.clone();
            move || gone.push(())
        });
        drop(garbage);
        let mut junk = Vec::new();
        while junk.len() < MANY && gone.is_empty() {
            junk.push(Link::<()>::new(&Drops::new()));
        }
        assert_eq!(weak.upgrade().is_none(), junk.len() < MANY);
        gone.len()
    }

    fresh();
    let drops = Drops::new();
    gc::enable();
    assert_eq!(detect(&drops), 1);
    assert_eq!(drops.count(), 1);

    gc::disable();
    assert_eq!(detect(&drops), 0);
    assert_eq!(drops.count(), 1);
    assert_eq!(gc::collect(), 1);
    assert_eq!(drops.count(), 2);
}

/// IncrementalGCTests.test_incremental_gc_handles_fast_cycle_creation
#[test]
#[cfg_attr(miri, ignore = "400 000 objects")]
fn c_21_fast_cycle_creation() {
    const LIVE: usize = 1_000;
    const RINGS: usize = 20_000;
    const RING: usize = 20;
    const SLACK: usize = 5_000;

    fresh();
    gc::set_threshold((700, 10, 10));
    gc::enable();
    let (kept_drops, drops) = (Drops::new(), Drops::new());
    let kept = Link::<()>::new_ring(LIVE, &kept_drops).swap_remove(0);
    let base = gc::objects(None).len();
    assert_eq!(base, LIVE);
    for made in 1..=RINGS {
        drop(Link::<()>::new_ring(RING, &drops));
        assert!(made * RING - drops.count() <= SLACK, "garbage piles up");
        if made % 100 == 0 {
            assert!(
                gc::objects(None).len() <= base + SLACK,
                "tracked objects pile up"
            );
        }
    }
    gc::collect();
    assert_eq!((drops.count(), kept_drops.count()), (RINGS * RING, 0));
    assert_eq!(gc::objects(None).len(), LIVE);
    drop(kept);
    assert_eq!(gc::collect(), LIVE);
    assert_eq!(kept_drops.count(), LIVE);
}

/// InternalDocs/garbage_collector.md, identifying reference cycles
#[test]
fn c_22_doc_ring() {
    fresh();
    let (ring_drops, drops) = (Drops::new(), Drops::new());
    let a = Link::<()>::new_ring(3, &ring_drops).swap_remove(0);
    drop(Link::<()>::new_loop(&drops));
    assert_eq!(gc::collect(), 1);
    assert_eq!((ring_drops.count(), drops.count()), (0, 1));

    let mut link = a.clone();
    for step in 1..=3 {
        assert!(link.probe.is_intact());
        link = link.next.peek().expect("the ring is intact");
        assert_eq!(Gc::ptr_eq(&link, &a), step == 3);
    }
    drop((a, link));
    assert_eq!(gc::collect(), 3);
    assert_eq!(ring_drops.count(), 3);
}

/// InternalDocs/garbage_collector.md, reference counting
#[test]
fn c_23_doc_no_cycle() {
    fresh();
    let drops = Drops::new();
    let tail = Link::<()>::new(&drops);
    let middle = Link::<()>::new(&drops);
    let head = Link::<()>::new(&drops);
    middle.next.put(Some(tail.clone()));
    head.next.put(Some(middle));
    assert_eq!((gc::collect(), drops.count()), (0, 0));
    let weak = Gc::downgrade(&head);
    let second = head.clone();
    drop(head);
    assert!(weak.upgrade().is_some() && drops.count() == 0);
    drop(second);
    assert!(weak.upgrade().is_none());
    assert_eq!(drops.count(), 2);
    assert_eq!((gc::collect(), drops.count()), (0, 2));
    drop(tail);
    assert_eq!((gc::collect(), drops.count()), (0, 3));
}

/// A thread that has nothing but objects that are too large for blocks ends as any other.
#[test]
fn large_objects_go_with_their_thread() {
    #[derive(Trace)]
    struct Large {
        me: Slot<Option<Gc<Large>>>,
        _probe: DropProbe,
        _weight: [u8; 1 << 16],
    }

    let drops = Drops::new();
    let probe = drops.probe();
    to_the_end(move || {
        let large = Gc::new(Large {
            me: Slot::default(),
            _probe: probe,
            _weight: [0; 1 << 16],
        });
        large.me.put(Some(large.clone()));
    });
    assert_eq!(drops.count(), 1);
}
