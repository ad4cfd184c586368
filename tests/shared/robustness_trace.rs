//! A `trace` that panics, or lies, in the midst of a collection.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use gordian::trace::Tracer;
use gordian_tests::{DropProbe, Drops, Place};

use super::stage::panic_of;
use super::{Gc, Slot, Trace, Weak, fresh, gc};

/// Panics when it is traced, after so many times.
#[derive(Clone, Default)]
struct Fuse(Arc<AtomicIsize>);

impl Fuse {
    fn set(&self, left: isize) {
        self.0.store(left, Ordering::Relaxed);
    }
}

// SAFETY: it reports nothing.
unsafe impl Trace for Fuse {
    fn trace(&self, _: &mut Tracer) {
        assert_ne!(self.0.fetch_sub(1, Ordering::Relaxed), 0, "the fuse");
    }
}

#[derive(Trace)]
struct Knot {
    links: Slot<Vec<Gc<Knot>>>,
    weak: Slot<Weak<Knot>>,
    fuse: Fuse,
    other: Slot<Option<Gc<Knot>>>,
    _probe: DropProbe,
}

fn knot(fuse: &Fuse, drops: &Drops) -> Gc<Knot> {
    Gc::new(Knot {
        links: Slot::default(),
        weak: Slot::new(Weak::new()),
        fuse: fuse.clone(),
        other: Slot::default(),
        _probe: drops.probe(),
    })
}

/// A ring of two, one of which has a fuse.
fn ring(fuse: &Fuse, drops: &Drops) -> Gc<Knot> {
    let (one, other) = (knot(fuse, drops), knot(&Fuse::default(), drops));
    other.fuse.set(-1);
    one.links.with(|links| links.push(other.clone()));
    other.other.put(Some(one.clone()));
    one
}

#[test]
fn what_panics_when_it_is_traced_lives_with_all_that_it_owns() {
    fresh();
    let (fuse, drops) = (Fuse::default(), Drops::new());
    drop(ring(&fuse, &drops));
    for _ in 0..2 {
        fuse.set(0);
        let panic = catch_unwind(gc::collect).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("the fuse"), "{text}");
        assert_eq!(drops.count(), 0);
    }
    fuse.set(-1);
    assert_eq!((gc::collect(), drops.count()), (2, 2));
}

/// In whichever of the looks at garbage that has a weak handle to itself, with a callback.
#[test]
fn a_trace_may_panic_at_any_time() {
    let mut panics = 0;
    for left in 0..20 {
        fresh();
        let (fuse, drops) = (Fuse::default(), Drops::new());
        let called = Arc::new(AtomicUsize::new(0));
        let count = called.clone();
        let one = ring(&fuse, &drops);
        one.weak.put(Gc::downgrade_with(&one, move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        drop(one);
        fuse.set(left);
        panics += usize::from(catch_unwind(gc::collect).is_err());
        fuse.set(-1);
        let _ = gc::collect();
        assert_eq!(drops.count(), 2, "a panic at look {left}");
        assert!(called.load(Ordering::Relaxed) <= 1);
        assert_eq!(gc::objects(None).len(), 0);
    }
    assert!(panics > 0 && panics < 20);
}

/// Reports what it owns every second time only, which is too little, and allowed.
struct Fickle {
    owned: Gc<u32>,
    other: Slot<Option<Gc<Tied>>>,
    traced: AtomicUsize,
}

#[derive(Trace)]
struct Tied {
    back: Slot<Option<Gc<Tied>>>,
    number: u32,
}

// SAFETY: it reports no handle but those it owns, and never more often than it has them.
unsafe impl Trace for Fickle {
    fn trace(&self, tracer: &mut Tracer) {
        let traced = self.traced.fetch_add(1, Ordering::Relaxed);
        if traced.is_multiple_of(2) {
            self.owned.trace(tracer);
            self.other.trace(tracer);
        }
    }
}

/// Whatever the collections before it have found.
#[test]
fn two_traces_need_not_agree() {
    for first in 0..4 {
        fresh();
        let fickle = Gc::new(Fickle {
            owned: Gc::new(1),
            other: Slot::default(),
            traced: AtomicUsize::new(first),
        });
        for number in 0..10 {
            if number % 3 == 0 {
                let dead = tied(number);
                dead.back.put(Some(dead.clone()));
                drop(dead);
                assert!(gc::collect() > 0);
            }
            let tied = tied(number);
            tied.back.put(Some(tied.clone()));
            fickle.other.put(Some(tied.clone()));
            drop((tied, fickle.clone()));
            // What was there before, if that is reported too late.
            let _ = gc::collect();
            let tied = fickle.other.pull().unwrap();
            assert_eq!((*fickle.owned, tied.number), (1, number));
            let back = tied.back.pull().unwrap();
            assert!(Gc::ptr_eq(&back, &tied));
            tied.back.put(Some(back));
        }
        drop(fickle);
        while gc::collect() > 0 {}
        assert_eq!(gc::objects(None).len(), 0);
    }
}

fn tied(number: u32) -> Gc<Tied> {
    Gc::new(Tied {
        back: Slot::default(),
        number,
    })
}

/// It is asked for the fields of what it owns, too.
#[test]
fn a_trace_may_panic_when_fields_are_asked_for() {
    fresh();
    let (fuse, drops) = (Fuse::default(), Drops::new());
    fuse.set(-1);
    let one = ring(&fuse, &drops);
    let other = one.links.with(|links| links[0].clone());
    assert_eq!(gc::why_alive(&other).path()[0].field(), "links");
    for left in 0..10 {
        fuse.set(left);
        let asked = catch_unwind(AssertUnwindSafe(|| gc::why_alive(&other)));
        fuse.set(-1);
        if let Ok(why) = asked {
            let fields: Vec<_> = why
                .path()
                .iter()
                .map(|step| step.field().to_owned())
                .collect();
            assert!(fields.len() <= 1, "{fields:?}");
        }
    }
    assert_eq!(gc::why_alive(&other).path()[0].field(), "links");
    drop((one, other));
    assert_eq!((gc::collect(), drops.count()), (2, 2));
}

/// Reports the handle to its leaf twice.
struct Liar {
    me: Slot<Option<Gc<Liar>>>,
    leaf: Gc<Knot>,
}

// SAFETY: it breaks the first duty on purpose: no handle from outside hides it, so the collector is to
// notice.
unsafe impl Trace for Liar {
    fn trace(&self, tracer: &mut Tracer) {
        self.me.trace(tracer);
        self.leaf.trace(tracer);
        self.leaf.trace(tracer);
    }
}

/// Nobody has ever dropped a handle to the object that too many are reported to. It counts as live, until the
/// one handle that there is goes with its owner.
#[test]
fn too_many_handles_to_what_is_no_candidate() {
    fresh();
    let (fuse, drops) = (Fuse::default(), Drops::new());
    fuse.set(-1);
    let leaf = knot(&fuse, &drops);
    let liar = Gc::new(Liar {
        me: Slot::default(),
        leaf,
    });
    liar.me.put(Some(liar.clone()));
    drop(liar);
    let collected = gc::stats()[2].collected;
    let result = catch_unwind(gc::collect);
    assert_eq!(result.is_err(), cfg!(debug_assertions));
    assert_eq!(gc::stats()[2].collected - collected, 1);
    assert_eq!((drops.count(), gc::objects(None).len()), (1, 0));
}

/// What is dropped by a handle, and has nothing but its value to see to.
#[test]
fn the_drop_of_a_plain_value_panics() {
    #[derive(Trace)]
    #[trace(leaf)]
    struct Bomb(#[expect(dead_code, reason = "it counts drops")] DropProbe);

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the bomb");
        }
    }

    fresh();
    let drops = Drops::new();
    let bomb = Gc::new(Bomb(drops.probe()));
    assert_eq!(panic_of(|| drop(bomb)), "the bomb");
    assert_eq!(drops.count(), 1);
    let pair = Gc::new((Bomb(drops.probe()), Gc::new(Bomb(drops.probe()))));
    assert_eq!(panic_of(|| drop(pair)), "the bomb");
    assert_eq!((drops.count(), gc::objects(None).len()), (3, 0));
}

/// Says how often it was traced.
struct Watched;

static TRACED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it reports nothing.
unsafe impl Trace for Watched {
    fn trace(&self, _: &mut Tracer) {
        TRACED.fetch_add(1, Ordering::Relaxed);
    }
}

/// An object leads to one whose value is yet to come.
#[test]
fn what_is_not_written_yet_is_not_looked_into() {
    #[derive(Trace)]
    struct Waiting {
        me: Slot<Option<Gc<Waiting>>>,
        place: Slot<Option<Gc<MaybeUninit<Watched>>>>,
    }

    fresh();
    let waiting = Gc::new(Waiting {
        me: Slot::default(),
        place: Slot::new(Some(Gc::new_uninit())),
    });
    waiting.me.put(Some(waiting.clone()));
    drop(waiting.clone());
    assert_eq!((gc::collect(), gc::collect()), (0, 0));
    assert_eq!(TRACED.load(Ordering::Relaxed), 0);
    let place = waiting.place.pull().unwrap();
    waiting.place.put(Some(place.clone()));
    drop(waiting);
    assert_eq!(gc::collect(), 1);
    assert_eq!(TRACED.load(Ordering::Relaxed), 0);
    // SAFETY: there is nothing to write.
    let written = unsafe { place.assume_init() };
    drop(written.clone());
    assert_eq!(gc::collect(), 0);
    assert_ne!(TRACED.load(Ordering::Relaxed), 0);
    drop(written);
    assert_eq!(gc::objects(None).len(), 0);
}
