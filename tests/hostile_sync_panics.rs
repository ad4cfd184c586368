//! Panics in `trace` on the heap that threads share: a panic hook runs in the midst of a look, with objects
//! pinned and locks kept.

use std::cell::RefCell;
use std::panic::{self, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use gordian::sync::weak::WeakIdentityMap;
use gordian::sync::{Gc, Weak, gc};
use gordian::trace::Tracer;
use gordian::{Finalize, Trace};
use gordian_tests::process_heap::fresh;
use gordian_tests::{DropProbe, Drops};

/// Panics when it is traced for the first time.
struct Grumpy(AtomicBool);

// SAFETY: it has no handles, and panics at once.
unsafe impl Trace for Grumpy {
    fn trace(&self, _: &mut Tracer) {
        assert!(!self.0.swap(false, Ordering::Relaxed), "grumpy");
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Knot {
    links: Mutex<Vec<Gc<Knot>>>,
    next: OnceLock<Gc<Knot>>,
    notes: WeakIdentityMap<Knot, Gc<Knot>>,
    grumpy: Grumpy,
    number: usize,
    probe: DropProbe,
}

impl Finalize for Knot {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
    }
}

impl Clone for Knot {
    fn clone(&self) -> Self {
        Self::value(self.number + 1, false, &Drops::new())
    }
}

impl Knot {
    fn value(number: usize, is_grumpy: bool, drops: &Drops) -> Self {
        Self {
            links: Mutex::default(),
            next: OnceLock::new(),
            notes: WeakIdentityMap::default(),
            grumpy: Grumpy(AtomicBool::new(is_grumpy)),
            number,
            probe: drops.probe(),
        }
    }
}

/// A ring of knots that hold each other in all ways.
fn ring(grumpy: usize, drops: &Drops) -> Vec<Gc<Knot>> {
    let ring: Vec<_> = (0..LENGTH)
        .map(|number| Gc::new(Knot::value(number, number == grumpy, drops)))
        .collect();
    for (number, knot) in ring.iter().enumerate() {
        let next = &ring[(number + 1) % LENGTH];
        knot.links.lock().unwrap().push(next.clone());
        assert!(knot.next.set(next.clone()).is_ok());
        knot.notes.insert(next, knot.clone());
    }
    ring
}

const LENGTH: usize = 4;

/// What the hook has at hand.
#[derive(Default)]
struct Stash {
    handles: Vec<Gc<Knot>>,
    weaks: Vec<Weak<Knot>>,
    /// Each has a single handle, is a candidate, and has no weak handle.
    alone: Vec<Gc<Knot>>,
}

type Deed = fn(&mut Stash);

thread_local! {
    static STASH: RefCell<Stash> = RefCell::default();
    static DEED: RefCell<Option<Deed>> = const { RefCell::new(None) };
}

const DEEDS: [Deed; 9] = [
    |stash| stash.handles.clear(),
    |stash| stash.alone.clear(),
    |stash| {
        stash
            .handles
            .extend(stash.weaks.iter().filter_map(Weak::upgrade));
    },
    |stash| stash.weaks.iter().filter_map(Weak::upgrade).for_each(drop),
    // They are being looked at, and this very thread looks: so it does not wait.
    |stash| {
        for knot in &mut stash.alone {
            assert!(Gc::get_mut(knot).is_none());
        }
        let alone = stash.alone.drain(..);
        let kept: Vec<_> = alone
            .map(|knot| Gc::try_unwrap(knot).err().unwrap())
            .collect();
        stash.alone = kept;
    },
    |stash| {
        for knot in &mut stash.alone {
            let number = knot.number;
            assert_eq!(Gc::make_mut(knot).number, number + 1, "it is another one");
        }
    },
    |stash| {
        assert_eq!((gc::collect(), gc::collect_generation(0)), (0, 0));
        let drops = Drops::new();
        stash.handles.extend(ring(LENGTH, &drops));
        drop(ring(LENGTH, &drops));
    },
    |_| {
        let found = gc::objects(None);
        found.iter().for_each(|object| drop(object.referents()));
        drop((gc::dot(&[], 2), gc::count(), gc::stats()));
        gc::freeze();
        gc::unfreeze();
    },
    |stash| {
        let handles = stash.handles.iter().chain(&stash.alone);
        let weaks: Vec<_> = handles
            .map(|knot| Gc::downgrade_with(knot, || ()))
            .collect();
        stash.weaks.extend(weaks);
    },
];

/// Whichever object it is whose `trace` panics, and whatever the hook does.
#[test]
fn a_panic_hook_in_the_midst_of_a_look() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let deed = DEED.take();
        match deed {
            Some(deed) if info.payload_as_str() == Some("grumpy") => {
                // It is not there meanwhile: what is dropped may come back.
                let mut stash = STASH.take();
                deed(&mut stash);
                STASH.set(stash);
            }
            _ => previous(info),
        }
    }));
    fresh();
    for deed in DEEDS {
        for grumpy in 0..LENGTH {
            for has_handle in [false, true] {
                try_deed(deed, grumpy, has_handle);
            }
        }
    }
    let _ = panic::take_hook();
}

fn try_deed(deed: Deed, grumpy: usize, has_handle: bool) {
    let drops = Drops::new();
    let knots = ring(grumpy, &drops);
    let alone: Vec<_> = (0..2)
        .map(|number| Gc::new(Knot::value(number, false, &drops)))
        .collect();
    drop(alone.clone());
    let mut stash = Stash {
        handles: Vec::new(),
        weaks: knots.iter().map(Gc::downgrade).collect(),
        alone,
    };
    if has_handle {
        stash.handles.push(knots[1].clone());
    }
    drop(knots);
    STASH.set(stash);
    DEED.set(Some(deed));
    let panic = catch_unwind(gc::collect).expect_err("the panic is resumed");
    assert_eq!(panic.downcast_ref(), Some(&"grumpy"));
    assert!(DEED.take().is_none());
    let stash = STASH.take();
    for knot in stash.handles.iter().chain(&stash.alone) {
        assert!(knot.probe.is_intact());
        let _is_free = knot.links.try_lock().unwrap();
    }
    let upgraded = stash.weaks.iter().filter_map(Weak::upgrade);
    upgraded.for_each(|knot| assert!(knot.probe.is_intact()));
    for mut knot in stash.alone {
        let has_weak = Gc::weak_count(&knot) > 0;
        assert_eq!(
            Gc::get_mut(&mut knot).is_none(),
            has_weak,
            "the look is over"
        );
    }
    drop((stash.handles, stash.weaks));
    while gc::collect() > 0 {}
    assert_eq!(drops.count(), LENGTH + 2);
    assert_eq!(gc::objects(None).len(), 0);
}
