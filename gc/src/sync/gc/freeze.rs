//! The permanent generation of the shared heap.
#![forbid(unsafe_code)]

use crate::collector::shared as collector;
use crate::heap::PERMANENT;
use crate::heap::process::AGES;
use crate::object::shared::Flag;

/// Freezes all tracked objects that there are: no collection looks at them until [`unfreeze`].
///
/// As [`gc::freeze`](crate::gc::freeze). Waits for the look of a collection under way.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// let table = Gc::new(vec![Gc::new(1)]);
/// gc::freeze();
/// assert_eq!(gc::freeze_count(), 1);
/// gc::unfreeze();
/// assert_eq!(gc::freeze_count(), 0);
/// # drop(table);
/// ```
pub fn freeze() {
    collector::freeze();
}

/// Moves what is frozen to generation 2.
pub fn unfreeze() {
    collector::unfreeze();
}

/// How many objects are frozen. Takes time in proportion to the objects there are.
#[must_use]
pub fn freeze_count() -> usize {
    let mut count = 0;
    if AGES.has_frozen() {
        collector::for_each_object(|_, _, bits| {
            let is_frozen = AGES.generation(bits.epoch()) == PERMANENT;
            count += usize::from(is_frozen && !bits.has(Flag::Untracked));
        });
    }
    count
}
