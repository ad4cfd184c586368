//! The permanent generation.
#![forbid(unsafe_code)]

use crate::collector;
use crate::heap::{Heap, PERMANENT};

/// Freezes all tracked objects that there are: no collection looks at them until [`unfreeze`].
///
/// For what is built at the start and lives to the end. Frozen objects are still freed by counting,
/// at once, but cycles of them are not found. They are in no generation, in no list of
/// [`objects`](super::objects()) and [`referrers`](super::referrers()), and what they hold counts as held
/// from outside. At the thread's end they thaw. Takes constant time, whatever there is.
///
/// While anything is frozen, objects that survive a full collection stay under suspicion, so that
/// these take somewhat longer.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
///
/// let table = Gc::new(vec![Gc::new(1)]);
/// gc::freeze();
/// assert_eq!(gc::freeze_count(), 1);
/// assert!(gc::objects(None).is_empty());
/// gc::unfreeze();
/// assert_eq!(gc::objects(Some(2)).len(), 1);
/// # drop(table);
/// ```
pub fn freeze() {
    Heap::with(collector::freeze);
}

/// Moves what is frozen to generation 2.
pub fn unfreeze() {
    Heap::with(|heap| heap.ages.unfreeze());
}

/// How many objects are frozen. Takes time in proportion to the objects there are.
#[must_use]
pub fn freeze_count() -> usize {
    Heap::with(|heap| heap.generation_sizes()[PERMANENT])
}
