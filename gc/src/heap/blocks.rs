//! The list of a heap's blocks. A block keeps its index as long as it is there.

use super::block::{Block, MOST_BLOCKS};
use super::kind::Kind;

/// See the module.
pub(super) struct Blocks<K: Kind> {
    all: Vec<Option<Block<K>>>,
    /// Indices without a block, and some that have one again or are behind the end.
    vacant: Vec<u32>,
}

impl<K: Kind> Blocks<K> {
    pub(super) const fn new() -> Self {
        Self {
            all: Vec::new(),
            vacant: Vec::new(),
        }
    }

    /// Adds the block that is made for an index.
    pub(super) fn add(&mut self, make: impl FnOnce(u32) -> Block<K>) -> Block<K> {
        let index = self.vacant_index();
        let block = make(index);
        self.all[index as usize] = Some(block);
        block
    }

    fn vacant_index(&mut self) -> u32 {
        while let Some(index) = self.vacant.pop() {
            if let Some(None) = self.all.get(index as usize) {
                return index;
            }
        }
        assert!(self.all.len() < MOST_BLOCKS, "a heap of 32 GiB");
        self.all.push(None);
        self.all.len() as u32 - 1
    }

    /// Takes a block out.
    pub(super) fn remove(&mut self, block: Block<K>) {
        self.all[block.index() as usize] = None;
        self.vacant.push(block.index());
        while let Some(None) = self.all.last() {
            self.all.pop();
        }
        if self.all.is_empty() {
            self.vacant.clear();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Block<K>> {
        self.all.iter().copied().flatten()
    }

    /// By index.
    pub(super) fn as_slice(&self) -> &[Option<Block<K>>] {
        &self.all
    }

    /// Gives back the list's own memory if there is no block.
    pub(super) fn shrink(&mut self) {
        if self.all.is_empty() {
            *self = Self::new();
        }
    }
}
