//! What only handles that threads share can do, and what they do when threads race.

mod built;
mod finalizers;
mod races;
mod values;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use gordian::sync::{self, Gc, Weak};
use gordian::{Finalize, Trace};
use gordian_tests::{DropProbe, Drops, Log};

/// How often a race is run.
const ROUNDS: usize = 2_000;

/// The shared heap, for one test at a time, with no garbage and no automatic collections.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    sync::gc::disable();
    sync::collect();
    one
}

/// Runs two things at once, begun together, and waits until both threads are gone; a scope does not.
fn at_once<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    fn end<R>(thread: ScopedJoinHandle<'_, R>) -> R {
        thread.join().expect("no thread panics")
    }
    let ready = AtomicUsize::new(0);
    let meet = || {
        ready.fetch_add(1, Ordering::Relaxed);
        while ready.load(Ordering::Relaxed) < 2 {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| {
            meet();
            one()
        });
        let other = scope.spawn(|| {
            meet();
            other()
        });
        (end(one), end(other))
    })
}

/// A node of graphs.
#[derive(Trace)]
struct Node {
    edges: Mutex<Vec<Gc<Node>>>,
    probe: DropProbe,
}

impl Node {
    fn value(drops: &Drops) -> Self {
        Self {
            edges: Mutex::default(),
            probe: drops.probe(),
        }
    }

    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self::value(drops))
    }

    fn link(&self, to: &Gc<Self>) {
        self.edges.lock().unwrap().push(to.clone());
    }
}

/// A type that can hold no handle, but has a finalizer.
#[derive(Trace)]
#[trace(leaf, finalize)]
struct Mortal {
    log: Log<&'static str>,
    _probe: DropProbe,
}

impl Mortal {
    fn value(log: &Log<&'static str>, drops: &Drops) -> Self {
        Self {
            log: log.clone(),
            _probe: drops.probe(),
        }
    }
}

impl Finalize for Mortal {
    fn finalize(&self) {
        self.log.push("finalized");
    }
}

fn is_there<T: ?Sized>(weak: &Weak<T>) -> bool {
    weak.upgrade().is_some()
}
