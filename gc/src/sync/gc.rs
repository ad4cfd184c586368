//! The collector of the shared heap.

use crate::collector::shared as collector;
use crate::heap::process;
use crate::heap::{GENERATIONS, OLDEST};

/// Collects all garbage of the shared heap; returns how many objects that were.
pub fn collect() -> usize {
    collect_generation(OLDEST)
}

/// Collects.
pub fn collect_generation(generation: usize) -> usize {
    assert!(
        generation < GENERATIONS,
        "there is no generation {generation}: they are 0, 1 and 2"
    );
    collector::collect_explicitly(generation)
}

/// Switches automatic collection off.
pub fn disable() {
    process::pacing(|pacing| pacing.set_enabled(false));
}

/// Switches automatic collection on.
pub fn enable() {
    process::pacing(|pacing| pacing.set_enabled(true));
}
