//! As `workloads::memory`.

use super::InArena;
use crate::child::{Resident, Run};
use crate::structures::line;

pub(crate) fn memory(run: &mut Run) {
    let count = run.size();
    let mut arena = super::nodes::<u64, 1>();
    run.repeat(|| {
        let before = Resident::now();
        arena.mutate_root(|mutation, root| {
            root.push(line::ring(&mut InArena(mutation), count));
        });
        let live = Resident::now().since(before);
        Resident::forget_peak();
        super::clear(&mut arena);
        let peak = Resident::peak().since(before);
        [live / count as f64, peak / live]
    });
}
