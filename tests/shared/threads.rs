//! Several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gordian::{Finalize, Trace};

use super::{Gc, fresh, gc};

#[derive(Default)]
struct Counts {
    constructed: AtomicUsize,
    finalized: AtomicUsize,
    dropped: AtomicUsize,
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts its drop.
#[derive(Trace)]
#[trace(leaf)]
struct Counted(#[trace(skip)] Arc<Counts>);

impl Drop for Counted {
    fn drop(&mut self) {
        count(&self.0.dropped);
    }
}

#[derive(Trace)]
struct List(Vec<Gc<Level>>);

#[derive(Trace)]
#[trace(finalize)]
struct Level {
    _inner: Option<Gc<List>>,
    counted: Counted,
}

impl Level {
    fn new(inner: Option<Gc<List>>, counts: &Arc<Counts>) -> Gc<Self> {
        count(&counts.constructed);
        Gc::new(Self {
            _inner: inner,
            counted: Counted(counts.clone()),
        })
    }
}

impl Finalize for Level {
    fn finalize(&self) {
        count(&self.counted.0.finalized);
        thread::yield_now();
    }
}

fn make_nested(counts: &Arc<Counts>) {
    let mut nest = Gc::new(List(vec![Level::new(None, counts)]));
    for _ in 0..60 {
        nest = Gc::new(List(vec![Level::new(Some(nest), counts)]));
    }
    assert_eq!(nest.0.len(), 1);
}

/// GCTests.test_trashcan_threads
#[test]
fn t_01_nests_in_two_threads() {
    fresh();
    gc::enable();
    let stop = AtomicBool::new(false);
    let run = || {
        let counts = Arc::new(Counts::default());
        while !stop.load(Ordering::Relaxed) {
            make_nested(&counts);
        }
        counts
    };
    let counts = thread::scope(|scope| {
        let threads = [scope.spawn(run), scope.spawn(run)];
        thread::sleep(Duration::from_secs(1));
        stop.store(true, Ordering::Relaxed);
        threads.map(|thread| thread.join().expect("a thread panicked"))
    });
    for counts in counts {
        let constructed = counts.constructed.load(Ordering::Relaxed);
        assert!(constructed >= 61);
        assert_eq!(counts.finalized.load(Ordering::Relaxed), constructed);
        assert_eq!(counts.dropped.load(Ordering::Relaxed), constructed);
    }
}
