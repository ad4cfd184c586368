//! Attacks on the heap that threads share.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use gordian::sync::{Gc, Weak, gc};
use gordian::trace::{Depth, Facts, Tracer};
use gordian::{Finalize, Trace};
use gordian_tests::process_heap::fresh;
use gordian_tests::{DropProbe, Drops};

/// How far a test has come.
#[derive(Default)]
struct Stage(AtomicUsize);

impl Stage {
    fn reach(&self, stage: usize) {
        self.0.store(stage, Ordering::Release);
    }

    /// Waits for a stage, but not for ever.
    fn wait_for(&self, stage: usize) {
        let start = Instant::now();
        while self.0.load(Ordering::Acquire) < stage && start.elapsed() < Duration::from_secs(5) {
            thread::yield_now();
        }
    }
}

/// Something that takes so long to trace that another thread can go from one stage to the next.
#[derive(Clone, Copy)]
struct Slow(&'static Stage);

// SAFETY: it has no handles.
unsafe impl Trace for Slow {
    fn trace(&self, _: &mut Tracer) {
        self.0.reach(1);
        self.0.wait_for(2);
    }

    fn facts(_: Depth) -> Facts {
        Facts::NOTHING
    }
}

/// An old object, which something young leads to.
#[derive(Trace)]
struct Old(Vec<Gc<i32>>, [u64; 24]);

/// A young object with a lock.
#[derive(Trace)]
struct Young {
    old: Mutex<Option<Gc<Old>>>,
    peer: Mutex<Option<Gc<Young>>>,
    slow: Option<Slow>,
}

impl Young {
    fn new(old: Option<Gc<Old>>, slow: Option<Slow>) -> Gc<Self> {
        Gc::new(Self {
            old: Mutex::new(old),
            peer: Mutex::new(None),
            slow,
        })
    }
}

/// A look that does not keep its locks notes edges to objects that are too old to be looked at. When it
/// asks what they mean these may be gone, and the blocks they were in.
#[test]
fn old_objects_and_their_blocks_go_while_a_young_look_has_noted_them() {
    static STAGE: Stage = Stage(AtomicUsize::new(0));
    const OLD: usize = 10_000;
    fresh();
    // The last blocks of all are those of the old objects: what is made afterwards takes the place of
    // these.
    let room: Vec<_> = (0..3 * OLD).map(|_| Young::new(None, None)).collect();
    let make = || (0..OLD).map(|_| Gc::new(Old(Vec::new(), [0; 24])));
    let old: Vec<_> = thread::spawn(move || make().collect::<Vec<_>>())
        .join()
        .unwrap();
    drop(room);
    gc::freeze();
    gc::unfreeze();
    let mut young: Vec<_> = old
        .into_iter()
        .map(|old| Young::new(Some(old), None))
        .collect();
    // Some are between: the locks of those that are looked into together are let go together.
    young.extend((0..100).map(|_| Young::new(None, None)));
    young.push(Young::new(None, Some(Slow(&STAGE))));
    for holder in &young {
        drop(holder.clone());
    }
    let ring = Young::new(None, None);
    *ring.peer.lock().unwrap() = Some(ring.clone());
    drop(ring);

    thread::scope(|scope| {
        scope.spawn(|| {
            STAGE.wait_for(1);
            for holder in &young[..OLD] {
                drop(holder.old.lock().unwrap().take());
            }
            STAGE.reach(2);
        });
        assert_eq!(gc::collect_generation(0), 1);
    });
}

/// A type that fails to say what it is.
#[derive(Clone)]
struct Fails;

thread_local! {
    static HAS_TO_FAIL: Cell<usize> = const { Cell::new(usize::MAX) };
}

// SAFETY: it has no handles.
unsafe impl Trace for Fails {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(_: Depth) -> Facts {
        let left = HAS_TO_FAIL.get();
        HAS_TO_FAIL.set(left.wrapping_sub(1));
        assert_ne!(left, 0, "it was to fail");
        Facts::NOTHING
    }
}

/// Between giving up a handle and having another object there is nothing that can panic.
#[test]
fn a_type_that_panics_when_it_is_asked_about_itself() {
    fresh();
    for moment in 0..8 {
        let drops = Drops::new();
        let mut gc = Gc::new((Fails, Counted(drops.probe())));
        let weak = Gc::downgrade(&gc);
        HAS_TO_FAIL.set(moment);
        let result = catch_unwind(AssertUnwindSafe(|| drop(Gc::make_mut(&mut gc).0.clone())));
        HAS_TO_FAIL.set(usize::MAX);
        assert_eq!(weak.upgrade().is_some(), result.is_err());
        assert_eq!(Gc::strong_count(&gc), 1);
        drop(gc);
        assert!(weak.upgrade().is_none());
        assert_eq!(drops.count(), 1);
    }
}

/// `DropProbe` for values that are cloned, which they are not.
#[derive(Trace)]
struct Counted(DropProbe);

impl Clone for Counted {
    fn clone(&self) -> Self {
        unreachable!("the handle is the only one")
    }
}

/// Who walks the heap pins what comes past. Whoever has the only handle waits for that.
#[test]
fn the_only_handle_is_the_only_one_while_another_thread_walks() {
    fresh();
    let mut gc = Gc::new(Vec::<Gc<i32>>::new());
    drop(Gc::downgrade(&gc));
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let _end = OnDrop(|| ended.store(true, Ordering::Relaxed));
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                drop(gc::objects(None));
            }
        });
        for _ in 0..300_000 {
            assert!(Gc::get_mut(&mut gc).is_some());
        }
    });
}

/// Does something when it goes.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// A slice that does not fit the address space together with what stands before it.
#[test]
fn a_slice_that_almost_fits_the_address_space() {
    for less in [0, 1, 7, 16, 31, 40] {
        let length = isize::MAX.cast_unsigned() - less;
        assert!(catch_unwind(|| Gc::<[u8]>::new_uninit_slice(length)).is_err());
    }
}

/// A type that makes another handle when it is asked about itself.
#[derive(Clone)]
struct Greedy(u32);

thread_local! {
    static TO_UPGRADE: RefCell<Option<gordian::Weak<Greedy>>> = const { RefCell::new(None) };
    static UPGRADED: RefCell<Option<gordian::Gc<Greedy>>> = const { RefCell::new(None) };
}

// SAFETY: it has no handles.
unsafe impl Trace for Greedy {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(_: Depth) -> Facts {
        let upgraded = TO_UPGRADE.with_borrow(|weak| weak.as_ref()?.upgrade());
        UPGRADED.set(upgraded);
        Facts::NOTHING
    }
}

/// The same on the heap of a thread.
#[test]
fn a_type_that_makes_a_handle_when_it_is_asked_about_itself() {
    let mut gc = gordian::Gc::new(Greedy(1));
    TO_UPGRADE.set(Some(gordian::Gc::downgrade(&gc)));
    gordian::Gc::make_mut(&mut gc).0 = 2;
    TO_UPGRADE.set(None);
    assert_eq!(UPGRADED.take().map(|gc| gc.0), Some(1));
    assert_eq!(gc.0, 2);
}

/// Threads that live for a short time, and each of them leaves a candidate, which dies.
#[test]
#[cfg_attr(
    gordian_system_alloc,
    ignore = "no blocks: memory is the allocator's affair, and a sanitizer keeps it"
)]
fn what_short_threads_leave_behind_is_freed() {
    fresh();
    gc::enable();
    let held = Gc::new(Vec::<Gc<i32>>::new());
    let rounds = |count: usize| {
        for _ in 0..count {
            thread::spawn(|| {
                let gc = Gc::new(Vec::<Gc<i32>>::new());
                drop(gc.clone());
            })
            .join()
            .unwrap();
        }
        resident()
    };
    let before = rounds(500);
    let after = rounds(8_000);
    assert!(after < before + (8 << 20), "{before} to {after} bytes");
    drop(held);
}

/// One thread makes objects, another one drops them, and nobody collects.
#[test]
#[cfg_attr(
    gordian_system_alloc,
    ignore = "no blocks: memory is the allocator's affair, and a sanitizer keeps it"
)]
fn what_a_thread_drops_that_makes_nothing_is_freed() {
    fresh();
    let (sender, receiver) = sync_channel::<Gc<Vec<Gc<i32>>>>(100);
    let consumer = thread::spawn(move || {
        for gc in receiver {
            drop(gc.clone());
        }
    });
    let rounds = |count: usize| {
        for _ in 0..count {
            sender.send(Gc::new(Vec::new())).unwrap();
        }
        resident()
    };
    let before = rounds(50_000);
    let after = rounds(400_000);
    drop(sender);
    consumer.join().unwrap();
    assert!(after < before + (8 << 20), "{before} to {after} bytes");
}

/// A list whose last node has many handles.
#[derive(Trace)]
struct Link(Vec<Gc<Link>>);

/// What waited for its turn in a release is no longer waited for when the thread has ended.
#[test]
#[cfg_attr(
    gordian_system_alloc,
    ignore = "no blocks: memory is the allocator's affair, and a sanitizer keeps it"
)]
fn what_wide_and_deep_structures_take_on_short_threads_is_freed() {
    fresh();
    let rounds = |count: usize| {
        for _ in 0..count {
            thread::spawn(|| {
                let wide = Link((0..200_000).map(|_| Gc::new(Link(Vec::new()))).collect());
                let deep = (0..100).fold(wide, |link, _| Link(vec![Gc::new(link)]));
                drop(Gc::new(deep));
            })
            .join()
            .unwrap();
        }
        resident()
    };
    let before = rounds(2);
    let after = rounds(12);
    assert!(after < before + (16 << 20), "{before} to {after} bytes");
}

/// Finalizers that resurrect and cut loose what they can, on several threads.
#[derive(Trace)]
#[trace(finalize)]
struct Struggles {
    me: Weak<Struggles>,
    others: Mutex<Vec<Gc<Struggles>>>,
    probe: DropProbe,
    state: &'static State,
}

#[derive(Default)]
struct State {
    weak: Mutex<Vec<Weak<Struggles>>>,
    saved: Mutex<Vec<Gc<Struggles>>>,
    finalized: AtomicUsize,
}

impl Finalize for Struggles {
    fn finalize(&self) {
        let number = self.state.finalized.fetch_add(1, Ordering::Relaxed);
        let others = std::mem::take(&mut *self.others.lock().unwrap());
        self.state.weak.lock().unwrap().push(self.me.clone());
        if number.is_multiple_of(3) {
            self.state.saved.lock().unwrap().extend(self.me.upgrade());
        }
        if number.is_multiple_of(5) {
            assert!(gc::objects(None).len() < 1 << 20);
            gc::collect();
        }
        drop(others);
    }
}

#[test]
fn finalizers_of_several_threads_struggle_for_the_same_objects() {
    static STATE: State = State {
        weak: Mutex::new(Vec::new()),
        saved: Mutex::new(Vec::new()),
        finalized: AtomicUsize::new(0),
    };
    const ROUNDS: usize = 300;
    const RING: usize = 5;
    fresh();
    let drops = Drops::new();
    let make = || {
        let make_one = |_| {
            Gc::new_cyclic(|me| Struggles {
                me: me.clone(),
                others: Mutex::default(),
                probe: drops.probe(),
                state: &STATE,
            })
        };
        let ring: Vec<_> = (0..RING).map(make_one).collect();
        for (number, object) in ring.iter().enumerate() {
            let mut others = object.others.lock().unwrap();
            others.push(ring[(number + 1) % RING].clone());
            others.push(object.clone());
        }
    };
    let meddle = || {
        let weak = STATE.weak.lock().unwrap().pop();
        let upgraded = weak.and_then(|weak| weak.upgrade());
        if let Some(object) = &upgraded {
            assert!(object.probe.is_intact());
            let saved = STATE.saved.lock().unwrap().pop();
            object.others.lock().unwrap().extend(saved);
        }
        drop(upgraded);
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        make();
                        gc::collect();
                        (0..RING).for_each(|_| meddle());
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    for _ in 0..4 {
        STATE.weak.lock().unwrap().clear();
        let saved = std::mem::take(&mut *STATE.saved.lock().unwrap());
        drop(saved);
        gc::collect();
    }
    assert_eq!(STATE.finalized.load(Ordering::Relaxed), 3 * ROUNDS * RING);
    assert_eq!(drops.count(), 3 * ROUNDS * RING);
}

/// How much memory the process has, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// A value with parts before and behind its handle to itself.
#[derive(Trace)]
struct Between(String, OnceLock<Gc<Between>>, String);

/// Its drop glue has it borrowed mutably, parts that are plain data included (under Miri).
#[test]
fn a_shared_value_is_not_looked_at_by_a_handle_in_it_that_is_dropped() {
    fresh();
    let name = || String::from("a name");
    let gc = Gc::new(Between(name(), OnceLock::new(), name()));
    let weak = Gc::downgrade(&gc);
    assert!(gc.1.set(gc.clone()).is_ok());
    drop(gc);
    gc::collect();
    assert!(weak.upgrade().is_none());
}

/// What is made while epochs are renumbered is young, and not frozen, whatever is.
#[test]
fn objects_are_made_while_epochs_are_renumbered() {
    fresh();
    let frozen = Gc::new(Vec::<Gc<i32>>::new());
    gc::freeze();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let _end = OnDrop(|| ended.store(true, Ordering::Relaxed));
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                gc::collect();
            }
        });
        for _ in 0..200 {
            let made: Vec<_> = (0..200).map(|_| Gc::new(Vec::<Gc<i32>>::new())).collect();
            assert_eq!(gc::freeze_count(), 1);
            drop(made);
        }
    });
    gc::unfreeze();
    drop(frozen);
}

/// An object of a thread, in a ring, that holds objects which threads share.
#[derive(Trace)]
struct Mixed {
    me: RefCell<Option<gordian::Gc<Mixed>>>,
    shared: Gc<Struggles>,
    ring: Option<Gc<Young>>,
}

/// Garbage of a thread's own heap lets go of shared objects wherever the thread is in its end, and what
/// these come to is dealt with there.
#[test]
fn garbage_of_a_thread_holds_shared_objects_to_the_end() {
    static STATE: State = State {
        weak: Mutex::new(Vec::new()),
        saved: Mutex::new(Vec::new()),
        finalized: AtomicUsize::new(0),
    };
    thread_local! {
        static LATE: RefCell<Vec<gordian::Gc<Mixed>>> = const { RefCell::new(Vec::new()) };
    }
    const THREADS: usize = 20;
    fresh();
    let drops = Drops::new();
    let make = |drops: &Drops| {
        let shared = Gc::new_cyclic(|me| Struggles {
            me: me.clone(),
            others: Mutex::default(),
            probe: drops.probe(),
            state: &STATE,
        });
        let ring = Young::new(None, None);
        *ring.peer.lock().unwrap() = Some(ring.clone());
        let mixed = gordian::Gc::new(Mixed {
            me: RefCell::default(),
            shared,
            ring: Some(ring),
        });
        assert!(mixed.shared.probe.is_intact() && mixed.ring.is_some());
        *mixed.me.borrow_mut() = Some(mixed.clone());
        mixed
    };
    for number in 0..THREADS {
        let drops = drops.clone();
        thread::spawn(move || {
            if number % 2 == 0 {
                // It goes last of all, then.
                LATE.with_borrow_mut(|late| late.reserve(1));
            }
            drop(make(&drops));
            let late = make(&drops);
            LATE.with_borrow_mut(|all| all.push(late));
        })
        .join()
        .unwrap();
    }
    gordian::collect();
    STATE.weak.lock().unwrap().clear();
    let saved = std::mem::take(&mut *STATE.saved.lock().unwrap());
    drop(saved);
    gc::collect();
    assert_eq!(STATE.finalized.load(Ordering::Relaxed), 2 * THREADS);
    assert_eq!(drops.count(), 2 * THREADS);
    assert!(
        gc::objects(None)
            .iter()
            .all(|object| !object.type_name().contains("Young"))
    );
}

/// A node of a ring of two.
#[derive(Trace)]
struct Twin(Mutex<Option<Gc<Twin>>>);

fn dead_twins(count: usize) {
    for _ in 0..count {
        let [first, second] = [(); 2].map(|()| Gc::new(Twin(Mutex::new(None))));
        *first.0.lock().unwrap() = Some(second.clone());
        *second.0.lock().unwrap() = Some(first);
    }
}

/// A thread that has to wait for another one's collection, and makes garbage meanwhile, collects soon after.
#[test]
fn what_a_thread_makes_while_another_one_looks_is_freed_soon_after() {
    const PAIRS: usize = 10_000;
    static STAGE: Stage = Stage(AtomicUsize::new(0));
    fresh();
    let looker = thread::spawn(|| {
        let slow = Young::new(None, Some(Slow(&STAGE)));
        drop(slow.clone());
        gc::collect();
    });
    STAGE.wait_for(1);
    gc::enable();
    dead_twins(PAIRS);
    STAGE.reach(2);
    looker.join().unwrap();
    let collected = || {
        gc::stats()
            .iter()
            .map(|stats| stats.collected)
            .sum::<usize>()
    };
    let before = collected();
    dead_twins(PAIRS);
    assert!(
        collected() - before > PAIRS,
        "{} -> {}",
        before,
        collected()
    );
    gc::disable();
    gc::collect();
}

/// Garbage that is freed without a look at its values lies in the buffer of another thread, which comes upon
/// it later.
#[test]
fn what_dissolves_is_in_the_buffer_of_another_thread() {
    fresh();
    let count = || gc::objects(None).len();
    let before = count();
    let twin = || Gc::new(Twin(Mutex::new(None)));
    let [first, second] = [twin(), twin()];
    *first.0.lock().unwrap() = Some(second.clone());
    *second.0.lock().unwrap() = Some(first.clone());
    let stage = Stage::default();
    thread::scope(|scope| {
        let handle = first.clone();
        let stage = &stage;
        scope.spawn(move || {
            drop(handle);
            stage.reach(1);
            stage.wait_for(2);
        });
        stage.wait_for(1);
        drop((first, second));
        gc::enable();
        dead_twins(10_000);
        gc::disable();
        stage.reach(2);
    });
    gc::collect();
    assert_eq!(count(), before);
}

/// An object whose values are spared when it is garbage, behind locks of all kinds; one of them is poisoned.
#[derive(Trace, Default)]
struct Locked {
    one: Mutex<Option<Gc<Locked>>>,
    many: RwLock<Vec<Gc<Locked>>>,
    boxed: parking_lot::Mutex<Option<Box<[Gc<Locked>]>>>,
    name: parking_lot::RwLock<String>,
}

/// The locks of garbage are not let go, but its memory is; that something lives beside it changes nothing.
#[test]
fn what_is_behind_the_locks_of_garbage_is_freed() {
    fresh();
    let count = || gc::objects(None).len();
    let before = count();
    for has_survivor in [false, true] {
        let all: Vec<Gc<Locked>> = (0..10).map(|_| Gc::default()).collect();
        for (number, locked) in all.iter().enumerate() {
            *locked.one.lock().unwrap() = Some(all[(number + 1) % 10].clone());
            locked.many.write().unwrap().extend(all.iter().cloned());
            *locked.boxed.lock() = Some(all.clone().into());
            *locked.name.write() = format!("number {number} of those whose names are long");
        }
        let poisoned = &all[0].many;
        let panics = AssertUnwindSafe(|| {
            let _guard = poisoned.write().unwrap();
            panic!("a lock is poisoned, as is meant");
        });
        assert!(catch_unwind(panics).is_err() && poisoned.is_poisoned());
        let survivor = has_survivor.then(|| {
            let survivor = Gc::<Locked>::default();
            *survivor.name.write() = "what lives".to_owned();
            survivor
        });
        drop(survivor.clone());
        drop(all);
        assert_eq!(gc::collect(), 10);
        if let Some(survivor) = survivor {
            assert_eq!(*survivor.name.read(), "what lives");
        }
        assert_eq!(count(), before);
    }
}

/// A thread that makes no objects, and so does not collect, gives up what another one makes: that is found
/// without a collection of all there is.
#[test]
fn what_a_thread_gives_up_that_never_collects_is_found_young() {
    const PAIRS: usize = 20_000;
    fresh();
    let live: Vec<_> = (0..5 * PAIRS)
        .map(|_| Gc::new(Twin(Mutex::new(None))))
        .collect();
    gc::collect();
    let young = || {
        let [youngest, middle, _] = gc::stats();
        youngest.collected + middle.collected
    };
    let before = young();
    gc::enable();
    let (sender, receiver) = sync_channel::<Gc<Twin>>(64);
    let ender = thread::spawn(move || receiver.into_iter().for_each(drop));
    for _ in 0..PAIRS {
        let [first, second] = [(); 2].map(|()| Gc::new(Twin(Mutex::new(None))));
        *first.0.lock().unwrap() = Some(second.clone());
        *second.0.lock().unwrap() = Some(first);
        sender.send(second).unwrap();
    }
    gc::disable();
    drop(sender);
    ender.join().unwrap();
    assert!(young() - before > PAIRS / 4, "{}", young() - before);
    drop(live);
    gc::collect();
}
