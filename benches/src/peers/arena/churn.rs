//! As `workloads::churn`, with a `mutate` and a `collect_debt` for each pair.

use std::time::Instant;

use super::{InArena, NodePtr, Nodes};
use crate::child::{Run, nanoseconds_each};
use crate::heap::Heap;
use crate::structures::{Random, graph};
use crate::workloads::churn::{LONGEST, STRIDE, longest, pairs};

pub(crate) fn pairs_only(run: &mut Run) {
    let size = run.size();
    let mut arena = live(size);
    let mut random = Random::new(2);
    let mut repetition = || {
        let start = Instant::now();
        let mut done = 0;
        while done < pairs(size) && start.elapsed() < LONGEST {
            for _ in 0..STRIDE {
                pair(&mut arena, random.below(size));
            }
            done += STRIDE;
        }
        [nanoseconds_each(start, done), done as f64]
    };
    repetition();
    run.repeat(repetition);
}

/// Handles are plain pointers: there is nothing to clone or drop.
pub(crate) fn with_handles(run: &mut Run) {
    run.unsupported();
}

pub(crate) fn pause(run: &mut Run) {
    let size = run.size();
    let mut arena = live(size);
    let mut random = Random::new(2);
    run.repeat(|| {
        [longest(pairs(size), || {
            pair(&mut arena, random.below(size));
        })]
    });
}

/// An arena with a live graph.
fn live(size: usize) -> Nodes<u64, 4> {
    let mut arena = super::nodes();
    arena.mutate_root(|mutation, root| *root = graph::build(&mut InArena(mutation), size));
    arena.finish_cycle();
    arena
}

fn pair(arena: &mut Nodes<u64, 4>, index: usize) {
    arena.mutate(|mutation, root| link(&mut InArena(mutation), root[index]));
    arena.collect_debt();
}

#[inline]
fn link<'gc>(heap: &mut InArena<'gc>, live: NodePtr<'gc, u64, 4>) {
    let first = heap.node(1);
    let second = heap.node(2);
    heap.set(&first, 0, Some(second));
    heap.set(&second, 0, Some(first));
    heap.set(&first, 1, Some(live));
}
