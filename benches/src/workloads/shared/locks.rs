//! How long a thread waits for locks while another one collects.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::graph;
use crate::child::{Run, ThreadClock, time_without_processor};
use crate::peers::shared::SharedHeap;
use crate::structures::Random;

/// What the counts of a histogram are of: below 1 µs, 10 µs, 100 µs, 1 ms, 10 ms, and the rest.
pub(crate) const DECADES: [&str; 6] = [
    "below 1 µs",
    "1 µs – 10 µs",
    "10 µs – 100 µs",
    "100 µs – 1 ms",
    "1 ms – 10 ms",
    "10 ms or more",
];

/// What is told apart: locks that the collector held, in its processor time and in real time; all locks
/// while it ran, and all while it did not.
pub(crate) const KINDS: usize = 4;

/// How long locks are taken for each node there is: 2 s for a million.
const EACH: Duration = Duration::from_micros(2);

/// Of how many nodes handles are cloned and dropped before each collection.
const TOUCHED: usize = 10_000;

/// Waits for locks, in nanoseconds.
#[derive(Default)]
struct Waits {
    longest: f64,
    counts: [f64; DECADES.len()],
}

impl Waits {
    fn add(&mut self, wait: Duration) {
        let nanoseconds = wait.as_nanos();
        let decade =
            (1..DECADES.len() as u32).filter(|power| nanoseconds >= 100 * 10_u128.pow(*power));
        self.counts[decade.count()] += 1.0;
        self.longest = self.longest.max(nanoseconds as f64);
    }
}

/// Locks of random nodes of a live graph: for each kind the longest wait in milliseconds, then for
/// each kind the counts of a histogram.
///
/// A second thread clones and drops handles all the time, and collects or not: so that what the first
/// one loses because the machine does something else is in both.
pub(crate) fn waits<H: SharedHeap<u64, 4>>(run: &mut Run) {
    if H::BY_HAND {
        return run.unsupported();
    }
    let nodes = graph::build::<H>(run.size());
    let time = EACH * run.size() as u32;
    H::collect();
    run.repeat(|| {
        let [worked, held, all] = beside::<H>(&nodes, time, |round| {
            if round % 2 == 0 {
                H::collect();
            } else {
                H::collect_young();
            }
        });
        let [.., without] = beside::<H>(&nodes, time, |_| {});
        let kinds = [worked, held, all, without];
        let mut numbers = [0.0; KINDS * (1 + DECADES.len())];
        for (kind, waits) in kinds.iter().enumerate() {
            numbers[kind] = waits.longest / 1e6;
            let first = KINDS + kind * DECADES.len();
            numbers[first..first + DECADES.len()].copy_from_slice(&waits.counts);
        }
        numbers
    });
}

/// The waits, while another thread does what `collect` says: for locks that somebody else held, in
/// processor time of that thread and in real time, and for all.
fn beside<H: SharedHeap<u64, 4>>(
    nodes: &[H::Handle],
    time: Duration,
    collect: impl Fn(usize) + Sync,
) -> [Waits; 3] {
    let (clock, is_over) = (OnceLock::new(), AtomicBool::new(false));
    let neighbour = || {
        let mut random = Random::new(2);
        for round in 0.. {
            for _ in 0..TOUCHED {
                drop(black_box(nodes[random.below(nodes.len())].clone()));
            }
            collect(round);
            clock.get_or_init(|| ThreadClock::mine().expect("threads have clocks"));
            if is_over.load(Ordering::Relaxed) {
                break;
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(neighbour);
        let waits = take_locks::<H>(nodes, time, *clock.wait());
        is_over.store(true, Ordering::Relaxed);
        waits
    })
}

/// The waits for locks of random nodes, while the only other thread that takes them has this clock.
fn take_locks<H: SharedHeap<u64, 4>>(
    nodes: &[H::Handle],
    time: Duration,
    other: ThreadClock,
) -> [Waits; 3] {
    let [mut worked, mut held, mut all] = [(); 3].map(|()| Waits::default());
    let mut random = Random::new(3);
    let start = Instant::now();
    let mut before = start;
    while before - start < time {
        let node = &nodes[random.below(nodes.len())];
        before = Instant::now();
        let is_free = H::try_lock(node);
        let tried = before.elapsed();
        if is_free {
            all.add(tried);
            continue;
        }
        let (delay, work) = (time_without_processor(), other.time());
        let waiting = Instant::now();
        H::lock(node);
        let (waited, work) = (waiting.elapsed(), other.time().saturating_sub(work));
        // The other thread goes on working while this one, woken up, waits for a processor.
        let delay = time_without_processor().saturating_sub(delay);
        worked.add(work.min(waited.saturating_sub(delay)));
        held.add(waited);
        all.add(tried + waited);
    }
    [worked, held, all]
}
