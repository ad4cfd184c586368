//! Attacks on debug sinks and on saved garbage of the heap that threads share, by other threads.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use gordian::sync::gc::{self, DebugFlags};
use gordian::sync::weak::WeakKeyMap;
use gordian::sync::{Gc, Weak};
use gordian::{Finalize, Trace};
use gordian_tests::process_heap::{fresh, in_a_thread};
use gordian_tests::{DropProbe, Drops, Place};

/// An object in a loop, whose finalizer may do something.
#[derive(Trace)]
#[trace(finalize)]
struct Mortal {
    edges: Mutex<Vec<Gc<Mortal>>>,
    #[trace(skip)]
    deed: fn(),
    probe: DropProbe,
}

impl Finalize for Mortal {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        (self.deed)();
    }
}

fn self_loop(drops: &Drops, deed: fn()) -> Gc<Mortal> {
    let this = Gc::new(Mortal {
        edges: Mutex::default(),
        deed,
        probe: drops.probe(),
    });
    this.edges.with(|edges| edges.push(this.clone()));
    this
}

/// Runs `test` with these flags; none are set afterwards, and no garbage is left.
fn with_flags(flags: DebugFlags, test: impl FnOnce() + Send + 'static) {
    in_a_thread(move || {
        fresh();
        gc::set_debug(flags);
        test();
        gc::set_debug(DebugFlags::NONE);
        gc::reset_debug_sink();
        gc::garbage().clear();
        gc::collect();
    });
}

/// No lock of the collector is held where it tells: others collect, list and clear meanwhile.
#[test]
fn a_sink_waits_for_a_thread_that_collects() {
    let drops = Drops::new();
    let expected = drops.clone();
    with_flags(DebugFlags::LEAK | DebugFlags::STATS, move || {
        static LINES: AtomicUsize = AtomicUsize::new(0);
        let of_others = drops.clone();
        gc::set_debug_sink(move |_| {
            if LINES.fetch_add(1, Ordering::Relaxed) > 20 {
                return;
            }
            let drops = of_others.clone();
            let other = thread::spawn(move || {
                drop(self_loop(&drops, || ()));
                gc::collect();
                assert!(gc::objects(None).len() + gc::garbage().len() > 0);
                gc::garbage().clear();
            });
            other.join().unwrap();
        });
        let weak = Gc::downgrade(&self_loop(&drops, || ()));
        gc::collect();
        assert!(weak.upgrade().is_none());
        assert!(LINES.load(Ordering::Relaxed) > 20);
    });
    assert_eq!(expected.count(), 22);
}

/// In an automatic collection: what it makes collects no more, and its panics go nowhere.
#[test]
fn a_sink_allocates_and_panics_in_construction() {
    static TOLD: AtomicUsize = AtomicUsize::new(0);
    let drops = Drops::new();
    let of_test = drops.clone();
    with_flags(DebugFlags::COLLECTABLE, move || {
        let of_sink = of_test.clone();
        gc::set_debug_sink(move |_| {
            TOLD.fetch_add(1, Ordering::Relaxed);
            drop(self_loop(&of_sink, || ()));
            panic!("in the sink");
        });
        drop(self_loop(&of_test, || ()));
        gc::set_threshold(1);
        gc::enable();
        (0..50).for_each(|_| drop(self_loop(&of_test, || ())));
        gc::disable();
        gc::reset_debug_sink();
        gc::set_debug(DebugFlags::NONE);
        gc::collect();
    });
    let told = TOLD.load(Ordering::Relaxed);
    assert!(told > 25);
    assert_eq!(drops.count(), 51 + told);
}

/// When the callback has run, no weak handle of that time upgrades, whoever tries, and the object is there
/// all the same.
#[test]
fn weak_handles_of_what_is_saved_end_at_one_time() {
    const ROUNDS: usize = if cfg!(miri) { 3 } else { 300 };
    let drops = Drops::new();
    let of_test = drops.clone();
    with_flags(DebugFlags::SAVEALL, move || {
        for _ in 0..ROUNDS {
            let has_gone = Arc::new(AtomicBool::new(false));
            let object = self_loop(&of_test, || ());
            let plain = Gc::downgrade(&object);
            let called = has_gone.clone();
            let with_callback =
                Gc::downgrade_with(&object, move || called.store(true, Ordering::Release));
            let is_over = AtomicBool::new(false);
            let upgrade = |weak: &Weak<Mortal>| {
                while !is_over.load(Ordering::Acquire) {
                    let has_gone = has_gone.load(Ordering::Acquire);
                    let handle = weak.upgrade();
                    assert!(!(has_gone && handle.is_some()));
                    assert!(handle.is_none_or(|handle| handle.probe.is_intact()));
                    assert!(!has_gone || weak.strong_count() == 0);
                }
            };
            thread::scope(|scope| {
                let plain = &plain;
                scope.spawn(move || upgrade(plain));
                drop(object);
                // It is held where one of them upgrades at that moment.
                while gc::collect() == 0 {}
                assert!(has_gone.load(Ordering::Acquire));
                let garbage = gc::garbage();
                let saved: &Mortal = garbage[0].downcast_ref().unwrap();
                let handle = saved.edges.peek().remove(0);
                assert!(plain.upgrade().is_none() && with_callback.upgrade().is_none());
                assert!(Gc::downgrade(&handle).upgrade().is_some());
                drop(handle);
                garbage.clear();
                gc::set_debug(DebugFlags::NONE);
                while gc::collect() == 0 {}
                gc::set_debug(DebugFlags::SAVEALL);
                is_over.store(true, Ordering::Release);
            });
            assert!(plain.upgrade().is_none());
        }
    });
    assert_eq!(drops.count(), ROUNDS);
}

/// Threads make garbage, collect, save, bring back by weak handles and by the list, and clear it.
#[test]
fn threads_save_bring_back_and_clear_garbage() {
    const THREADS: usize = 4;
    const ROUNDS: usize = if cfg!(miri) { 5 } else { 400 };
    let drops = Drops::new();
    let of_test = drops.clone();
    with_flags(DebugFlags::SAVEALL, move || {
        let weaks: Mutex<Vec<Weak<Mortal>>> = Mutex::default();
        let work = |number: usize| {
            for round in 0..ROUNDS {
                let object = self_loop(&of_test, thread::yield_now);
                weaks.with(|weaks| weaks.push(Gc::downgrade(&object)));
                drop(object);
                match (number + round) % 5 {
                    0 => gc::garbage().clear(),
                    1 => gc::set_debug(DebugFlags::SAVEALL),
                    2 => gc::set_debug(DebugFlags::NONE),
                    3 => {
                        let known = weaks.pull();
                        let handles: Vec<_> = known.iter().filter_map(Weak::upgrade).collect();
                        assert!(handles.iter().all(|handle| handle.probe.is_intact()));
                    }
                    _ => {
                        for saved in &gc::garbage() {
                            let saved: &Mortal = saved.downcast_ref().unwrap();
                            let handle = saved.edges.peek().remove(0);
                            assert!(handle.probe.is_intact());
                            weaks.with(|weaks| weaks.push(Gc::downgrade(&handle)));
                        }
                    }
                }
                gc::collect();
            }
        };
        let workers: Vec<_> = (0..THREADS).collect();
        thread::scope(|scope| {
            let workers = workers.into_iter();
            let workers: Vec<_> = workers.map(|n| scope.spawn(move || work(n))).collect();
            workers
                .into_iter()
                .for_each(|worker| worker.join().unwrap());
        });
        assert!(weaks.peek().iter().all(|weak| weak.strong_count() < 100));
    });
    assert_eq!(drops.count(), THREADS * ROUNDS);
}

/// What owns a map that is garbage, too.
#[derive(Trace)]
struct Owner {
    me: Mutex<Vec<Gc<Owner>>>,
    map: WeakKeyMap<String, Gc<Mortal>>,
    keys: Mutex<Vec<Gc<String>>>,
    held: Gc<Mortal>,
}

/// The entries of saved maps leave them when their keys' weak handles end; the handles in them are
/// dropped like any other.
#[test]
fn entries_of_saved_maps_leave_no_count_behind() {
    let drops = Drops::new();
    let of_test = drops.clone();
    with_flags(DebugFlags::SAVEALL, move || {
        let key = Gc::new(String::from("a leaf, which is garbage all the same"));
        let value = self_loop(&of_test, || ());
        let owner = Gc::new(Owner {
            me: Mutex::default(),
            map: WeakKeyMap::new(),
            keys: Mutex::new(vec![key.clone()]),
            held: self_loop(&of_test, || ()),
        });
        owner.me.with(|me| me.push(owner.clone()));
        owner.map.insert(&key, value.clone());
        drop((key, value, owner));
        assert_eq!(gc::collect(), 4);
        let garbage = gc::garbage();
        let mut owners = garbage.iter().filter_map(|it| it.downcast_ref::<Owner>());
        let owner = owners.next().unwrap();
        assert!(owner.held.probe.is_intact());
        assert_eq!(owner.map.len(), 0);
        // It may enter again.
        let key = owner.keys.peek().remove(0);
        owner.map.insert(&key, owner.held.clone());
        assert!(
            owner
                .map
                .get(&key)
                .is_some_and(|held| held.probe.is_intact())
        );
        drop(key);
        gc::set_debug(DebugFlags::NONE);
        garbage.clear();
        assert_eq!(gc::collect(), 4);
        assert_eq!(of_test.count(), 2);
    });
    assert_eq!(drops.count(), 2);
}

/// The end of the program: see `programs/exit_sync_saved.rs`.
#[test]
fn what_is_saved_goes_at_the_end() {
    let program = env!("CARGO_BIN_EXE_exit_sync_saved");
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let (before, at_end) = lines.split_once("main returns\n").unwrap();
    assert_eq!(before, "saved is finalized\n1 is collected\n1 is saved\n");
    let mut lines: Vec<&str> = at_end.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["left is dropped", "left is finalized", "saved is dropped"]
    );
}
