//! As `workloads::trees`.

use std::hint::black_box;
use std::time::Instant;

use super::InArena;
use crate::child::{Run, nanoseconds_each};
use crate::heap::Heap;
use crate::structures::tree;
use crate::workloads::trees::LEVELS;

pub(crate) fn trees(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 3>();
    run.repeat(|| {
        let start = Instant::now();
        for _ in 0..count {
            arena.mutate(|mutation, _| build(&mut InArena(mutation)));
            arena.collect_debt();
        }
        let made = count * tree::size(LEVELS);
        [nanoseconds_each(start, made), made as f64]
    });
}

/// Builds a tree and forgets it.
fn build<H: Heap<u64, 3>>(heap: &mut H) {
    black_box(tree::build(heap, LEVELS));
}
