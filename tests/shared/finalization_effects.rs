//! What finalizers do to the world: resurrect, allocate, look around, and come late.

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Shared, Slot, Trace, Weak, fresh, gc};

#[derive(Trace)]
struct Cargo {
    laz: Slot<Option<Gc<Lazarus>>>,
    probe: DropProbe,
}

#[derive(Trace)]
#[trace(finalize)]
struct Lazarus {
    cargo: Slot<Option<Gc<Cargo>>>,
    me: Slot<Weak<Lazarus>>,
    #[trace(skip)]
    survivors: Shared<Slot<Vec<Gc<Lazarus>>>>,
    #[trace(skip)]
    calls: Log<()>,
    probe: DropProbe,
}

impl Finalize for Lazarus {
    fn finalize(&self) {
        self.calls.push(());
        let me = self
            .me
            .peek()
            .upgrade()
            .expect("it upgrades in the finalizer");
        self.survivors.with(|survivors| survivors.push(me));
    }
}

/// GCTests.test_resurrection_is_transitive
#[test]
fn f_17_resurrection_is_transitive() {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let survivors: Shared<Slot<Vec<_>>> = Shared::default();
    let cargo = Gc::new(Cargo {
        laz: Slot::default(),
        probe: drops.probe(),
    });
    let laz = Gc::new(Lazarus {
        cargo: Slot::new(Some(cargo.clone())),
        me: Slot::default(),
        survivors: survivors.clone(),
        calls: calls.clone(),
        probe: drops.probe(),
    });
    laz.me.put(Gc::downgrade(&laz));
    cargo.laz.put(Some(laz.clone()));
    let (laz_address, cargo_weak) = (Gc::as_ptr(&laz), Gc::downgrade(&cargo));
    drop((laz, cargo));
    assert!(calls.is_empty());
    assert_eq!(gc::collect(), 0);
    assert_eq!((calls.len(), drops.count()), (1, 0));

    let mut saved = survivors.pull();
    assert_eq!(saved.len(), 1);
    let laz = saved.remove(0);
    let cargo = laz.cargo.peek().expect("the edge to the cargo is intact");
    assert_eq!(Gc::as_ptr(&laz), laz_address);
    assert!(
        cargo_weak
            .upgrade()
            .is_some_and(|same| Gc::ptr_eq(&same, &cargo))
    );
    assert!(cargo.laz.peek().is_some_and(|back| Gc::ptr_eq(&back, &laz)));
    assert!(laz.probe.is_intact() && cargo.probe.is_intact());
    drop((laz, cargo));
    assert_eq!(gc::collect(), 2);
    assert_eq!((calls.len(), drops.count()), (1, 2));
    assert!(cargo_weak.upgrade().is_none());
}

const MANY: usize = 100;

#[derive(Trace)]
struct A {
    me: Slot<Option<Gc<A>>>,
    _probe: DropProbe,
}

#[derive(Trace)]
#[trace(finalize)]
struct Z {
    me: Slot<Option<Gc<Z>>>,
    #[trace(skip)]
    survivors: Shared<Slot<Vec<Gc<Z>>>>,
    _probe: DropProbe,
}

impl Finalize for Z {
    fn finalize(&self) {
        let me = self.me.peek().expect("the edge is intact");
        self.survivors.with(|survivors| survivors.push(me));
    }
}

/// What a collection returns, and what it adds to the statistics.
fn collect() -> (usize, usize, usize, usize) {
    let before = gc::stats()[2];
    let returned = gc::collect();
    let after = gc::stats()[2];
    let collected = after.collected - before.collected;
    (
        returned,
        collected,
        after.uncollectable,
        after.collections - before.collections,
    )
}

/// GCTests.test_resurrection_does_not_block_cleanup_of_other_objects
#[test]
fn f_18_resurrection_does_not_block_cleanup() {
    fresh();
    let drops = Drops::new();
    let survivors: Shared<Slot<Vec<_>>> = Shared::default();
    let lose_many = || {
        for _ in 0..MANY {
            let a = Gc::new(A {
                me: Slot::default(),
                _probe: drops.probe(),
            });
            a.me.put(Some(a.clone()));
        }
    };
    let lose_z = || {
        let (me, survivors) = (Slot::default(), survivors.clone());
        let z = Gc::new(Z {
            me,
            survivors,
            _probe: drops.probe(),
        });
        z.me.put(Some(z.clone()));
    };

    lose_many();
    assert_eq!(collect(), (100, 100, 0, 1));
    assert_eq!(drops.count(), 100);
    lose_z();
    assert_eq!(collect(), (0, 0, 0, 1));
    assert_eq!((drops.count(), survivors.with(|z| z.len())), (100, 1));
    lose_many();
    lose_z();
    assert_eq!(collect(), (100, 100, 0, 1));
    assert_eq!((drops.count(), survivors.with(|z| z.len())), (200, 2));
    survivors.put(Vec::new());
    assert_eq!(collect(), (2, 2, 0, 1));
    assert_eq!((drops.count(), survivors.with(|z| z.len())), (202, 0));
}

/// GCTests.test_is_finalized
#[test]
fn f_19_is_finalized() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Lazarus {
        edge: Slot<Option<Gc<Lazarus>>>,
        me: Slot<Weak<Lazarus>>,
        #[trace(skip)]
        saved: Shared<Slot<Vec<Gc<Lazarus>>>>,
        #[trace(skip)]
        inside: Log<bool>,
        _probe: DropProbe,
    }
    impl Finalize for Lazarus {
        fn finalize(&self) {
            let me = self
                .me
                .peek()
                .upgrade()
                .expect("it upgrades in the finalizer");
            self.inside.push(gc::is_finalized(&me));
            self.saved.with(|saved| saved.push(me));
        }
    }

    fresh();
    let (drops, inside) = (Drops::new(), Log::new());
    let saved: Shared<Slot<Vec<_>>> = Shared::default();
    assert!(!gc::is_finalized(&Gc::new(3)));
    assert!(!gc::is_finalized(&Gc::new(String::from("leaf"))));
    for is_cyclic in [false, true] {
        let laz = Gc::new(Lazarus {
            edge: Slot::default(),
            me: Slot::default(),
            saved: saved.clone(),
            inside: inside.clone(),
            _probe: drops.probe(),
        });
        laz.me.put(Gc::downgrade(&laz));
        laz.edge.put(is_cyclic.then(|| laz.clone()));
        assert!(!gc::is_finalized(&laz));
        drop(laz);
        assert_eq!(gc::collect(), 0);
        assert_eq!(inside.take(), [true]);
        let laz = saved.pull().remove(0);
        assert!(gc::is_finalized(&laz));
        laz.edge.put(None);
        drop(laz);
        assert!(inside.is_empty());
    }
    assert_eq!((gc::collect(), drops.count()), (0, 2));
}

/// An object whose finalizer makes others, which may be the moment for a collection.
#[derive(Trace)]
#[trace(finalize)]
struct Allocating {
    edge: Slot<Option<Gc<Allocating>>>,
    #[trace(skip)]
    calls: Log<()>,
    probe: DropProbe,
}

impl Finalize for Allocating {
    fn finalize(&self) {
        self.calls.push(());
        for _ in 0..50 {
            let garbage = Gc::new(Slot::new(Vec::<Gc<Junk>>::new()));
            let junk = Gc::new(Junk {
                all: garbage.clone(),
            });
            assert_eq!(junk.all.with(|all| all.len()), 0);
            garbage.with(|all| all.push(junk.clone()));
        }
        assert!(self.probe.is_intact());
    }
}

#[derive(Trace)]
struct Junk {
    all: Gc<Slot<Vec<Gc<Junk>>>>,
}

impl Allocating {
    fn new(drops: &Drops, calls: &Log<()>) -> Gc<Self> {
        let (edge, calls) = (Slot::default(), calls.clone());
        Gc::new(Self {
            edge,
            calls,
            probe: drops.probe(),
        })
    }
}

/// GCTests.test_del
#[test]
fn f_20_del() {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    gc::set_threshold(1);
    gc::enable();
    let a = Allocating::new(&drops, &calls);
    drop(a);
    assert_eq!((calls.len(), drops.count()), (1, 1));
    gc::disable();
    gc::collect();
    assert_eq!((calls.len(), drops.count()), (1, 1));
    assert!(gc::objects(None).is_empty());
}

/// GCTests.test_del_newclass
#[test]
fn f_21_del_newclass() {
    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    gc::set_threshold(1);
    gc::enable();
    let a = Allocating::new(&drops, &calls);
    a.edge.put(Some(a.clone()));
    drop(a);
    gc::collect();
    assert_eq!((calls.len(), drops.count()), (1, 1));
    gc::disable();
    gc::collect();
    assert_eq!((calls.len(), drops.count()), (1, 1));
    assert!(gc::objects(None).is_empty());
}

#[derive(Trace)]
struct Func {
    cyc: Slot<Option<Gc<Cyc>>>,
    _probe: DropProbe,
}

#[derive(Trace)]
#[trace(finalize)]
struct LateFin {
    func: Slot<Weak<Func>>,
    edge: Slot<Option<Gc<LateFin>>>,
    #[trace(skip)]
    seen: Log<bool>,
    _probe: DropProbe,
}

#[derive(Trace)]
#[trace(finalize)]
struct Cyc {
    func: Slot<Option<Gc<Func>>>,
    latefin: Gc<LateFin>,
    #[trace(skip)]
    global: Shared<Slot<Option<Gc<LateFin>>>>,
    #[trace(skip)]
    calls: Log<()>,
    _probe: DropProbe,
}

impl Finalize for LateFin {
    fn finalize(&self) {
        assert!(self.edge.peek().is_none());
        self.seen.push(self.func.peek().upgrade().is_some());
    }
}

impl Finalize for Cyc {
    fn finalize(&self) {
        self.calls.push(());
        let func = self.func.peek().expect("the edge is intact");
        assert!(func.cyc.peek().is_some());
        self.latefin.func.put(Gc::downgrade(&func));
        assert!(self.latefin.func.peek().upgrade().is_some());
        self.global.put(None);
        assert!(self.latefin.seen.is_empty());
    }
}

/// GCTests.test_function_tp_clear_leaves_consistent_state
#[test]
fn f_22_late_finalizer_sees_nothing_damaged() {
    fresh();
    let (drops, seen, calls) = (Drops::new(), Log::new(), Log::new());
    let latefin = Gc::new(LateFin {
        func: Slot::default(),
        edge: Slot::default(),
        seen: seen.clone(),
        _probe: drops.probe(),
    });
    let global = Shared::new(Slot::new(Some(latefin.clone())));
    let func = Gc::new(Func {
        cyc: Slot::default(),
        _probe: drops.probe(),
    });
    let cyc = Gc::new(Cyc {
        func: Slot::new(Some(func.clone())),
        latefin,
        global: global.clone(),
        calls: calls.clone(),
        _probe: drops.probe(),
    });
    func.cyc.put(Some(cyc.clone()));
    drop((cyc, func));
    assert_eq!(gc::collect(), 2);
    assert!(global.peek().is_none());
    assert_eq!((calls.len(), seen.entries()), (1, vec![false]));
    assert_eq!(drops.count(), 3);
    assert_eq!((gc::collect(), drops.count()), (0, 3));
}

/// Cuts its own cycle, and leaves another one behind.
#[derive(Trace)]
#[trace(finalize)]
struct Heir {
    me: Slot<Option<Gc<Heir>>>,
    generations: u8,
    #[trace(skip)]
    finalized: Log<u8>,
}

impl Heir {
    fn leave(generations: u8, finalized: &Log<u8>) {
        let heir = Gc::new(Self {
            me: Slot::default(),
            generations,
            finalized: finalized.clone(),
        });
        heir.me.put(Some(heir.clone()));
    }
}

impl Finalize for Heir {
    fn finalize(&self) {
        self.finalized.push(self.generations);
        if self.generations > 0 {
            Self::leave(self.generations - 1, &self.finalized);
        }
        drop(self.me.pull());
    }
}

/// Documented of `shutdown`: it goes on while finalizers make more, though none of its collections
/// collects anything, as they free their objects themselves.
#[test]
fn f_00_shutdown_goes_on_while_there_is_garbage() {
    fresh();
    let finalized = Log::new();
    Heir::leave(5, &finalized);
    gc::shutdown();
    assert_eq!(finalized.take(), [5, 4, 3, 2, 1, 0]);
}
