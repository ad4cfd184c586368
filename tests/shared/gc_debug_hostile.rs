//! Debug sinks and saved garbage under user code that does its worst.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use gordian::Trace;
use gordian::gc::DebugFlags;
use gordian_tests::{DropProbe, Drops, Place};

use super::{Finalize, Free, Gc, Shared, Slot, Weak, fresh, gc, in_a_thread};

#[derive(Trace, Default)]
struct Node {
    edges: Slot<Vec<Gc<Node>>>,
}

fn self_loop() -> Gc<Node> {
    let node = Gc::new(Node::default());
    node.edges.with(|edges| edges.push(node.clone()));
    node
}

/// What finalizers and sinks do.
trait Deed: Fn() + Free {}

impl<F: Fn() + Free> Deed for F {}

/// An object in a loop, whose finalizer does something.
#[derive(Trace)]
#[trace(finalize)]
struct Mortal {
    me: Slot<Option<Gc<Mortal>>>,
    #[trace(skip)]
    deed: Box<dyn Deed>,
    probe: DropProbe,
}

impl Finalize for Mortal {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        (self.deed)();
    }
}

fn mortal(drops: &Drops, deed: impl Deed + 'static) -> Gc<Mortal> {
    let this = Gc::new(Mortal {
        me: Slot::default(),
        deed: Box::new(deed),
        probe: drops.probe(),
    });
    this.me.put(Some(this.clone()));
    this
}

/// Runs `test` on a thread of its own, with these flags.
fn with_flags(flags: DebugFlags, test: impl FnOnce() + Send + 'static) {
    in_a_thread(move || {
        fresh();
        gc::set_debug(flags);
        test();
    });
}

#[test]
fn a_sink_panics() {
    with_flags(DebugFlags::LEAK | DebugFlags::STATS, || {
        gc::set_debug_sink(|line| panic!("{line}"));
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        let panic = panic::catch_unwind(gc::collect).unwrap_err();
        let message: &String = panic.downcast_ref().unwrap();
        assert_eq!(message, "gc: collecting generation 2...");
        assert_eq!((gc::garbage().len(), drops.count()), (1, 0));
        gc::reset_debug_sink();
        gc::set_debug(DebugFlags::NONE);
        gc::garbage().clear();
        assert_eq!((gc::collect(), drops.count()), (1, 1));
    });
}

#[test]
fn a_sink_resurrects_drops_collects_and_replaces_itself() {
    with_flags(DebugFlags::COLLECTABLE | DebugFlags::STATS, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let other = mortal(&drops, || ());
        let weak = Gc::downgrade(&dead);
        let shelf: Shared<Slot<Vec<Gc<Mortal>>>> = Shared::default();
        let extra = Slot::new(Some(self_loop()));
        gc::set_debug_sink({
            let shelf = shelf.clone();
            move |line| {
                if line.starts_with("gc: collectable") {
                    assert_eq!(gc::collect(), 0);
                    shelf.with(|shelf| shelf.extend(weak.upgrade()));
                    drop(extra.pull());
                    gc::set_debug_sink(|_| ());
                }
            }
        });
        drop((dead, other));
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        let dead = shelf.pull().remove(0);
        assert!(gc::is_finalized(&dead) && dead.probe.is_intact());
        drop(dead);
        // What the sink dropped, and what it brought back.
        assert_eq!((gc::collect(), drops.count()), (2, 2));
    });
}

#[test]
fn a_sink_sees_the_whole_garbage_though_it_has_nothing_to_finalize() {
    with_flags(DebugFlags::COLLECTABLE, || {
        let weak: Shared<Slot<Weak<Node>>> = Shared::default();
        let kept: Shared<Slot<Option<Gc<Node>>>> = Shared::default();
        gc::set_debug_sink({
            let (weak, kept) = (weak.clone(), kept.clone());
            move |_| kept.put(weak.with(|weak| weak.upgrade()))
        });
        let dead = self_loop();
        let peer = Gc::new(Node::default());
        dead.edges.with(|edges| edges.push(peer.clone()));
        weak.put(Gc::downgrade(&dead));
        drop((dead, peer));
        assert_eq!(gc::collect(), 0);
        let dead = kept.pull().unwrap();
        assert!(dead.edges.peek()[1].edges.peek().is_empty());
        gc::set_debug(DebugFlags::NONE);
        drop(dead);
        assert_eq!(gc::collect(), 2);
    });
}

#[test]
fn garbage_is_cleared_inside_a_finalizer() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        assert_eq!((gc::collect(), gc::garbage().len()), (1, 1));
        drop(mortal(&drops, || gc::garbage().clear()));
        drop(mortal(&drops, || gc::garbage().clear()));
        assert_eq!(gc::collect(), 2);
        assert_eq!((gc::garbage().len(), drops.count()), (2, 0));
        gc::set_debug(DebugFlags::NONE);
        // The first one is garbage again, and now it goes.
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        gc::garbage().clear();
        assert_eq!((gc::collect(), drops.count()), (2, 3));
    });
}

#[test]
fn a_copy_of_the_garbage_keeps_it() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let weak = Gc::downgrade(&dead);
        drop(dead);
        gc::collect();
        gc::set_debug(DebugFlags::NONE);
        let copy = gc::garbage()[0].clone();
        let object: &Mortal = copy.downcast_ref().unwrap();
        gc::garbage().clear();
        drop(object.me.pull());
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        assert!(object.probe.is_intact() && weak.upgrade().is_none());
        drop(copy); // By counting now.
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn garbage_is_saved_twice_and_its_weak_handles_die_each_time() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let mut weaks = vec![Gc::downgrade(&dead)];
        drop(dead);
        for round in 1..4 {
            assert_eq!(gc::collect(), 1);
            assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
            let garbage = gc::garbage();
            assert_eq!(garbage.len(), 1);
            let object: &Mortal = garbage[0].downcast_ref().unwrap();
            let handle = object.me.peek().unwrap();
            weaks.push(Gc::downgrade(&handle));
            let unsized_weak = gordian::unsize!(Gc::downgrade(&handle) => dyn Trace);
            assert!(unsized_weak.upgrade().is_some());
            assert!(weaks[round].clone().upgrade().is_some());
            assert_eq!(weaks[..round].iter().filter_map(Weak::upgrade).count(), 0);
            drop(handle);
            garbage.clear();
        }
        gc::set_debug(DebugFlags::NONE);
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
    });
}

#[test]
fn saved_garbage_keeps_its_callbacks_on_others() {
    with_flags(DebugFlags::SAVEALL, || {
        type Watching = (Slot<Option<Gc<Watcher>>>, Slot<Vec<Weak<Node>>>);
        #[derive(Trace)]
        struct Watcher(Watching);

        let called = Shared::new(AtomicUsize::new(0));
        let times = || called.load(Ordering::Relaxed);
        let count = || {
            let called = called.clone();
            move || {
                called.fetch_add(1, Ordering::Relaxed);
            }
        };
        let watched = Gc::new(Node::default());
        let dead = self_loop();
        let watcher = Gc::new(Watcher(Watching::default()));
        watcher.0.0.put(Some(watcher.clone()));
        let weaks = [
            Gc::downgrade_with(&watched, count()),
            Gc::downgrade_with(&dead, count()),
        ];
        watcher.0.1.with(|place| place.extend(weaks));
        drop((watcher, dead));
        // Both are garbage: the callback on the dead one is called off for good.
        assert_eq!((gc::collect(), times()), (2, 0));
        assert_eq!(gc::garbage().len(), 2);
        drop(watched);
        assert_eq!(times(), 1);
        gc::set_debug(DebugFlags::NONE);
        gc::garbage().clear();
        assert_eq!((gc::collect(), times()), (2, 1));
    });
}

#[test]
fn saved_garbage_grows_old_like_other_survivors() {
    with_flags(DebugFlags::SAVEALL, || {
        let (first, second) = (self_loop(), self_loop());
        drop((first, second));
        assert_eq!(gc::collect_generation(0), 2);
        assert_eq!(gc::objects(Some(1)).len(), 2);
        gc::collect_generation(1);
        assert_eq!(gc::objects(Some(2)).len(), 2);
    });
}

/// Nobody needs it any more.
#[test]
fn a_sink_goes_when_it_is_reset() {
    in_a_thread(|| {
        fresh();
        let drops = Drops::new();
        let probe = drops.probe();
        gc::set_debug_sink(move |_| assert!(probe.is_intact()));
        assert_eq!(drops.count(), 0);
        gc::reset_debug_sink();
        assert_eq!(drops.count(), 1);
    });
}
