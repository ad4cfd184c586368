//! How many objects threads have made and released: each counts its own, and whoever asks adds up.

use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, AtomicU32, Ordering};

use crate::guarded::Guarded;

/// The count of a thread: written by that thread, but for `base`, which a collection sets too.
///
/// All is Relaxed: a number that is a little old does no harm.
pub(super) struct Tally {
    /// How many tracked objects the thread has made, less those that it has released.
    live: AtomicIsize,
    /// What `live` was when a collection last began, or has been since, if that is less.
    base: AtomicIsize,
    /// The epochs of the last two collections that have looked at its candidates, the later one first:
    /// what was born by then has been looked at once, or twice.
    looks: [AtomicU32; 2],
}

/// A thread with fewer young objects does not keep those of others from growing old.
const FEW_YOUNG: usize = 64;
/// For how many collections it does, as a multiple of the threads there are: it may have stopped.
const TURNS: usize = 4;

impl Tally {
    const fn new() -> Self {
        Self {
            live: AtomicIsize::new(0),
            base: AtomicIsize::new(0),
            looks: [const { AtomicU32::new(0) }; 2],
        }
    }

    /// Notes a collection, at this epoch, that has looked at the thread's candidates.
    fn looked_at(&self, now: u32) {
        let last = self.looks[0].load(Ordering::Relaxed);
        self.looks[1].store(last, Ordering::Relaxed);
        self.looks[0].store(now, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn made(&self) {
        self.live
            .store(self.live.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Takes back [`made`](Self::made), for an object that is about to be made all the same: `live` may
    /// be one less than `base` until then.
    pub(super) fn not_yet_made(&self) {
        self.live
            .store(self.live.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
    }

    /// Begins to count young objects anew.
    pub(super) fn start_over(&self) {
        self.base
            .store(self.live.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Counts so many young objects less.
    pub(super) fn put_off(&self, count: usize) {
        let base = self.base.load(Ordering::Relaxed) + count.cast_signed();
        self.base.store(base, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn released(&self, count: usize) {
        let live = self.live.load(Ordering::Relaxed) - count as isize;
        self.live.store(live, Ordering::Relaxed);
        if live < self.base.load(Ordering::Relaxed) {
            self.base.store(live, Ordering::Relaxed);
        }
    }

    /// How many more objects there are than when a collection last began.
    #[inline]
    pub(super) fn young(&self) -> usize {
        let young = self.live.load(Ordering::Relaxed) - self.base.load(Ordering::Relaxed);
        young.max(0).cast_unsigned()
    }
}

/// The tallies of all threads. Those of threads that have ended are used again, by later ones.
pub(super) struct Tallies(Mutex<Lists>);

struct Lists {
    all: Vec<&'static Tally>,
    vacant: Vec<&'static Tally>,
    /// Of all threads that have ended and have to do with the heap still.
    late: Tally,
}

impl Lists {
    fn are_vacant(&self) -> bool {
        self.vacant.len() == self.all.len()
    }

    fn each(&self) -> impl Iterator<Item = &Tally> {
        self.all.iter().copied().chain([&self.late])
    }
}

impl Tallies {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Lists {
            all: Vec::new(),
            vacant: Vec::new(),
            late: Tally::new(),
        }))
    }

    /// One for a thread that begins. There are as many as there were threads at once: 24 bytes each
    /// are never given back.
    pub(super) fn begin(&self) -> &'static Tally {
        self.0.with(|lists| {
            lists.vacant.pop().unwrap_or_else(|| {
                let tally = Box::leak(Box::new(Tally::new()));
                lists.all.push(tally);
                tally
            })
        })
    }

    /// The thread that had it has ended. Says whether it was the last one.
    pub(super) fn end(&self, tally: &'static Tally) -> bool {
        self.0.with(|lists| {
            lists.vacant.push(tally);
            lists.are_vacant()
        })
    }

    /// Whether all threads that had one have ended, but for the one that has this.
    pub(super) fn are_vacant_but(&self, own: Option<&'static Tally>) -> bool {
        let in_use = |lists: &mut Lists| lists.all.len() - lists.vacant.len();
        self.0.with(in_use) == usize::from(own.is_some())
    }

    /// Counts for a thread that has ended: one at a time, as a tally wants it.
    #[cold]
    #[inline(never)]
    pub(super) fn count_late<R>(&self, count: impl FnOnce(&Tally) -> R) -> R {
        self.0.with(|lists| count(&lists.late))
    }

    fn sum(&self, number: impl Fn(&Tally) -> isize) -> usize {
        let sum = self
            .0
            .with(|lists| lists.each().map(&number).sum::<isize>());
        sum.max(0).cast_unsigned()
    }

    /// How many tracked objects there are.
    pub(super) fn live(&self) -> usize {
        self.sum(|tally| tally.live.load(Ordering::Relaxed))
    }

    /// How many more there are than when a collection last began.
    pub(super) fn young(&self) -> usize {
        self.sum(|tally| tally.young().cast_signed())
    }

    /// Notes a collection, at this epoch, that has looked at the candidates of all threads.
    pub(super) fn looked_at_all(&self, now: u32) {
        self.0
            .with(|lists| lists.each().for_each(|tally| tally.looked_at(now)));
    }

    /// Notes a collection, at this epoch, that has looked at the candidates of one thread. Returns the last
    /// epoch of what all threads have looked at since it was born, twice if asked: those that are making
    /// objects right now.
    pub(super) fn looked_at_one(&self, own: &Tally, now: u32, twice: bool) -> u32 {
        own.looked_at(now);
        self.0.with(|lists| {
            let is_making = |tally: &&Tally| ptr::eq(*tally, own) || tally.young() >= FEW_YOUNG;
            let making = lists.each().filter(is_making);
            let looks = making.map(|tally| tally.looks[usize::from(twice)].load(Ordering::Relaxed));
            let patience = TURNS * (lists.all.len() + 1);
            let grown = looks.min().unwrap_or(now);
            grown.max(now.saturating_sub(patience as u32))
        })
    }

    /// A collection begins.
    pub(super) fn start_over(&self) {
        self.0
            .with(|lists| lists.each().for_each(Tally::start_over));
    }
}
