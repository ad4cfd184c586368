//! Objects made and dropped.

use std::hint::black_box;
use std::time::Instant;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{Heap, Leaves, Table};

/// Each object dropped before the next one is made; then all of them kept, then dropped.
pub(crate) fn nodes<H: Heap<u64, 1> + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        let start = Instant::now();
        for value in 0..count {
            let node = black_box(heap.node(value as u64));
            heap.release(node);
            heap.breathe(1);
        }
        let at_once = nanoseconds_each(start, count);

        let start = Instant::now();
        let mut table = H::Table::with_capacity(count);
        for value in 0..count {
            let node = heap.node(value as u64);
            table.push(node);
            heap.breathe(1);
        }
        heap.release_all(black_box(table));
        [at_once, nanoseconds_each(start, count)]
    });
}

/// Objects that can hold no handle, each dropped before the next one is made.
pub(crate) fn leaves<H: Leaves + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        let start = Instant::now();
        for value in 0..count as u64 {
            let leaf = black_box(heap.leaf((value, value, value)));
            heap.release_leaf(leaf);
        }
        [nanoseconds_each(start, count)]
    });
}
