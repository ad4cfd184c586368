//! A thread's part of the heap that threads share.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{AGES, MOST_LEFT_BEHIND, ROOM, TALLIES, turned_over};
use crate::heap::tally::Tally;
use crate::heap::{Nesting, shared};
use crate::object::Edge;
use crate::object::shared::Claims;

/// What waits for its turn in a release.
#[derive(Clone, Copy)]
pub(crate) enum Waiting {
    /// Its finalizers are to run; the count of the last handle stands in for it.
    Finalize(Edge),
    /// Its value is to be dropped.
    Drop(Edge, Claims),
}

/// See the module.
pub(crate) struct Mutator {
    pub(crate) nesting: Nesting<Waiting>,
    /// A collection of this thread is under way; another one does nothing.
    pub(crate) collecting: Cell<bool>,
    /// It has the detector.
    pub(crate) detecting: Cell<bool>,
    tally: Cell<Option<&'static Tally>>,
    /// It has found a candidate.
    has_candidates: Cell<bool>,
    /// How many objects it has ended whose memory is left to buffers of candidates, since it last saw to
    /// those.
    left_behind: Cell<usize>,
    /// Tracked objects that it has made room for, and has not told the pacing of.
    turnover: Cell<usize>,
}

/// How many objects a thread makes room for before it tells the pacing.
const TURNOVER: usize = 4096;

/// How many objects a thread goes on to make that cannot collect because another one does.
const PATIENCE: usize = 64;

/// What threads that have ended would have told of later: it is passed on to the next that begins, or
/// else a program of many short threads would never get to it.
struct Inheritance {
    left_behind: AtomicUsize,
    turnover: AtomicUsize,
}

static INHERITANCE: Inheritance = Inheritance {
    left_behind: AtomicUsize::new(0),
    turnover: AtomicUsize::new(0),
};

/// The queue of candidates that a thread leaves behind counts as so many objects: it takes a page, until
/// it is drained.
const COST_OF_A_QUEUE: usize = 64;

/// Notices the thread's end.
struct ExitGuard;

impl Drop for ExitGuard {
    fn drop(&mut self) {
        crate::collector::shared::thread_exit();
    }
}

thread_local! {
    static MUTATOR: ManuallyDrop<Mutator> = const { ManuallyDrop::new(Mutator::new()) };
    static EXIT: ExitGuard = const { ExitGuard };
}

impl Mutator {
    const fn new() -> Self {
        Self {
            nesting: Nesting::new(),
            collecting: Cell::new(false),
            detecting: Cell::new(false),
            tally: Cell::new(None),
            has_candidates: Cell::new(false),
            left_behind: Cell::new(0),
            turnover: Cell::new(0),
        }
    }

    /// Calls `f` with this thread's part.
    #[inline]
    pub(crate) fn with<R>(f: impl FnOnce(&Self) -> R) -> R {
        let mutator = MUTATOR.with(|mutator| &raw const **mutator);
        // SAFETY: `MUTATOR` has no destructor, so it is there as long as the thread runs.
        f(unsafe { &*mutator })
    }

    /// Counts on the thread's tally. A thread that has ended has none, or nobody would notice when the
    /// destructors of its locals are done with it.
    #[inline]
    fn count<R>(&self, count: impl FnOnce(&Tally) -> R) -> R {
        let tally = match self.tally.get() {
            None if !self.nesting.ended.get() => self.begin(),
            tally => tally,
        };
        match tally {
            Some(tally) => count(tally),
            None => TALLIES.count_late(count),
        }
    }

    /// A tally, and what threads that have ended have left. None if the thread is ending: registering
    /// fails while its locals are being destroyed, and nobody would notice that it has ended.
    #[cold]
    #[inline(never)]
    fn begin(&self) -> Option<&'static Tally> {
        if EXIT.try_with(|_| ()).is_err() {
            if !self.nesting.exiting.replace(true) {
                // It begins only now: its end has been.
                self.nesting.ended.set(true);
            }
            return None;
        }
        let tally = TALLIES.begin();
        self.tally.set(Some(tally));
        // Ordering: Relaxed, as for all numbers.
        let left_behind = INHERITANCE.left_behind.swap(0, Ordering::Relaxed);
        self.left_behind.set(self.left_behind.get() + left_behind);
        let turnover = INHERITANCE.turnover.swap(0, Ordering::Relaxed);
        self.turnover.set(self.turnover.get() + turnover);
        Some(tally)
    }

    /// Notes that room for so many tracked objects is made.
    pub(crate) fn turned_over(&self, count: usize) {
        let turnover = self.turnover.get() + count;
        self.turnover.set(turnover);
        if turnover >= TURNOVER {
            self.turnover.set(0);
            turned_over(turnover);
        }
    }

    /// Sees to it that the thread's end is noticed, and that it uses the heap until then.
    pub(crate) fn guard(&self) {
        self.count(|_| ());
    }

    /// The thread ends, or has ended and has had to do with the heap once more. Says whether no other one
    /// uses it.
    pub(crate) fn end(&self) -> bool {
        let queue = usize::from(self.has_candidates.take()) * COST_OF_A_QUEUE;
        let left_behind = self.left_behind.take() + queue;
        // Ordering: Relaxed, as for all numbers.
        INHERITANCE
            .left_behind
            .fetch_add(left_behind, Ordering::Relaxed);
        let turnover = self.turnover.take();
        INHERITANCE.turnover.fetch_add(turnover, Ordering::Relaxed);
        match self.tally.take() {
            Some(tally) => TALLIES.end(tally),
            None => self.nesting.ended.get() && self.is_alone(),
        }
    }

    /// Whether no other thread uses the heap.
    pub(crate) fn is_alone(&self) -> bool {
        TALLIES.are_vacant_but(self.tally.get())
    }

    /// Notes that a tracked object is made.
    #[inline]
    pub(crate) fn made(&self) {
        self.count(Tally::made);
    }

    /// Takes back [`made`](Self::made), for an object that is about to be made all the same.
    pub(crate) fn not_yet_made(&self) {
        self.count(Tally::not_yet_made);
    }

    /// Notes that tracked objects are gone.
    #[inline]
    pub(crate) fn released(&self, count: usize) {
        self.count(|tally| tally.released(count));
    }

    /// Whether making one tracked object more brings about a collection, or a sweep of candidates.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.has_many_young() || self.has_left_many_behind()
    }

    #[inline]
    fn has_many_young(&self) -> bool {
        self.count(Tally::young) >= ROOM.load(Ordering::Relaxed)
    }

    /// Begins to count the thread's young objects anew.
    pub(crate) fn start_over(&self) {
        self.count(Tally::start_over);
    }

    /// Notes that a collection has looked at this thread's candidates alone, or at those of all. Returns the
    /// last epoch of what grows older by it.
    ///
    /// No object of another thread grows older before that thread has looked at it, unless it has stopped
    /// making some.
    pub(crate) fn grown(&self, spares_newborn: bool, is_own: bool) -> u32 {
        let (now, grown) = (AGES.now(), AGES.grown(spares_newborn));
        match self.tally.get() {
            Some(own) if is_own => TALLIES.looked_at_one(own, now, spares_newborn).min(grown),
            // Or a thread that has ended: it leaves its objects to others.
            _ => {
                TALLIES.looked_at_all(now);
                grown
            }
        }
    }

    /// Has the thread make some more objects before it collects or sweeps: another one is at it.
    pub(crate) fn put_off(&self) {
        if self.has_left_many_behind() {
            // That is why it is due, perhaps, and with every object anew.
            self.left_behind.set(self.left_behind.get() - PATIENCE);
        }
        if self.has_many_young() {
            self.count(|tally| tally.put_off(PATIENCE));
        }
    }

    /// Whether it has left so many objects to buffers that these should be seen to.
    #[inline]
    pub(crate) fn has_left_many_behind(&self) -> bool {
        self.left_behind.get() >= MOST_LEFT_BEHIND.load(Ordering::Relaxed)
    }

    /// Leaves an object that it has ended to the buffer that has it, too. Says whether these should be seen
    /// to by who makes no objects, and so is not asked that: who frees on this thread what others make.
    #[must_use]
    pub(crate) fn leave_behind(&self) -> bool {
        self.left_behind.set(self.left_behind.get() + 1);
        self.left_behind.get() / 2 >= MOST_LEFT_BEHIND.load(Ordering::Relaxed)
    }

    /// Adds a candidate: the thread has to do with the heap, so that its end is to be noticed.
    #[inline]
    pub(crate) fn suspect(&self, edge: Edge) {
        self.guard();
        self.has_candidates.set(true);
        shared::push(edge);
    }

    /// Notes that its own candidates have been taken out of its buffer.
    pub(crate) fn drained(&self) {
        self.left_behind.set(0);
    }

    /// Notes that candidates that have died are freed, and how many are left.
    pub(crate) fn swept(&self, left: usize) {
        self.drained();
        MOST_LEFT_BEHIND.store(left.max(super::FEW_LEFT_BEHIND), Ordering::Relaxed);
    }
}
