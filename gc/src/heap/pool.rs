//! The blocks of a heap: which one to allocate from, which have vacant slots, which are empty.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::block::{Block, Freed, MOST_BLOCKS, split, spots};
use super::segments::Segments;
use super::size_class::Class;
use crate::object::{Header, Object};

/// What clearing the visit words of a block costs, in single words that are found by address.
const BLOCK_CLEARING_COST: usize = 64;

/// See the module. The lists of a class hold the blocks that have vacant slots, but for the
/// current one.
pub(super) struct Pool {
    current: [Cell<Option<Block>>; Class::COUNT],
    available: [Cell<Option<Block>>; Class::COUNT],
    blocks: RefCell<Vec<Block>>,
    segments: Segments,
    /// The thread is ending: keep nothing.
    is_frugal: Cell<bool>,
}

impl Pool {
    pub(super) const fn new() -> Self {
        Self {
            current: [const { Cell::new(None) }; Class::COUNT],
            available: [const { Cell::new(None) }; Class::COUNT],
            blocks: RefCell::new(Vec::new()),
            segments: Segments::new(),
            is_frugal: Cell::new(false),
        }
    }

    /// A slot of a class, whose header says that it is vacant.
    #[inline]
    pub(super) fn allocate(&self, class: Class) -> Option<NonNull<Header>> {
        self.current[class.index()].get()?.pop()
    }

    /// The same when the current block has none: it gets more, or there is another one. Returns also
    /// how many objects can be made before this happens again.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&self, class: Class) -> (NonNull<Header>, u32) {
        let current = &self.current[class.index()];
        if let Some(block) = current.get()
            && block.is_full()
        {
            self.leave(current, block);
        }
        let block = current.get().unwrap_or_else(|| {
            let block = self.available(class);
            self.enter(current, block);
            block
        });
        let ready = block.prepare();
        let slot = block.pop().expect("a block that is not full");
        (slot, ready)
    }

    /// Makes a block the current one of its class. Held, so that it does not count as empty
    /// between one object and the next.
    fn enter(&self, current: &Cell<Option<Block>>, block: Block) {
        current.set(Some(block));
        block.hold(!self.is_frugal.get());
    }

    /// Gives up the current block of a class, and puts it where it belongs then.
    fn leave(&self, current: &Cell<Option<Block>>, block: Block) {
        current.set(None);
        block.hold(false);
        block.unprepare();
        if block.used() == 0 {
            self.empty(block);
        } else if !block.is_full() {
            block.push(&self.available[block.class().index()]);
        }
    }

    /// A block with a vacant slot, taken from its list, or a new one.
    fn available(&self, class: Class) -> Block {
        let list = &self.available[class.index()];
        if let Some(block) = list.get() {
            block.unlink(list);
            return block;
        }
        let site = self.segments.take();
        let mut blocks = self.blocks.borrow_mut();
        assert!(blocks.len() < MOST_BLOCKS, "a heap of 32 GiB");
        let index = blocks.len() as u32;
        // SAFETY: memory for a block, in which there is no object.
        let block = unsafe { Block::new(site, class, index) };
        blocks.push(block);
        block
    }

    /// Frees an object's slot.
    ///
    /// # Safety
    ///
    /// The object lies in a block of this pool, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn free(&self, object: Object) {
        // SAFETY: [live] until freed, in a block.
        let block = unsafe { Block::of(object) };
        // SAFETY: from the caller.
        if unsafe { block.free(object) } == Freed::Notable {
            self.settle(block);
        }
    }

    /// Frees many objects' slots: blocks of which nothing is left go as a whole, and their objects
    /// are not touched.
    ///
    /// # Safety
    ///
    /// The objects lie in blocks of this pool, each is in there once, and nobody uses them any more.
    pub(super) unsafe fn free_all(&self, objects: impl Iterator<Item = Object> + Clone) {
        if self.is_frugal.get() {
            // The current blocks are not held, and may be empty like any other.
            // SAFETY: from the caller.
            objects.for_each(|object| unsafe { self.free(object) });
            return;
        }
        for object in objects.clone() {
            // SAFETY: [live] until freed, in a block.
            unsafe { Block::of(object) }.doom_one();
        }
        let blocks = self.blocks.borrow().clone();
        let doomed: Vec<Block> = blocks.into_iter().filter(|block| block.judge()).collect();
        for object in objects {
            // SAFETY: its block is there: doomed ones go later, and no other is empty before its
            // last object is freed.
            if !unsafe { Block::of(object) }.is_doomed() {
                // SAFETY: from the caller.
                unsafe { self.free(object) };
            }
        }
        for block in doomed {
            if !block.is_full() {
                block.unlink(&self.available[block.class().index()]);
            }
            self.empty(block);
        }
    }

    /// Puts a block where it belongs after it was full, or when it may be empty.
    #[cold]
    #[inline(never)]
    fn settle(&self, block: Block) {
        let class = block.class();
        let current = &self.current[class.index()];
        if current.get() == Some(block) {
            if self.is_frugal.get() {
                // Nobody may come to allocate from it again.
                self.leave(current, block);
            }
            return;
        }
        let list = &self.available[class.index()];
        if block.used() + 1 == block.capacity() {
            block.push(list);
        }
        if block.used() == 0 {
            block.unlink(list);
            self.empty(block);
        }
    }

    /// Gives up an empty block.
    fn empty(&self, block: Block) {
        let mut blocks = self.blocks.borrow_mut();
        let index = block.index() as usize;
        blocks.swap_remove(index);
        if let Some(moved) = blocks.get(index) {
            moved.set_index(block.index());
        }
        // SAFETY: no object is left in it, and no list has it.
        unsafe { self.segments.put(block.site(), self.is_frugal.get()) };
        if self.is_frugal.get() && blocks.is_empty() {
            *blocks = Vec::new();
            self.segments.shrink();
        }
    }

    /// Every object there is, whatever its phase.
    pub(super) fn objects(&self) -> Vec<Object> {
        let blocks = self.blocks.borrow();
        blocks.iter().flat_map(|block| block.objects()).collect()
    }

    /// The visit word at the spot of that number.
    pub(super) fn word_at(&self, number: u32) -> u32 {
        let (block, slot) = split(number);
        self.blocks.borrow()[block].word_at(slot)
    }

    /// How many spots there are.
    pub(super) fn spots(&self) -> usize {
        spots(self.blocks.borrow().len())
    }

    /// Sets all visit words to zero, if that is less work than `count` single ones; says whether
    /// it did.
    pub(super) fn clear_visit_words_if_cheaper_than(&self, count: usize) -> bool {
        let blocks = self.blocks.borrow();
        let is_cheaper = blocks.len() * BLOCK_CLEARING_COST < count;
        if is_cheaper {
            blocks.iter().for_each(|block| block.clear_visit_words());
        }
        is_cheaper
    }

    /// Notes that a collection starts.
    pub(super) fn note_size(&self) {
        self.segments.note_size();
    }

    /// Gives back vacant memory, but for a small reserve.
    pub(super) fn give_back(&self) {
        self.segments.forget_need();
    }

    /// Gives back all memory that holds no object, from now on as soon as it is free.
    pub(super) fn shrink(&self) {
        for current in &self.current {
            if let Some(block) = current.get() {
                self.leave(current, block);
            }
        }
        self.is_frugal.set(true);
        self.segments.shrink();
        let mut blocks = self.blocks.borrow_mut();
        if blocks.is_empty() {
            *blocks = Vec::new();
        }
    }
}
