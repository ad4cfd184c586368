//! All blocks that threads share: under a mutex, by which a thread gets a block or gives one back.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard};

use super::Shared;
use super::ownership::{Ownership, Token};
use crate::guarded;
use crate::heap::block::Block;
use crate::heap::blocks::Blocks;
use crate::heap::segments::Segments;
use crate::heap::size_class::Class;

/// See the module.
pub(super) struct Directory {
    pub(super) blocks: Blocks<Shared>,
    segments: Segments,
    /// The open blocks of each class, and some that have been taken by who freed their last object, and
    /// are about to be given back.
    open: [Cell<Option<Block<Shared>>>; Class::COUNT],
}

// SAFETY: the blocks that it refers to are for all threads, and its own parts are reached by the mutex
// only.
unsafe impl Send for Directory {}

static DIRECTORY: Mutex<Directory> = Mutex::new(Directory::new());

/// The directory. While the guard is there no block is given back.
pub(super) fn lock() -> MutexGuard<'static, Directory> {
    guarded::lock(&DIRECTORY)
}

impl Directory {
    const fn new() -> Self {
        Self {
            blocks: Blocks::new(),
            segments: Segments::new(),
            open: [const { Cell::new(None) }; Class::COUNT],
        }
    }

    /// A block with room, that is owned by the thread of the token: an open one, or a new one.
    pub(super) fn take(&mut self, class: Class, token: Token) -> Block<Shared> {
        let list = &self.open[class.index()];
        while let Some(block) = list.get() {
            // Whether it can be claimed or not: who has it otherwise is about to give it back.
            block.unlink(list);
            block.is_listed().set(false);
            if block.sharing().claim(token) {
                return block;
            }
        }
        let site = self.segments.take();
        let sharing = Ownership::new(token);
        self.blocks.add(|index| {
            // SAFETY: memory for a block, in which there is no object.
            unsafe { Block::new(site, class, index, sharing.into()) }
        })
    }

    /// Gives up a block that is not full, for all threads to use.
    ///
    /// # Safety
    ///
    /// It is owned by this thread, and in no list.
    pub(super) unsafe fn open(&mut self, block: Block<Shared>) {
        if block.sharing().open(block.used() as u16) {
            // Others may have freed all of it by now, but to give it back they need the mutex.
            block.is_listed().set(true);
            block.push(&self.open[block.class().index()]);
        } else {
            // SAFETY: others have freed all of it; the rest from the caller.
            unsafe { self.put(block) };
        }
    }

    /// Gives an empty block back.
    ///
    /// # Safety
    ///
    /// It is owned by this thread, no object is left in it, and no list but that of open blocks has it.
    pub(super) unsafe fn put(&mut self, block: Block<Shared>) {
        if block.is_listed().replace(false) {
            block.unlink(&self.open[block.class().index()]);
        }
        self.blocks.remove(block);
        // SAFETY: from the caller, and no list has it any more.
        unsafe { self.segments.put(block.site(), false) };
        if self.blocks.as_slice().is_empty() {
            self.blocks.shrink();
        }
    }

    /// Notes that a collection starts.
    pub(super) fn note_size(&mut self) {
        self.segments.note_size();
    }

    /// Gives back vacant memory, but for a small reserve.
    pub(super) fn give_back(&mut self) {
        self.segments.forget_need();
    }

    /// How many blocks are open, and how many there are in all.
    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        let length = |list: &Cell<_>| {
            std::iter::successors(list.get(), |block: &Block<_>| block.next()).count()
        };
        let open = self.open.iter().map(length);
        (open.sum(), self.blocks.iter().count())
    }
}
