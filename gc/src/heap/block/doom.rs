//! Blocks of which nothing is left once a collection has freed what it is about to free.

use super::Block;
use crate::heap::kind::Local;

/// All objects of the block are about to be freed, and nothing else is in it.
const ALL: u32 = u32::MAX;

impl Block<Local> {
    /// Counts some more objects that are about to be freed.
    #[inline]
    pub(in crate::heap) fn doom(self, count: usize) {
        let doomed = &self.descriptor().doomed;
        doomed.set(doomed.get() + count as u32);
    }

    /// Ends the count: says whether nothing is left but what is about to be freed. Slots that are
    /// ready are in use by the other count, as is a block to allocate from.
    pub(in crate::heap) fn judge(self) -> bool {
        let descriptor = self.descriptor();
        let (doomed, used) = (descriptor.doomed.get(), descriptor.used.get());
        let is_all = doomed > 0 && doomed == used;
        descriptor.doomed.set(if is_all { ALL } else { 0 });
        is_all
    }

    /// Whether [`judge`](Self::judge) has said so.
    #[inline]
    pub(in crate::heap) fn is_doomed(self) -> bool {
        self.descriptor().doomed.get() == ALL
    }
}
