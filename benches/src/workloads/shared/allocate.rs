//! Objects made and dropped on one thread.

use std::hint::black_box;
use std::time::Instant;

use super::Crew;
use crate::child::{Run, nanoseconds_each};
use crate::peers::shared::{SharedHeap, SharedLeaves};

/// Each object dropped before the next one is made; then all of them kept, then dropped.
pub(crate) fn nodes<H: SharedHeap<u64, 1>>(run: &mut Run) {
    let count = run.size();
    let crew = Crew::start(1, move || {
        move |_: &_| {
            let start = Instant::now();
            for value in 0..count {
                drop(black_box(H::node(value as u64)));
                H::breathe(1);
            }
            let at_once = nanoseconds_each(start, count);

            let start = Instant::now();
            let mut kept = Vec::with_capacity(count);
            for value in 0..count {
                kept.push(H::node(value as u64));
                H::breathe(1);
            }
            drop(black_box(kept));
            [at_once, nanoseconds_each(start, count)]
        }
    });
    run.repeat(|| crew.work());
}

/// Objects that can hold no handle, each dropped before the next one is made.
pub(crate) fn leaves<H: SharedLeaves>(run: &mut Run) {
    let count = run.size();
    let crew = Crew::start(1, move || {
        move |_: &_| {
            let start = Instant::now();
            for value in 0..count as u64 {
                drop(black_box(H::leaf((value, value, value))));
            }
            [nanoseconds_each(start, count)]
        }
    });
    run.repeat(|| crew.work());
}
