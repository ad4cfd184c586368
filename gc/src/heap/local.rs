//! The pool of a thread's own heap.

use std::cell::{Cell, RefCell};

use super::block::{Block, split, spots};
use super::blocks::Blocks;
use super::kind::Local;
use super::pool::{Available, Pool, Source};
use super::segments::Segments;
use super::size_class::Class;
use crate::object::Object;

/// What clearing the visit words of a block costs, in single words that are found by address.
pub(super) const BLOCK_CLEARING_COST: usize = 64;

/// See the module.
pub(super) type LocalPool = Pool<Own>;

/// All blocks of a heap, and where they come from.
pub(super) struct Own {
    blocks: RefCell<Blocks<Local>>,
    segments: Segments,
    /// The thread is ending: keep nothing.
    is_frugal: Cell<bool>,
}

impl Source for Own {
    type Kind = Local;

    fn take(&self, class: Class) -> Block<Local> {
        let site = self.segments.take();
        // SAFETY: memory for a block, in which there is no object.
        let make = |index| unsafe { Block::new(site, class, index, ()) };
        self.blocks.borrow_mut().add(make)
    }

    unsafe fn put(&self, block: Block<Local>) {
        let mut blocks = self.blocks.borrow_mut();
        blocks.remove(block);
        // SAFETY: from the caller, and just taken off the list of all.
        unsafe { self.segments.put(block.site(), self.is_frugal.get()) };
        if self.is_frugal.get() && blocks.as_slice().is_empty() {
            blocks.shrink();
            self.segments.shrink();
        }
    }

    #[inline]
    fn is_frugal(&self) -> bool {
        self.is_frugal.get()
    }

    #[inline]
    fn listed(&self, _: Class, _: bool, _: &Available<Local>) {}
}

impl LocalPool {
    pub(super) const fn new() -> Self {
        Self::with(Own {
            blocks: RefCell::new(Blocks::new()),
            segments: Segments::new(),
            is_frugal: Cell::new(false),
        })
    }

    /// Whether nothing is kept for later. Then the current blocks are not held, and may be empty like any
    /// other.
    pub(super) fn is_frugal(&self) -> bool {
        self.source.is_frugal()
    }

    /// The blocks in which nothing is left but objects that are [doomed](Block::doom); they say so then.
    pub(super) fn judge(&self) -> Vec<Block<Local>> {
        let blocks = self.source.blocks.borrow();
        blocks.iter().filter(|block| block.judge()).collect()
    }

    /// Gives up a block that says that it is doomed. Its objects are not touched.
    ///
    /// # Safety
    ///
    /// Nobody uses them any more.
    pub(super) unsafe fn give_up(&self, block: Block<Local>) {
        if !block.is_full() {
            self.unlist(block);
        }
        self.empty(block);
    }

    /// Every object there is, whatever its phase.
    pub(super) fn objects(&self) -> Vec<Object> {
        let blocks = self.source.blocks.borrow();
        blocks.iter().flat_map(Block::objects).collect()
    }

    /// The visit word at the spot of that number, which an object has.
    pub(super) fn word_at(&self, number: u32) -> u32 {
        let (block, slot) = split(number);
        self.source.blocks.borrow().as_slice()[block].map_or(0, |block| block.word_at(slot))
    }

    /// How many spots there are.
    pub(super) fn spots(&self) -> usize {
        spots(self.source.blocks.borrow().as_slice().len())
    }

    /// Sets all visit words to zero, if that is less work than `count` single ones; says whether
    /// it did.
    pub(super) fn clear_visit_words_if_cheaper_than(&self, count: usize) -> bool {
        let blocks = self.source.blocks.borrow();
        let is_cheaper = blocks.as_slice().len() * BLOCK_CLEARING_COST < count;
        if is_cheaper {
            blocks.iter().for_each(Block::clear_visit_words);
        }
        is_cheaper
    }

    /// Notes that a collection starts.
    pub(super) fn note_size(&self) {
        self.source.segments.note_size();
    }

    /// Gives back vacant memory, but for a small reserve.
    pub(super) fn give_back(&self) {
        self.source.segments.forget_need();
    }

    /// Gives back all memory that holds no object, from now on as soon as it is free.
    pub(super) fn shrink(&self) {
        self.leave_all();
        self.source.is_frugal.set(true);
        self.source.segments.shrink();
        self.source.blocks.borrow_mut().shrink();
    }
}
