//! As `workloads::chain`.

use std::time::Instant;

use super::InArena;
use crate::child::{Run, nanoseconds_each};
use crate::structures::line;

pub(crate) fn short(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 1>();
    run.repeat(|| {
        arena.mutate_root(|mutation, root| {
            root.push(line::chain(&mut InArena(mutation), count));
        });
        let built = Instant::now();
        super::clear(&mut arena);
        [nanoseconds_each(built, count)]
    });
}

pub(crate) fn long(run: &mut Run) {
    short(run);
}
