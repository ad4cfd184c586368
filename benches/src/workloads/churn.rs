//! Pairs of nodes that hold each other, made and dropped beside a random graph that stays alive.
//!
//! Each pair has a link into the graph, at a node picked at random: a collector that follows it
//! looks at the whole graph. Nothing is collected explicitly.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{Heap, Table};
use crate::structures::{Random, graph};

/// A repetition is cut short after this time. So the repetitions have different numbers of pairs,
/// and their times are weighted with these.
pub(crate) const LONGEST: Duration = Duration::from_millis(700);

/// How many pairs are made between two looks at the clock.
pub(crate) const STRIDE: usize = 256;

/// How many pairs a repetition makes beside a graph of `size` nodes. In proportion, so that a
/// repetition has its share of collections however rare these are on a large heap.
pub(crate) fn pairs(size: usize) -> usize {
    size.max(20_000)
}

/// The time a pair takes, and how many were made.
pub(crate) fn pairs_only<H: Heap<u64, 4> + Default>(run: &mut Run) {
    churn::<H>(run, false);
}

/// The same, with a handle to another random live node cloned and dropped for each pair.
pub(crate) fn with_handles<H: Heap<u64, 4> + Default>(run: &mut Run) {
    churn::<H>(run, true);
}

fn churn<H: Heap<u64, 4> + Default>(run: &mut Run, handles: bool) {
    let size = run.size();
    let mut heap = H::default();
    let table = graph::build(&mut heap, size);
    heap.collect();
    let live = table.handles();
    let mut random = Random::new(2);
    let mut repetition = || {
        let start = Instant::now();
        let mut done = 0;
        while done < pairs(size) && start.elapsed() < LONGEST {
            for _ in 0..STRIDE {
                pair(&mut heap, &live[random.below(size)]);
                if handles {
                    drop(live[random.below(size)].clone());
                }
            }
            done += STRIDE;
        }
        [nanoseconds_each(start, done), done as f64]
    };
    repetition();
    run.repeat(repetition);
}

/// The longest time that any pair took, in milliseconds: of the processor, so that what other
/// programs do in the meantime is not in it.
pub(crate) fn pause<H: Heap<u64, 4> + Default>(run: &mut Run) {
    let size = run.size();
    let mut heap = H::default();
    let table = graph::build(&mut heap, size);
    heap.collect();
    let live = table.handles();
    let mut random = Random::new(2);
    run.repeat(|| {
        [longest(pairs(size), || {
            pair(&mut heap, &live[random.below(size)]);
        })]
    });
}

/// The longest time of the processor that a step took, of so many, in milliseconds.
pub(crate) fn longest(steps: usize, mut step: impl FnMut()) -> f64 {
    let mut longest = Duration::ZERO;
    let start = ThreadTime::now();
    let mut before = start;
    for _ in 0..steps {
        step();
        let after = ThreadTime::now();
        longest = longest.max(after.duration_since(before));
        before = after;
        if after.duration_since(start) > LONGEST {
            break;
        }
    }
    longest.as_secs_f64() * 1e3
}

#[inline]
pub(super) fn pair<H: Heap<u64, 4>>(heap: &mut H, live: &H::Handle) {
    let first = heap.node(1);
    let second = heap.node(2);
    heap.set(&first, 0, Some(second.clone()));
    heap.set(&second, 0, Some(first.clone()));
    heap.set(&first, 1, Some(live.clone()));
    heap.discard(first);
    heap.discard(second);
    heap.breathe(2);
}
