//! Threads that want different things of one object.

use std::sync::atomic::AtomicBool;

use super::*;

/// A value whose parts are changed together by who has it alone.
#[derive(Trace, Clone)]
struct Pair(u64, u64);

/// Objects of a type that can be in a cycle, and of one that cannot.
#[derive(Trace, Clone)]
struct Tracked(Pair, Option<Gc<Pair>>);

trait Value: Trace + Clone + Send + Sync + 'static {
    fn new() -> Self;
    fn pair(&self) -> (u64, u64);
    fn change(&mut self);
}

impl Value for Pair {
    fn new() -> Self {
        Self(0, 0)
    }
    fn pair(&self) -> (u64, u64) {
        (self.0, self.1)
    }
    fn change(&mut self) {
        self.0 += 1;
        self.1 += 1;
    }
}

impl Value for Tracked {
    fn new() -> Self {
        Self(Pair::new(), None)
    }
    fn pair(&self) -> (u64, u64) {
        assert!(self.1.is_none());
        self.0.pair()
    }
    fn change(&mut self) {
        self.0.change();
    }
}

/// Runs `own` with a handle, over and over, while another thread upgrades and clones, and a third one
/// collects.
fn against_upgrades<T: Value>(own: impl Fn(Gc<T>) -> Option<Gc<T>> + Sync) {
    let _alone = alone();
    let gc = Gc::new(T::new());
    let weak = Mutex::new(Gc::downgrade(&gc));
    let ended = AtomicBool::new(false);
    let upgrade = || {
        let mut upgraded = 0;
        while !ended.load(Ordering::Relaxed) {
            let now = weak.lock().unwrap().clone();
            if let Some(gc) = now.upgrade() {
                let other = gc.clone();
                let (a, b) = other.pair();
                assert_eq!(a, b);
                upgraded += 1;
            }
            drop(now);
        }
        upgraded
    };
    let change = || {
        let mut gc = gc;
        for _ in 0..ROUNDS {
            gc = own(gc).unwrap_or_else(|| Gc::new(T::new()));
            *weak.lock().unwrap() = Gc::downgrade(&gc);
            thread::yield_now();
        }
        ended.store(true, Ordering::Relaxed);
    };
    let collect = || {
        while !ended.load(Ordering::Relaxed) {
            sync::collect();
            thread::yield_now();
        }
    };
    at_once(|| at_once(upgrade, change), collect);
    assert!(!is_there(&weak.into_inner().unwrap()));
    sync::collect();
}

fn get_mut<T: Value>(mut gc: Gc<T>) -> Option<Gc<T>> {
    if let Some(value) = Gc::get_mut(&mut gc) {
        value.change();
    }
    Some(gc)
}

fn make_mut<T: Value>(mut gc: Gc<T>) -> Option<Gc<T>> {
    Gc::make_mut(&mut gc).change();
    Some(gc)
}

fn try_unwrap<T: Value>(gc: Gc<T>) -> Option<Gc<T>> {
    match Gc::try_unwrap(gc) {
        Ok(mut value) => {
            value.change();
            Some(Gc::new(value))
        }
        Err(gc) => Some(gc),
    }
}

#[test]
fn get_mut_against_upgrade() {
    against_upgrades(get_mut::<Pair>);
    against_upgrades(get_mut::<Tracked>);
}

#[test]
fn make_mut_against_upgrade() {
    against_upgrades(make_mut::<Pair>);
    against_upgrades(make_mut::<Tracked>);
}

#[test]
fn try_unwrap_against_upgrade() {
    against_upgrades(try_unwrap::<Pair>);
    against_upgrades(try_unwrap::<Tracked>);
}

#[test]
fn last_drop_against_upgrade() {
    against_upgrades::<Pair>(|_| None);
    against_upgrades::<Tracked>(|_| None);
}

/// Of two threads one gets the value, or the drop ends it: never both, never neither.
#[test]
fn unwrapped_or_dropped_once() {
    let _alone = alone();
    let drops = Drops::new();
    for round in 0..ROUNDS {
        let one = Node::new(&drops);
        let other = one.clone();
        let (one, other) = at_once(|| Gc::into_inner(one), || Gc::try_unwrap(other).ok());
        let count = one.iter().chain(&other).count();
        // Both may have found the other one's handle.
        assert!(count <= 1);
        assert!(one.iter().chain(&other).all(|node| node.probe.is_intact()));
        drop((one, other));
        assert_eq!(drops.count(), round + 1);
    }
    assert_eq!(sync::collect(), 0);
}

/// `get_mut` is lent a value that other threads had handles to a moment ago.
#[test]
fn changed_when_the_others_are_gone() {
    let _alone = alone();
    let reads = AtomicUsize::new(0);
    let mut gc = Gc::new(Tracked::new());
    for round in 1..=ROUNDS as u64 {
        let other = gc.clone();
        let read = || {
            let (a, b) = other.pair();
            assert_eq!(a, b);
            reads.fetch_add(1, Ordering::Relaxed);
            drop(other);
        };
        let write = || {
            loop {
                if let Some(value) = Gc::get_mut(&mut gc) {
                    value.change();
                    return;
                }
                thread::yield_now();
            }
        };
        at_once(read, write);
        assert_eq!(gc.pair(), (round, round));
    }
    assert_eq!(reads.into_inner(), ROUNDS);
}

/// The end of an object on one thread, an upgrade of its weak handle on the other: either there is a
/// handle to the whole value, or it is gone.
#[test]
fn ended_or_upgraded() {
    let _alone = alone();
    let (drops, log) = (Drops::new(), Log::new());
    for round in 0..ROUNDS {
        let mortal = Gc::new(Mortal::value(&log, &drops));
        let weak = Gc::downgrade(&mortal);
        let upgraded = at_once(move || drop(mortal), || weak.upgrade()).1;
        assert_eq!(upgraded.is_some(), is_there(&weak));
        assert_eq!(upgraded.is_some(), drops.count() == round);
        drop(upgraded);
        assert!(!is_there(&weak));
        assert_eq!((log.len(), drops.count()), (round + 1, round + 1));
    }
}

/// The first weak handles of an object, made by two threads at once, are of one extension.
#[test]
fn extended_by_two_threads() {
    let _alone = alone();
    for _ in 0..ROUNDS {
        let gc = Gc::new(1);
        let (one, other) = at_once(|| Gc::downgrade(&gc), || Gc::downgrade(&gc));
        assert_eq!(Gc::weak_count(&gc), 2);
        assert!(one.ptr_eq(&other));
        drop(one);
        assert_eq!(Gc::weak_count(&gc), 1);
        at_once(move || drop(gc), move || drop(other));
    }
}
