//! Trees built and dropped one after another, with automatic collection only.

use std::hint::black_box;
use std::time::Instant;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{ByHand, Heap};
use crate::structures::tree;

/// How many levels a tree has.
pub(crate) const LEVELS: u32 = 11;

/// Trees whose nodes hold their parent: the time for a node, and how many were made. The size is
/// the number of trees.
pub(crate) fn trees<H: Heap<u64, 3> + Default>(run: &mut Run) {
    let count = run.size();
    let nodes = tree::size(LEVELS);
    let mut heap = H::default();
    run.repeat(|| {
        let start = Instant::now();
        for _ in 0..count {
            let root = black_box(tree::build(&mut heap, LEVELS));
            if H::BY_HAND == ByHand::Never {
                drop(root);
            } else {
                tree::discard(&mut heap, root);
            }
            heap.breathe(nodes);
        }
        let made = count * nodes;
        [nanoseconds_each(start, made), made as f64]
    });
}
