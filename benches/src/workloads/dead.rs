//! Large structures that become garbage as a whole, and are collected.

use std::hint::black_box;
use std::time::Instant;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{ByHand, Heap};
use crate::structures::{dom, graph, line};

/// A ring: its handle dropped and the ring collected; and that with building it.
pub(crate) fn ring<H: Heap<u64, 1> + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        let start = Instant::now();
        let ring = black_box(line::ring(&mut heap, count));
        let built = Instant::now();
        if H::BY_HAND == ByHand::Never {
            drop(ring);
        } else {
            line::discard(&mut heap, ring);
        }
        heap.collect();
        [built, start].map(|since| nanoseconds_each(since, count))
    });
}

/// A document: built, dropped and collected; the size is the number of levels.
pub(crate) fn dom<H: Heap<u64, 5> + Default>(run: &mut Run) {
    let levels = run.size() as u32;
    let count = dom::size(levels);
    let mut heap = H::default();
    run.repeat(|| {
        let start = Instant::now();
        let root = black_box(dom::build(&mut heap, levels));
        let built = Instant::now();
        if H::BY_HAND == ByHand::Never {
            drop(root);
        } else {
            dom::discard(&mut heap, root);
        }
        heap.collect();
        [built, start].map(|since| nanoseconds_each(since, count))
    });
}

/// A random graph: all its handles dropped and the graph collected.
pub(crate) fn graph<H: Heap<u64, 4> + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        let table = black_box(graph::build(&mut heap, count));
        let built = Instant::now();
        heap.discard_all(table);
        heap.collect();
        [nanoseconds_each(built, count)]
    });
}
