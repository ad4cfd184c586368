//! Small cycles made and given up by two threads at a time, which nobody asks a collector to free.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::{Crew, Gate};
use crate::child::{Run, nanoseconds_each};
use crate::peers::shared::SharedHeap;

/// How many threads there are.
const THREADS: usize = 2;

static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// A value that counts how many of its type were dropped.
pub(crate) struct Probe;

impl Drop for Probe {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// The time for a pair of nodes that hold each other, and how many were made.
pub(crate) fn pairs<H: SharedHeap<u64, 1>>(run: &mut Run) {
    let count = run.size();
    let crew = Crew::start(THREADS, move || {
        move |gate: &Gate| {
            gate.pass();
            let start = Instant::now();
            for value in 0..count as u64 {
                pair::<u64, H>([value, value]);
                H::breathe(2);
            }
            [nanoseconds_each(start, count), count as f64]
        }
    });
    run.repeat(|| crew.work());
}

/// The share of values dropped, in percent: before anything is collected explicitly, after a collection
/// on a third thread, and after one on each.
///
/// The threads collect one after another: this is about what is left, and not about crashes.
pub(crate) fn freed<H: SharedHeap<Probe, 1>>(run: &mut Run) {
    let count = run.size();
    let is_collecting = Arc::new(AtomicBool::new(false));
    let turn = Arc::new(Mutex::new(()));
    let order = Arc::clone(&is_collecting);
    let crew = Crew::start(THREADS, move || {
        let (is_collecting, turn) = (Arc::clone(&order), Arc::clone(&turn));
        move |_: &_| {
            if is_collecting.load(Ordering::Relaxed) {
                let _turn = turn.lock().expect("nobody panics");
                H::collect();
                return [];
            }
            for _ in 0..count {
                pair::<Probe, H>([Probe, Probe]);
                H::breathe(2);
            }
            []
        }
    });
    // What the threads make when they are started is as much as what they are asked for.
    let made = 2 * (THREADS * 2 * count);
    run.repeat(|| {
        crew.work();
        let by_itself = DROPPED.load(Ordering::Relaxed);
        H::collect();
        let by_another = DROPPED.load(Ordering::Relaxed);
        is_collecting.store(true, Ordering::Relaxed);
        crew.work();
        let in_all = DROPPED.load(Ordering::Relaxed);
        [by_itself, by_another, in_all].map(|it| it as f64 / made as f64 * 100.0)
    });
}

#[inline]
fn pair<V, H: SharedHeap<V, 1>>(values: [V; 2]) {
    let [first, second] = values.map(H::node);
    H::set(&first, 0, second.clone());
    H::set(&second, 0, first);
    if H::BY_HAND {
        drop(H::take(&second, 0));
    }
}
