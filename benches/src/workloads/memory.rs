//! The memory of a ring of nodes with 24-byte values, alive and while it is collected.
//!
//! Alive, after a collection: what a collector has noted for the next one is not a node's.
//!
//! Resident memory, not what was asked of the allocator: so it has the allocator's own overhead
//! in it, and the pages of crates that do not use the global allocator.

use std::hint::black_box;

use crate::child::{Resident, Run};
use crate::heap::{ByHand, Heap};
use crate::structures::line;

/// Bytes a node, and the highest resident memory while collecting as a multiple of that before.
pub(crate) fn memory<H: Heap<u64, 1> + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        // Has a crate give back what it keeps when there is nothing to collect.
        heap.collect();
        let before = Resident::now();
        let ring = black_box(line::ring(&mut heap, count));
        heap.collect();
        let live = Resident::now().since(before);
        Resident::forget_peak();
        if H::BY_HAND == ByHand::Never {
            drop(ring);
        } else {
            line::discard(&mut heap, ring);
        }
        heap.collect();
        let peak = Resident::peak().since(before);
        [live / count as f64, peak / live]
    });
}
