//! As `workloads::alive`. Nothing is touched, since handles are not counted: the full collection
//! stands for all of them.

use std::time::Instant;

use super::InArena;
use crate::child::{Run, milliseconds};
use crate::structures::graph;

pub(crate) fn alive(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 4>();
    arena.mutate_root(|mutation, root| *root = graph::build(&mut InArena(mutation), count));
    arena.finish_cycle();
    run.repeat(|| {
        let start = Instant::now();
        arena.finish_cycle();
        let full = milliseconds(start);
        [full, full, f64::NAN, full]
    });
}
