//! When to collect: CPython's counts and thresholds, and a bound on how long old garbage waits.
#![forbid(unsafe_code)]

use std::cell::Cell;

use super::generation::{GENERATIONS, OLDEST};
use crate::gc::Stats;

/// How many allocations, in multiples of the old objects, bring about a full collection whatever
/// the survivors.
///
/// A full collection looks at most at every old object, so the old garbage of a program that
/// allocates is looked for at a cost of at most one visit for every ten allocations.
const OLD_PATIENCE: usize = 10;

/// Counts, thresholds and totals. All collections read them, and allocations push them.
pub(crate) struct Pacing {
    enabled: Cell<bool>,
    thresholds: [Cell<usize>; GENERATIONS],
    counts: [Cell<usize>; GENERATIONS],
    /// Tracked allocations since the last full collection.
    volume: Cell<usize>,
    /// Old objects after the last full collection.
    settled: Cell<usize>,
    /// Objects that have become old since.
    pending: Cell<usize>,
    stats: Cell<[Stats; GENERATIONS]>,
}

impl Pacing {
    pub(super) const fn new() -> Self {
        Self {
            enabled: Cell::new(true),
            thresholds: [Cell::new(700), Cell::new(10), Cell::new(10)],
            counts: [const { Cell::new(0) }; GENERATIONS],
            volume: Cell::new(0),
            settled: Cell::new(0),
            pending: Cell::new(0),
            stats: Cell::new([Stats::ZERO; GENERATIONS]),
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.get()
    }

    /// Switches automatic collection and returns what it was.
    pub(crate) fn set_enabled(&self, enabled: bool) -> bool {
        self.enabled.replace(enabled)
    }

    pub(crate) fn thresholds(&self) -> [usize; GENERATIONS] {
        self.thresholds.each_ref().map(Cell::get)
    }

    pub(crate) fn set_threshold(&self, generation: usize, threshold: usize) {
        self.thresholds[generation].set(threshold);
    }

    pub(crate) fn counts(&self) -> [usize; GENERATIONS] {
        self.counts.each_ref().map(Cell::get)
    }

    /// Notes that a tracked object is about to be made, and says which generation is due.
    pub(crate) fn allocating(&self, no_old_candidates: impl FnOnce() -> bool) -> Option<usize> {
        self.counts[0].set(self.counts[0].get() + 1);
        self.volume.set(self.volume.get() + 1);
        let is_due = self.enabled.get()
            && self.thresholds[0].get() != 0
            && self.counts[0].get() > self.thresholds[0].get();
        is_due.then(|| self.due(no_old_candidates))
    }

    /// The oldest generation whose count exceeds its threshold; the full collection only when it
    /// is worth it.
    fn due(&self, no_old_candidates: impl FnOnce() -> bool) -> usize {
        let exceeds = |g: &usize| self.counts[*g].get() > self.thresholds[*g].get();
        let due = (0..GENERATIONS).rev().find(exceeds).unwrap_or(0);
        if due < OLDEST || self.is_full_worthwhile(no_old_candidates) {
            due
        } else {
            (0..OLDEST).rev().find(exceeds).unwrap_or(0)
        }
    }

    fn is_full_worthwhile(&self, no_old_candidates: impl FnOnce() -> bool) -> bool {
        if self.pending.get() >= self.settled.get() / 4 {
            return true;
        }
        let old = self.settled.get() + self.pending.get();
        self.volume.get() > OLD_PATIENCE * old && !no_old_candidates()
    }

    /// Notes that a tracked object is gone.
    pub(crate) fn released(&self) {
        self.counts[0].set(self.counts[0].get().saturating_sub(1));
    }

    /// Notes the start of a collection of a generation.
    pub(crate) fn starting(&self, generation: usize) {
        for count in &self.counts[..=generation] {
            count.set(0);
        }
        if let Some(next) = self.counts.get(generation + 1) {
            next.set(next.get() + 1);
        }
    }

    /// Notes the end of one: how many objects became old by it, and how many are old.
    pub(crate) fn finished(&self, generation: usize, became_old: usize, old: usize) {
        if generation == OLDEST {
            self.settled.set(old);
            self.pending.set(0);
            self.volume.set(0);
        } else {
            self.pending.set(self.pending.get() + became_old);
        }
    }

    /// Notes the result of a collection of a generation.
    pub(crate) fn collected(&self, generation: usize, collected: usize) {
        let mut stats = self.stats.get();
        stats[generation].collections += 1;
        stats[generation].collected += collected;
        self.stats.set(stats);
    }

    pub(crate) fn stats(&self) -> [Stats; GENERATIONS] {
        self.stats.get()
    }
}
