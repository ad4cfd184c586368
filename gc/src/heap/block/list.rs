//! Lists of blocks: a block is in one at most.

use std::cell::Cell;

use super::Block;
use crate::heap::kind::Kind;

impl<K: Kind> Block<K> {
    /// Puts the block into a list before its first member.
    pub(in crate::heap) fn push(self, list: &Cell<Option<Self>>) {
        let next = list.replace(Some(self));
        self.descriptor().next.set(next);
        self.descriptor().previous.set(None);
        if let Some(next) = next {
            next.descriptor().previous.set(Some(self));
        }
    }

    /// The next one in the list it is in.
    pub(in crate::heap) fn next(self) -> Option<Self> {
        self.descriptor().next.get()
    }

    /// Takes the block out of the list it is in.
    pub(in crate::heap) fn unlink(self, list: &Cell<Option<Self>>) {
        let (previous, next) = (
            self.descriptor().previous.take(),
            self.descriptor().next.take(),
        );
        if let Some(next) = next {
            next.descriptor().previous.set(previous);
        }
        match previous {
            Some(previous) => previous.descriptor().next.set(next),
            None => list.set(next),
        }
    }
}
