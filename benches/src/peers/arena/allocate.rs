//! As `workloads::allocate`.

use std::hint::black_box;
use std::time::Instant;

use gc_arena::{Arena, Gc, Rootable};

use super::{InArena, STEP};
use crate::child::{Run, nanoseconds_each};
use crate::heap::{Heap, Triple};

pub(crate) fn nodes(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 1>();
    run.repeat(|| {
        let start = Instant::now();
        for _ in 0..count / STEP {
            arena.mutate(|mutation, _| {
                for value in 0..STEP as u64 {
                    black_box(Heap::<u64, 1>::node(&mut InArena(mutation), value));
                }
            });
            arena.collect_debt();
        }
        let at_once = nanoseconds_each(start, count / STEP * STEP);

        let start = Instant::now();
        arena.mutate_root(|_, root| *root = Vec::with_capacity(count));
        for _ in 0..count / STEP {
            arena.mutate_root(|mutation, root| {
                for value in 0..STEP as u64 {
                    root.push(InArena(mutation).node(value));
                }
            });
            arena.collect_debt();
        }
        super::clear(&mut arena);
        [at_once, nanoseconds_each(start, count / STEP * STEP)]
    });
}

pub(crate) fn leaves(run: &mut Run) {
    let count = run.size();
    let mut arena = Arena::<Rootable![Option<Gc<'_, Triple>>]>::new(|_| None);
    run.repeat(|| {
        let start = Instant::now();
        for _ in 0..count / STEP {
            arena.mutate(|mutation, _| {
                for value in 0..STEP as u64 {
                    black_box(Gc::new(mutation, (value, value, value)));
                }
            });
            arena.collect_debt();
        }
        [nanoseconds_each(start, count / STEP * STEP)]
    });
}
