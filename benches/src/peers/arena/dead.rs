//! As `workloads::dead`.

use std::time::Instant;

use super::InArena;
use crate::child::{Run, nanoseconds_each};
use crate::structures::{dom, graph, line};

pub(crate) fn ring(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 1>();
    run.repeat(|| {
        let start = Instant::now();
        arena.mutate_root(|mutation, root| {
            root.push(line::ring(&mut InArena(mutation), count));
        });
        let built = Instant::now();
        super::clear(&mut arena);
        [built, start].map(|since| nanoseconds_each(since, count))
    });
}

pub(crate) fn dom(run: &mut Run) {
    let levels = run.size() as u32;
    let count = dom::size(levels);
    let mut arena = super::nodes::<u64, 5>();
    run.repeat(|| {
        let start = Instant::now();
        arena.mutate_root(|mutation, root| {
            root.push(dom::build(&mut InArena(mutation), levels));
        });
        let built = Instant::now();
        super::clear(&mut arena);
        [built, start].map(|since| nanoseconds_each(since, count))
    });
}

pub(crate) fn graph(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 4>();
    run.repeat(|| {
        arena.mutate_root(|mutation, root| *root = graph::build(&mut InArena(mutation), count));
        let built = Instant::now();
        super::clear(&mut arena);
        [nanoseconds_each(built, count)]
    });
}
