//! The blocks to allocate from and to free into: which one is next, which have vacant slots, which are
//! empty.

use std::cell::Cell;
use std::ptr::NonNull;

use super::block::{Block, Freed};
use super::kind::{Kind, Sharing};
use super::size_class::Class;
use crate::object::Object;

/// Where a pool gets blocks, and where they go.
pub(super) trait Source {
    type Kind: Kind;

    /// A block of the class that is not full, and is the pool's from now on.
    fn take(&self, class: Class) -> Block<Self::Kind>;

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// No object is left in it, and no list has it.
    unsafe fn put(&self, block: Block<Self::Kind>);

    /// Whether nothing may be kept for later, since nobody may come again.
    fn is_frugal(&self) -> bool;

    /// Notes that there is one block more, or one less, in the list of available ones of a class.
    fn listed(&self, class: Class, is_one_more: bool, list: &Available<Self::Kind>);
}

/// The first of the blocks of a class that have vacant slots, but for the current one.
pub(super) type Available<K> = Cell<Option<Block<K>>>;

/// See the module. All its blocks are its own, to allocate from and to free into.
pub(super) struct Pool<S: Source> {
    current: [Cell<Option<Block<S::Kind>>>; Class::COUNT],
    available: [Available<S::Kind>; Class::COUNT],
    pub(super) source: S,
}

/// What pools of blocks of this kind allocate.
type Slot<S> = NonNull<<<S as Source>::Kind as Kind>::Header>;

impl<S: Source> Pool<S> {
    pub(super) const fn with(source: S) -> Self {
        Self {
            current: [const { Cell::new(None) }; Class::COUNT],
            available: [const { Cell::new(None) }; Class::COUNT],
            source,
        }
    }

    /// A slot of a class, whose header says that it is vacant.
    #[inline]
    pub(super) fn allocate(&self, class: Class) -> Option<Slot<S>> {
        self.current[class.index()].get()?.pop()
    }

    /// The same when the current block has none: it gets more, or there is another one. Returns also
    /// how many objects can be made before this happens again.
    #[cold]
    #[inline(never)]
    pub(super) fn refill(&self, class: Class) -> (Slot<S>, u32) {
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
    fn enter(&self, current: &Cell<Option<Block<S::Kind>>>, block: Block<S::Kind>) {
        current.set(Some(block));
        block.hold(!self.source.is_frugal());
    }

    /// Gives up the current block of a class, and puts it where it belongs then.
    fn leave(&self, current: &Cell<Option<Block<S::Kind>>>, block: Block<S::Kind>) {
        current.set(None);
        block.hold(false);
        block.unprepare();
        if block.is_full() {
            // After it is parked, it is no longer there for us.
            if block.sharing().park() {
                return;
            }
            block.reclaim();
        }
        if block.used() == 0 {
            self.empty(block);
        } else {
            self.list(block);
        }
    }

    /// A block with a vacant slot, taken from its list or the source.
    fn available(&self, class: Class) -> Block<S::Kind> {
        let list = &self.available[class.index()];
        if let Some(block) = list.get() {
            self.unlist(block);
            return block;
        }
        self.source.take(class)
    }

    fn list(&self, block: Block<S::Kind>) {
        let class = block.class();
        let list = &self.available[class.index()];
        block.push(list);
        self.source.listed(class, true, list);
    }

    pub(super) fn unlist(&self, block: Block<S::Kind>) {
        let class = block.class();
        let list = &self.available[class.index()];
        block.unlink(list);
        self.source.listed(class, false, list);
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

    /// Puts a block where it belongs after it was full, or when it may be empty.
    #[cold]
    #[inline(never)]
    fn settle(&self, block: Block<S::Kind>) {
        let current = &self.current[block.class().index()];
        if current.get() == Some(block) {
            if self.source.is_frugal() {
                // Nobody may come to allocate from it again.
                self.leave(current, block);
            }
            return;
        }
        // A block has many slots: it has been listed since the first vacant one.
        if block.used() == 0 {
            self.unlist(block);
            self.empty(block);
        } else if block.used() + 1 == block.capacity() {
            self.list(block);
        }
    }

    /// Gives up an empty block.
    pub(super) fn empty(&self, block: Block<S::Kind>) {
        // SAFETY: no object is left in it, and no list has it.
        unsafe { self.source.put(block) };
    }

    /// Gives up the blocks that are allocated from.
    pub(super) fn leave_all(&self) {
        for current in &self.current {
            if let Some(block) = current.get() {
                self.leave(current, block);
            }
        }
    }

    /// The same for one class.
    pub(super) fn leave_class(&self, class: Class) {
        let current = &self.current[class.index()];
        if let Some(block) = current.get() {
            self.leave(current, block);
        }
    }

    /// The lists of available blocks, by class.
    pub(super) fn lists(&self) -> &[Available<S::Kind>] {
        &self.available
    }
}
