//! Whether everything is freed: values count their drops.

use std::cell::Cell;
use std::hint::black_box;

use crate::child::Run;
use crate::heap::{ByHand, Heap};
use crate::structures::{dom, graph, line, tree};

thread_local! {
    static DROPPED: Cell<usize> = const { Cell::new(0) };
}

/// A value that counts how many of its type were dropped.
pub(crate) struct Probe;

impl Probe {
    /// How many were dropped since the last call.
    pub(crate) fn take_dropped() -> usize {
        DROPPED.take()
    }
}

impl From<u32> for Probe {
    fn from(_: u32) -> Self {
        Self
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

/// How often each structure is made.
pub(crate) const ROUNDS: usize = 50;

/// How many nodes a structure has, or levels.
pub(crate) const NODES: usize = 10_000;
pub(crate) const TREE_LEVELS: u32 = 12;
pub(crate) const DOM_LEVELS: u32 = 4;

/// The share of values dropped, in percent: before anything is collected explicitly, and after.
pub(crate) fn ring<H: Heap<Probe, 1> + Default>(run: &mut Run) {
    let mut heap = H::default();
    measure(run, &mut heap, NODES, H::breathe, H::collect, |heap| {
        let ring = black_box(line::ring(heap, NODES));
        if H::BY_HAND == ByHand::Never {
            drop(ring);
        } else {
            line::discard(heap, ring);
        }
    });
}

/// As [`ring`].
pub(crate) fn trees<H: Heap<Probe, 3> + Default>(run: &mut Run) {
    let mut heap = H::default();
    let nodes = tree::size(TREE_LEVELS);
    measure(run, &mut heap, nodes, H::breathe, H::collect, |heap| {
        let root = black_box(tree::build(heap, TREE_LEVELS));
        if H::BY_HAND == ByHand::Never {
            drop(root);
        } else {
            tree::discard(heap, root);
        }
    });
}

/// As [`ring`].
pub(crate) fn dom<H: Heap<Probe, 5> + Default>(run: &mut Run) {
    let mut heap = H::default();
    let nodes = dom::size(DOM_LEVELS);
    measure(run, &mut heap, nodes, H::breathe, H::collect, |heap| {
        let root = black_box(dom::build(heap, DOM_LEVELS));
        if H::BY_HAND == ByHand::Never {
            drop(root);
        } else {
            dom::discard(heap, root);
        }
    });
}

/// As [`ring`].
pub(crate) fn graph<H: Heap<Probe, 4> + Default>(run: &mut Run) {
    let mut heap = H::default();
    measure(run, &mut heap, NODES, H::breathe, H::collect, |heap| {
        let table = black_box(graph::build(heap, NODES));
        heap.discard_all(table);
    });
}

fn measure<H>(
    run: &mut Run,
    heap: &mut H,
    nodes: usize,
    breathe: fn(&mut H, usize),
    collect: fn(&mut H),
    structure: impl Fn(&mut H),
) {
    run.repeat(|| {
        let made = ROUNDS * nodes;
        for _ in 0..ROUNDS {
            structure(heap);
            breathe(heap, nodes);
        }
        let by_itself = Probe::take_dropped();
        collect(heap);
        let in_all = by_itself + Probe::take_dropped();
        [by_itself, in_all].map(|dropped| dropped as f64 / made as f64 * 100.0)
    });
}
