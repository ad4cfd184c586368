//! A thread's part in the shared heap: the blocks it owns, and its queue of candidates.
//!
//! It lies in a thread-local without a destructor, so that handles in other thread-locals work whichever
//! goes first; a guard gives up what the thread has when it ends. Whatever is allocated or freed after
//! that keeps no block: each goes back to the directory at once.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use super::candidates::Outlet;
use super::directory;
use super::ownership::{Given, Token};
use super::slot::Slot;
use super::{Shared, SharedBlock};
use crate::heap::pool::{Available, Pool, Source};
use crate::heap::process::Mutator;
use crate::heap::size_class::Class;
use crate::object::Object;

/// How many available blocks of a class a thread has for itself, and how many are left to it when it has
/// more: those that it has used last. So threads that do nothing for a while hoard little, and one that
/// frees here and there takes the mutex for every few blocks only.
const MOST: u8 = 8;
const FEWEST: u8 = 4;

/// The blocks of a thread, and how many of them are available.
pub(super) struct Owner {
    token: Cell<Token>,
    available: [Cell<u8>; Class::COUNT],
    /// The thread's guard has gone: nobody would give up what is kept.
    has_ended: Cell<bool>,
}

/// See the module.
pub(super) struct Thread {
    pool: Pool<Owner>,
    pub(super) outlet: Outlet,
}

/// Gives up what the thread has when its thread-locals are destroyed.
struct ExitGuard;

impl Drop for ExitGuard {
    fn drop(&mut self) {
        Thread::with(Thread::end);
    }
}

thread_local! {
    static THREAD: ManuallyDrop<Thread> = const { ManuallyDrop::new(Thread::new()) };
    static EXIT: ExitGuard = const { ExitGuard };
}

impl Source for Owner {
    type Kind = Shared;

    fn take(&self, class: Class) -> SharedBlock {
        directory::lock().take(class, self.token.get())
    }

    unsafe fn put(&self, block: SharedBlock) {
        // SAFETY: from the caller.
        unsafe { directory::lock().put(block) };
    }

    fn is_frugal(&self) -> bool {
        self.has_ended.get()
    }

    fn listed(&self, class: Class, is_one_more: bool, list: &Available<Shared>) {
        let count = &self.available[class.index()];
        if !is_one_more {
            count.set(count.get() - 1);
            return;
        }
        count.set(count.get() + 1);
        if self.has_ended.get() {
            self.give_up(class, list, 0);
        } else if count.get() > MOST {
            self.give_up(class, list, FEWEST);
        }
    }
}

impl Owner {
    /// Gives up the available blocks of a class but for the first few.
    fn give_up(&self, class: Class, list: &Available<Shared>, kept: u8) {
        let mut directory = directory::lock();
        let mut next = list.get();
        for _ in 0..kept {
            next = next.and_then(SharedBlock::next);
        }
        while let Some(block) = next {
            next = block.next();
            block.unlink(list);
            // SAFETY: a block of this thread's, and just taken off its list.
            unsafe { directory.open(block) };
        }
        let count = &self.available[class.index()];
        count.set(count.get().min(kept));
    }

    /// The thread's token, which it gets if it has none yet: then its end will be noticed.
    #[inline]
    fn token(&self) -> Token {
        if self.token.get() == Token::NONE {
            self.begin();
        }
        self.token.get()
    }

    #[cold]
    #[inline(never)]
    fn begin(&self) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Ordering: Relaxed, as it is the numbers alone that matter.
        self.token
            .set(Token::new(NEXT.fetch_add(1, Ordering::Relaxed)));
        // Registering fails while the thread's locals are being destroyed: it is ending then.
        if EXIT.try_with(|_| ()).is_err() {
            self.has_ended.set(true);
        }
    }
}

impl Thread {
    const fn new() -> Self {
        Self {
            pool: Pool::with(Owner {
                token: Cell::new(Token::NONE),
                available: [const { Cell::new(0) }; Class::COUNT],
                has_ended: Cell::new(false),
            }),
            outlet: Outlet::new(),
        }
    }

    /// Calls `f` with this thread's part.
    #[inline]
    pub(super) fn with<R>(f: impl FnOnce(&Self) -> R) -> R {
        // By a pointer, because the optimizer finds its way through so small a closure only.
        let thread = THREAD.with(|thread| &raw const **thread);
        // SAFETY: `THREAD` has no destructor, so it is there as long as the thread runs.
        f(unsafe { &*thread })
    }

    /// Sees to it that the thread's end is noticed. Says whether it has been already.
    pub(super) fn guard(&self) -> bool {
        self.pool.source.token();
        self.pool.source.has_ended.get()
    }

    /// A slot of a class, whose header says that it is vacant.
    #[inline]
    pub(super) fn allocate(&self, class: Class) -> NonNull<Slot> {
        match self.pool.allocate(class) {
            Some(slot) => slot,
            None => self.refill(class),
        }
    }

    /// Never unwinds, and says so.
    #[cold]
    #[inline(never)]
    extern "C" fn refill(&self, class: Class) -> NonNull<Slot> {
        let has_ended = self.guard();
        let (slot, ready) = self.pool.refill(class);
        if class.is_tracked() {
            Mutator::with(|mutator| mutator.turned_over(ready as usize));
        }
        if has_ended {
            self.pool.leave_class(class);
        }
        slot
    }

    /// Frees an object's slot.
    ///
    /// # Safety
    ///
    /// The object lies in a shared block, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn free(&self, object: Object) {
        // SAFETY: [live] until freed, in a block.
        let block = unsafe { SharedBlock::of(object) };
        if block.sharing().is_owned_by(self.pool.source.token.get()) {
            // SAFETY: the block is this thread's; the rest from the caller.
            unsafe { self.pool.free(object) };
        } else {
            // SAFETY: from the caller.
            unsafe { self.give(block, object) };
        }
    }

    /// Frees the slot of an object in a block that is not this thread's. Never unwinds, and says so.
    ///
    /// # Safety
    ///
    /// The object lies in the block, and nobody uses it any more.
    #[inline(never)]
    unsafe extern "C" fn give(&self, block: SharedBlock, object: Object) {
        let slot = object.header_ptr().cast::<Slot>();
        // SAFETY: [live] until this very moment.
        let header = unsafe { slot.as_ref() };
        let token = self.pool.source.token();
        let link = |offset| {
            let next = block.slot_at(offset);
            header.vacate(next.map_or(ptr::null(), |slot| slot.as_ptr()));
        };
        match block
            .sharing()
            .free(token, SharedBlock::offset_of(slot), link)
        {
            Given::Left => {}
            // SAFETY: the block is this thread's now; the rest from the caller.
            Given::Taken => unsafe { self.pool.free(object) },
            // SAFETY: the block is this thread's now, and that was the last object.
            Given::Last => unsafe { directory::lock().put(block) },
        }
    }

    /// Gives up all blocks, and the queue.
    fn end(&self) {
        self.pool.source.has_ended.set(true);
        self.pool.leave_all();
        for (class, list) in Class::all().zip(self.pool.lists()) {
            if list.get().is_some() {
                self.pool.source.give_up(class, list, 0);
            }
        }
        self.outlet.end();
    }
}
