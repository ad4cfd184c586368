//! Handles that nobody ever drops, and counts at their limit.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::mem::ManuallyDrop;
use std::process::Command;

use gordian_tests::{DropProbe, Drops, Place};

use super::weak::{WeakKeyMap, WeakSet};
use super::{Finalize, Gc, Slot, Trace, Weak, fresh, gc};

/// An object that forgets a handle to itself in its finalizer, if it is to.
#[derive(Trace)]
#[trace(finalize)]
struct Oblivious {
    me: Slot<Weak<Oblivious>>,
    edges: Slot<Vec<Gc<Oblivious>>>,
    forgets: bool,
    probe: DropProbe,
}

impl Oblivious {
    fn new(drops: &Drops, forgets: bool) -> Gc<Self> {
        Gc::new_cyclic(|me| Self {
            me: Slot::new(me.clone()),
            edges: Slot::default(),
            forgets,
            probe: drops.probe(),
        })
    }
}

impl Finalize for Oblivious {
    fn finalize(&self) {
        if self.forgets {
            forget(self.me.peek().upgrade());
        }
    }
}

fn forget<T>(value: T) {
    let _never_dropped = ManuallyDrop::new(value);
}

thread_local! {
    /// What is forgotten next.
    static NEXT: Cell<Option<Gc<Oblivious>>> = const { Cell::new(None) };
}

fn forget_next() {
    forget(NEXT.take());
}

/// A leaf that forgets whatever is next when anything happens to it.
#[derive(Trace)]
#[trace(leaf)]
struct Sieve;

impl Hash for Sieve {
    fn hash<H: Hasher>(&self, _: &mut H) {
        forget_next();
    }
}

impl PartialEq for Sieve {
    fn eq(&self, _: &Self) -> bool {
        forget_next();
        true
    }
}

impl Eq for Sieve {}

impl Drop for Sieve {
    fn drop(&mut self) {
        forget_next();
    }
}

/// What is forgotten lives for ever, and so does what it leads to; nothing else does.
#[test]
fn handles_forgotten_in_odd_places() {
    let places: [fn(&Drops); 7] = [
        |_| forget_next(),
        |drops| {
            let object = Oblivious::new(drops, false);
            let _weak = Gc::downgrade_with(&object, forget_next);
            object.edges.with(|edges| edges.push(object.clone()));
            drop(object);
            gc::collect();
        },
        |_| drop(Gc::new((Sieve, Vec::<Gc<Sieve>>::new()))),
        |_| {
            let map = WeakKeyMap::<Sieve, u8>::new();
            map.insert(&Gc::new(Sieve), 1);
        },
        |_| {
            let (set, member) = (WeakSet::<Sieve>::new(), Gc::new(Sieve));
            set.insert(&member);
            set.insert(&Gc::new(Sieve));
        },
        |_| {
            let _hook = gc::on_collect(|_| forget_next());
            gc::collect();
        },
        |drops| {
            let cyclic = Gc::new_cyclic(|me: &Weak<Vec<Gc<Oblivious>>>| {
                forget((me.clone(), NEXT.take()));
                vec![Oblivious::new(drops, false)]
            });
            assert!(
                Gc::get_mut(&mut { cyclic }).is_none(),
                "a weak handle is left"
            );
        },
    ];
    for place in places {
        fresh();
        let drops = Drops::new();
        let before = gc::objects(None).len();
        let [object, other] = [(); 2].map(|()| Oblivious::new(&drops, false));
        object.edges.with(|edges| edges.push(object.clone()));
        object.edges.with(|edges| edges.push(other.clone()));
        let weak = Gc::downgrade(&other);
        NEXT.set(Some(object));
        drop(other);
        place(&drops);
        assert!(NEXT.take().is_none(), "it was forgotten");
        let others = drops.count();
        assert_eq!(gc::collect(), 0);
        assert_eq!(gc::objects(None).len(), before + 2);
        assert!(weak.upgrade().unwrap().probe.is_intact());
        assert_eq!(drops.count(), others);
    }
}

/// On either path.
#[test]
fn a_finalizer_forgets_its_own_object() {
    for is_cyclic in [false, true] {
        fresh();
        let drops = Drops::new();
        let object = Oblivious::new(&drops, true);
        let weak = Gc::downgrade(&object);
        if is_cyclic {
            object.edges.with(|edges| edges.push(object.clone()));
        }
        drop(object);
        for _ in 0..2 {
            assert_eq!((gc::collect(), drops.count()), (0, 0));
        }
        let mut object = weak.upgrade().unwrap();
        assert!(object.probe.is_intact() && Gc::get_mut(&mut object).is_none());
        assert!(Gc::try_unwrap(object).is_err());
    }
}

/// As many handles as there may be, under `--cfg gordian_shrink`.
const MOST: usize = 1 << 12;

/// The collector's pin, and what stands in for a handle, find room.
#[test]
#[cfg_attr(not(gordian_shrink), ignore = "the limit is far away")]
fn objects_whose_counts_are_at_their_limit_are_collected() {
    fresh();
    for is_resurrected in [false, true] {
        let drops = Drops::new();
        let object = Oblivious::new(&drops, is_resurrected);
        let weak = Gc::downgrade(&object);
        let missing = 1 + usize::from(is_resurrected);
        let handles = (0..MOST - missing).map(|_| object.clone());
        let handles: Vec<_> = handles.collect();
        object.edges.put(handles);
        drop(object);
        if is_resurrected {
            assert_eq!((gc::collect(), drops.count()), (0, 0));
            assert_eq!(weak.strong_count(), MOST - 1);
        } else {
            assert_eq!((gc::collect(), drops.count()), (1, 1));
        }
    }
}

type Way = fn(&Gc<u8>, &Weak<u8>);

/// Handles are made beyond the limit in these ways.
const WAYS: [Way; 3] = [
    |gc, _| forget(gc.clone()),
    |_, weak| forget(weak.upgrade()),
    |gc, _| {
        let raw = Gc::as_ptr(gc);
        // SAFETY: the object has a handle.
        unsafe { Gc::increment_strong_count(raw) };
    },
];

/// One handle more than there may be aborts the process: each way in a process of its own.
#[test]
#[cfg_attr(not(gordian_shrink), ignore = "the limit is far away")]
fn a_handle_beyond_the_limit_aborts() {
    const VARIABLE: &str = "GORDIAN_TEST_WAY";
    let name = concat!(module_path!(), "::a_handle_beyond_the_limit_aborts");
    let (_crate, name) = name.split_once("::").unwrap();
    if let Ok(way) = std::env::var(VARIABLE) {
        let gc = Gc::new(1);
        let weak = Gc::downgrade(&gc);
        let way = WAYS[way.parse::<usize>().unwrap()];
        (0..2 * MOST).for_each(|_| way(&gc, &weak));
        return;
    }
    for way in 0..WAYS.len() {
        let mut test = Command::new(std::env::current_exe().unwrap());
        let test = test.args(["--exact", name]).env(VARIABLE, way.to_string());
        let status = test.output().unwrap().status;
        assert!(!status.success());
        assert_eq!(status.code(), None, "a failed test would exit: {status}");
    }
}
