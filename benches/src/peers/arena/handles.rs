//! As `workloads::handles`.

use std::hint::black_box;
use std::time::Instant;

use super::{InArena, Nodes};
use crate::child::{Run, nanoseconds_each};
use crate::heap::Heap;
use crate::structures::Random;

/// Handles are plain pointers: there is nothing to clone or drop.
pub(crate) fn clone(run: &mut Run) {
    run.unsupported();
}

pub(crate) fn deref(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 1>();
    arena.mutate_root(|mutation, root| {
        root.extend((0..count).map(|value| InArena(mutation).node(value as u64)));
        let mut shuffled = root.clone();
        Random::new(1).shuffle(&mut shuffled);
        root.extend(shuffled);
    });
    run.repeat(|| {
        [0, count].map(|first| {
            let start = Instant::now();
            black_box(sum(&arena, first, count));
            nanoseconds_each(start, count)
        })
    });
}

fn sum(arena: &Nodes<u64, 1>, first: usize, count: usize) -> u64 {
    arena.mutate(|_, root| root[first..][..count].iter().map(|node| node.value).sum())
}
