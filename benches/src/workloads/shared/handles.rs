//! Handles cloned, dropped and followed, on one thread or on several at a time.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use super::{Crew, Gate};
use crate::child::{Run, nanoseconds_each};
use crate::peers::shared::{SharedHeap, SharedLeaves};
use crate::structures::Random;

/// How many objects are used in turn.
const SEVERAL: usize = 1000;

/// A handle cloned and dropped, by each thread of objects of its own: of one object, then of a thousand
/// in turn.
pub(crate) fn clone<H: SharedHeap<u64, 1>>(run: &mut Run, threads: usize) {
    time_clones(run, threads, |value| H::node(value as u64));
}

/// As [`clone`], of objects that can hold no handle.
pub(crate) fn clone_leaf<H: SharedLeaves>(run: &mut Run, threads: usize) {
    time_clones(run, threads, |value| {
        let value = value as u64;
        H::leaf((value, value, value))
    });
}

fn time_clones<T: Clone + 'static>(run: &mut Run, threads: usize, make: fn(usize) -> T) {
    let count = run.size();
    let crew = Crew::start(threads, move || {
        let handles: Vec<T> = (0..SEVERAL).map(make).collect();
        move |gate: &Gate| {
            gate.pass();
            let start = Instant::now();
            for _ in 0..count {
                drop(black_box(black_box(&handles[0]).clone()));
            }
            let one = nanoseconds_each(start, count);

            gate.pass();
            let start = Instant::now();
            for _ in 0..count / SEVERAL {
                for handle in &handles {
                    drop(black_box(handle.clone()));
                }
            }
            [one, nanoseconds_each(start, count / SEVERAL * SEVERAL)]
        }
    });
    run.repeat(|| crew.work());
}

/// Handles dropped of which others are left: for the first time after a collection, when the collector
/// must be told, and once more; and the former as a multiple of the latter.
pub(crate) fn first_drop<H: SharedHeap<u64, 1>>(run: &mut Run) {
    let count = run.size();
    let crew = Crew::start(1, move || {
        let nodes: Vec<_> = (0..count).map(|value| H::node(value as u64)).collect();
        let mut clones = Vec::with_capacity(count);
        move |_: &_| {
            H::collect();
            let [first, second] = [(); 2].map(|()| {
                clones.extend(nodes.iter().cloned());
                let start = Instant::now();
                black_box(&mut clones).clear();
                nanoseconds_each(start, count)
            });
            [first, second, first / second]
        }
    });
    run.repeat(|| crew.work());
}

/// A field of objects read through handles that the threads share: of a thousand in turn, then of all,
/// shuffled.
pub(crate) fn deref<H: SharedHeap<u64, 1>>(run: &mut Run, threads: usize) {
    let count = run.size();
    let ordered: Vec<_> = (0..count).map(|value| H::node(value as u64)).collect();
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(1).shuffle(&mut order);
    let shuffled: Vec<_> = order.iter().map(|&place| ordered[place].clone()).collect();
    let several: Vec<_> = ordered[..SEVERAL].to_vec();
    let common = Arc::new((several, shuffled));
    let crew = Crew::start(threads, move || {
        let common = Arc::clone(&common);
        move |gate: &Gate| {
            let (several, shuffled) = &*common;
            gate.pass();
            let start = Instant::now();
            for _ in 0..count / SEVERAL {
                black_box(sum::<H>(black_box(several)));
            }
            let in_turn = nanoseconds_each(start, count / SEVERAL * SEVERAL);

            gate.pass();
            let start = Instant::now();
            black_box(sum::<H>(shuffled));
            [in_turn, nanoseconds_each(start, count)]
        }
    });
    run.repeat(|| crew.work());
}

#[inline]
fn sum<H: SharedHeap<u64, 1>>(nodes: &[H::Handle]) -> u64 {
    nodes.iter().map(|node| H::read(node, |value| *value)).sum()
}
