//! Everything that leaks on purpose: kept apart so that a leak check can demand that nothing else
//! does.
#![expect(
    clippy::duplicate_mod,
    reason = "some tests are mounted for each heap, as those in `local.rs` and `sync.rs` are"
)]

use std::cell::{Cell, RefCell, RefCell as Slot};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gordian::trace::Tracer;
use gordian::{Finalize, Gc, Trace, Weak, gc, weak};
use gordian_tests::{fresh, in_a_thread, in_a_thread as to_the_end};

#[path = "shared/hostile_leaks.rs"]
mod hostile_leaks;
#[path = "shared/leaks.rs"]
mod leaks;
#[expect(
    dead_code,
    reason = "the conformance tests that do not leak use the rest"
)]
#[path = "shared/stage.rs"]
mod stage;
#[path = "shared/temp_workspace.rs"]
mod temp_workspace;

/// What leaks on the heap that threads share.
mod shared {
    use std::mem::ManuallyDrop;
    use std::ops::DerefMut;
    use std::sync::{Mutex as Slot, RwLock};

    use gordian::sync::{Gc, Weak, gc, weak};
    use gordian::{Finalize, Trace};
    use gordian_tests::process_heap::fresh;
    use gordian_tests::{DropProbe, Drops};

    mod hostile_leaks;

    /// Holds its like behind one lock, and something behind another.
    #[derive(Trace)]
    struct Holder<L> {
        peer: Slot<Option<Gc<Holder<L>>>>,
        place: L,
        probe: DropProbe,
    }

    type Hidden = Vec<Gc<DropProbe>>;

    /// Leaks the guard of a lock in one of two that hold each other.
    fn hide<L, G>(seize: fn(&'static L) -> G)
    where
        L: Trace + Default + Send + Sync + 'static,
        G: DerefMut<Target = Hidden>,
    {
        fresh();
        let drops = Drops::new();
        let [first, second] = [(); 2].map(|()| {
            Gc::new(Holder {
                peer: Slot::default(),
                place: L::default(),
                probe: drops.probe(),
            })
        });
        *first.peer.lock().unwrap() = Some(second.clone());
        *second.peer.lock().unwrap() = Some(first.clone());
        // SAFETY: the object is there for as long as the guard is used.
        let mut guard = seize(unsafe { &*std::ptr::from_ref(&second.place) });
        guard.push(Gc::new(drops.probe()));
        let _ = ManuallyDrop::new(guard);
        let weak = Gc::downgrade(&first);
        drop((first, second));
        for _ in 0..3 {
            assert_eq!((gc::collect(), drops.count()), (0, 0), "it is in use");
            let first = weak.upgrade().unwrap();
            let second = first.peer.lock().unwrap().clone().unwrap();
            assert!(first.probe.is_intact() && second.probe.is_intact());
            let _ = (gc::why_alive(&second).to_string(), gc::dot(&[], 2));
        }
        // By counting it goes like any other, with what is behind the lock.
        let first = weak.upgrade().unwrap();
        let peer = first.peer.lock().unwrap().take();
        drop((peer, first));
        assert_eq!((gc::collect(), drops.count()), (0, 3));
    }

    /// A lock that is taken means that somebody is there: for ever, if the guard is leaked.
    #[test]
    fn leaked_guards_keep_what_is_in_use() {
        hide::<Slot<Hidden>, _>(|lock| lock.lock().unwrap());
        hide::<RwLock<Hidden>, _>(|lock| lock.write().unwrap());
        hide::<parking_lot::Mutex<Hidden>, _>(|lock| lock.lock());
        hide::<parking_lot::RwLock<Hidden>, _>(|lock| lock.write());
    }
}

#[derive(Trace, Default)]
struct Knot {
    links: RefCell<Vec<Gc<Knot>>>,
}

#[test]
fn leaked_guards_and_leaked_unique_borrows() {
    gc::disable();
    let knot = Gc::new(Knot::default());
    knot.links.borrow_mut().push(knot.clone());
    let _ = ManuallyDrop::new(knot.links.borrow_mut());
    drop(knot);
    assert_eq!(gc::collect(), 0, "nobody can look into it any more");
    let lent: &'static mut Knot =
        Gc::get_mut(Box::leak(Box::new(Gc::new(Knot::default())))).unwrap();
    gc::collect();
    assert_eq!(gc::objects(None).len(), 2);
    lent.links.get_mut().push(Gc::new(Knot::default()));
    gc::collect();
    assert_eq!(lent.links.borrow().len(), 1);
}

#[test]
fn leaked_guards_keep_a_value_and_nothing_else() {
    gc::disable();
    let map = weak::WeakIdentityMap::<Knot, Gc<Knot>>::default();
    let (key, value) = (Gc::new(Knot::default()), Gc::new(Knot::default()));
    key.links.borrow_mut().push(key.clone());
    map.insert(&key, value.clone());
    let _ = ManuallyDrop::new(map.get(&key));
    drop(key);
    assert_eq!((gc::collect(), map.len()), (1, 0));
    assert_eq!(Gc::strong_count(&value), 2, "it leaks");
}

#[test]
fn what_is_leaked_is_not_reported() {
    let leaked: &'static Gc<u8> = Box::leak(Box::new(Gc::new(1)));
    assert!(Tracer::edges_of(&leaked).is_empty());
    assert!(Tracer::edges_of(&ManuallyDrop::new(Box::new(0))).is_empty());
    assert!(Tracer::edges_of(&ManuallyDrop::new(leaked.clone())).is_empty());
}

/// Counts the runs of its finalizer.
#[derive(Trace)]
#[trace(finalize)]
struct Counting(#[trace(skip)] Rc<Cell<u32>>);

impl Finalize for Counting {
    fn finalize(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn finalizers_do_not_run_in_what_is_not_owned() {
    let runs = Rc::new(Cell::new(0));
    let new = || Counting(runs.clone());
    drop(Gc::new((ManuallyDrop::new(new()), MaybeUninit::new(new()))));
    assert_eq!(runs.get(), 0);
    // One that would run shows that those beside it were passed by.
    drop(Gc::new((ManuallyDrop::new(new()), new())));
    assert_eq!(runs.get(), 1);
}

/// A leaf whose drop panics.
#[derive(Trace)]
#[trace(leaf)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(()));
    }
}

/// The finalizers at a thread's end run to theirs, whatever the objects they drop do.
#[test]
fn a_finalizer_at_exit_is_not_cut_short_by_a_panic() {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = steps.clone();
    std::thread::spawn(move || {
        let keeper = Gc::new(0);
        let bomb = Gc::new(Bomb);
        weak::finalize(&keeper, move || {
            seen.lock().unwrap().push("before");
            drop(bomb);
            seen.lock().unwrap().push("after");
        });
        let _kept = Gc::into_raw(keeper);
    })
    .join()
    .unwrap();
    assert_eq!(*steps.lock().unwrap(), ["before", "after"]);
}

/// Finalizers that register others while the thread ends do not keep it from ending.
#[test]
fn finalizers_at_exit_that_go_on_for_ever() {
    fn again(object: &'static Gc<u8>, ran: &'static AtomicUsize) {
        weak::finalize(object, move || {
            ran.fetch_add(1, Ordering::Relaxed);
            again(object, ran);
        });
    }
    static RAN: AtomicUsize = AtomicUsize::new(0);
    std::thread::spawn(|| again(Box::leak(Box::new(Gc::new(1))), &RAN))
        .join()
        .unwrap();
    assert_eq!(RAN.load(Ordering::Relaxed), 16);
}

/// Has a finalizer that panics, with a payload whose drop panics. The panic of that drop has nobody
/// who could take it, so the collector leaks it.
#[derive(Trace)]
#[trace(finalize)]
struct Sore;

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload's drop");
    }
}

thread_local! {
    static FINALIZED: Cell<usize> = const { Cell::new(0) };
}

impl Finalize for Sore {
    fn finalize(&self) {
        FINALIZED.set(FINALIZED.get() + 1);
        panic_any(Payload);
    }
}

#[test]
fn payloads_that_panic_when_they_are_dropped() {
    let sore = Gc::new([Sore, Sore, Sore]);
    let panic = ManuallyDrop::new(catch_unwind(AssertUnwindSafe(|| drop(sore))).unwrap_err());
    assert_eq!(FINALIZED.get(), 3);
    assert!(panic.is::<Payload>());
}
