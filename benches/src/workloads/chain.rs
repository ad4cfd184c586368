//! Chains released by dropping the head; then collected, for those that do not count.

use std::hint::black_box;
use std::time::Instant;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{ByHand, Heap};
use crate::structures::line;

/// A chain short enough to be dropped by recursion.
pub(crate) fn short<H: Heap<u64, 1> + Default>(run: &mut Run) {
    release::<H>(run, H::BY_HAND == ByHand::Always);
}

/// A chain that `Rc` must be helped with: dropped by recursion it overflows the stack.
pub(crate) fn long<H: Heap<u64, 1> + Default>(run: &mut Run) {
    release::<H>(run, H::BY_HAND != ByHand::Never);
}

fn release<H: Heap<u64, 1> + Default>(run: &mut Run, by_hand: bool) {
    let count = run.size();
    let mut heap = H::default();
    run.repeat(|| {
        let head = black_box(line::chain(&mut heap, count));
        let built = Instant::now();
        if by_hand {
            line::discard(&mut heap, head);
        } else {
            heap.release(head);
        }
        heap.collect();
        [nanoseconds_each(built, count)]
    });
}
