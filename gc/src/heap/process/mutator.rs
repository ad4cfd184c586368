//! A thread's part of the heap that threads share.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering;

use super::{ROOM, SUSPECTS, TALLIES, turned_over};
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
    /// How many candidates it has found since it last saw to it that those that have died are freed.
    suspects: Cell<usize>,
    /// Tracked objects that it has made room for, and has not told the pacing of.
    turnover: Cell<usize>,
}

/// How many objects a thread makes room for before it tells the pacing.
const TURNOVER: usize = 4096;

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
            suspects: Cell::new(0),
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
        match self.tally.get() {
            Some(tally) => count(tally),
            None if self.nesting.ended.get() => TALLIES.count_late(count),
            None => count(self.begin()),
        }
    }

    #[cold]
    #[inline(never)]
    fn begin(&self) -> &'static Tally {
        let tally = TALLIES.begin();
        self.tally.set(Some(tally));
        // Registering fails while the thread's locals are being destroyed: it is ending then.
        if EXIT.try_with(|_| ()).is_err() {
            self.nesting.exiting.set(true);
        }
        tally
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
        match self.tally.take() {
            Some(tally) => TALLIES.end(tally),
            None => self.nesting.ended.get() && TALLIES.are_vacant(),
        }
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
        self.count(Tally::young) >= ROOM.load(Ordering::Relaxed) || self.has_many_suspects()
    }

    /// Whether there are so many candidates that those that have died should be freed.
    #[inline]
    pub(crate) fn has_many_suspects(&self) -> bool {
        self.suspects.get() >= SUSPECTS.load(Ordering::Relaxed)
    }

    /// Adds a candidate: the thread has to do with the heap, so that its end is to be noticed.
    pub(crate) fn suspect(&self, edge: Edge) {
        self.guard();
        self.suspects.set(self.suspects.get() + 1);
        shared::push(edge);
    }

    /// Notes that candidates that have died are freed, and how many are left.
    pub(crate) fn swept(&self, left: usize) {
        self.suspects.set(0);
        SUSPECTS.store(left.max(super::FEWEST_SUSPECTS), Ordering::Relaxed);
    }
}
