//! When to collect: CPython's counts and thresholds, and a bound on how long old garbage waits.
#![forbid(unsafe_code)]

use std::cell::Cell;

use super::generation::{GENERATIONS, OLDEST};
use super::recent::Recent;
use crate::gc::Stats;

/// How many allocations, in multiples of the objects there are, bring about a full collection
/// whatever the survivors.
///
/// A full collection visits each object at most once, which takes about as long as making ten. So
/// looking for old garbage in this way takes at most a tenth of the time of a program that does
/// nothing but make objects.
const OLD_PATIENCE: usize = 160;

/// Why a collection takes place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// Somebody asked for it.
    Explicit,
    /// An object is about to be made.
    Automatic,
}

/// What a collection found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// How many objects it visited.
    pub(crate) visited: usize,
    /// How many of them were garbage.
    pub(crate) garbage: usize,
}

/// A collection that visits at most this many survivors is cheap enough to come again soon.
const FEW: usize = 500;
/// How many objects more may be made for each survivor that was visited in vain.
const PATIENCE: usize = 16;
/// How many objects may be made in any case before a collection comes, however few there are; and
/// how many as a multiple of those there are.
const LEAST_ROOM: usize = 4_000;
const GROWTH: usize = 1;
/// Collections that were put off by more than this let the newborn grow old.
const LARGE: usize = 1 << 16;

/// By how much the next automatic collection is put off.
///
/// A collection that visits many objects and finds them alive comes too early: a structure is
/// being built. So the next one waits, until as many objects more have been made as makes visiting
/// them a small share of making them; but never until there are more than twice as many as
/// there were, now or a few collections ago: the memory is there. Where garbage is found instead,
/// the delay soon ends.
fn patience(so_far: usize, found: Found, most: usize) -> usize {
    let in_vain = (found.visited - found.garbage).saturating_sub(FEW);
    let most = (GROWTH * most).max(LEAST_ROOM);
    let wanted = if in_vain > 0 && found.garbage < found.visited / 8 {
        most
    } else {
        most.min(in_vain * PATIENCE)
    };
    wanted.max(so_far / 8)
}

/// Counts, thresholds and totals.
///
/// Making and releasing an object changes one number, `live`; the rest follows from it.
pub(crate) struct Pacing {
    /// How many tracked objects there are.
    live: Cell<usize>,
    /// What `live` was when a collection last began, or has been since, if that is less.
    base: Cell<usize>,
    /// How many objects more than `base` there may be before the next one brings about a
    /// collection.
    room: Cell<usize>,
    /// By how much a collection is put off: see [`patience`].
    put_off: Cell<usize>,
    /// How many objects survived collections, or were there when somebody asked for one.
    survivors: Recent,
    enabled: Cell<bool>,
    /// How many guards keep automatic collection off, whatever the switch says.
    pauses: Cell<usize>,
    thresholds: [Cell<usize>; GENERATIONS],
    /// Collections of the generation below since the last one of generation 1, and of 2.
    counts: [Cell<usize>; OLDEST],
    /// Tracked objects made since the last full collection, whatever became of them.
    turnover: Cell<usize>,
    /// The turnover asks for a full collection, whatever the counts say.
    is_overdue: Cell<bool>,
    /// Tracked objects after the last full collection.
    settled: Cell<usize>,
    /// How many more have become old since.
    pending: Cell<usize>,
    stats: Cell<[Stats; GENERATIONS]>,
}

const THRESHOLDS: [usize; GENERATIONS] = [700, 10, 10];

impl Pacing {
    pub(super) const fn new() -> Self {
        Self {
            live: Cell::new(0),
            base: Cell::new(0),
            room: Cell::new(THRESHOLDS[0]),
            put_off: Cell::new(0),
            survivors: Recent::new(),
            enabled: Cell::new(true),
            pauses: Cell::new(0),
            thresholds: [
                Cell::new(THRESHOLDS[0]),
                Cell::new(THRESHOLDS[1]),
                Cell::new(THRESHOLDS[2]),
            ],
            counts: [const { Cell::new(0) }; OLDEST],
            turnover: Cell::new(0),
            is_overdue: Cell::new(false),
            settled: Cell::new(0),
            pending: Cell::new(0),
            stats: Cell::new([Stats::ZERO; GENERATIONS]),
        }
    }

    /// The room that there is at first.
    pub(super) const FIRST_ROOM: usize = THRESHOLDS[0];

    /// See the field.
    pub(super) fn room(&self) -> usize {
        self.room.get()
    }

    /// Sets how many objects there are, and how many of them are young: where others count them.
    pub(super) fn note_live(&self, live: usize, young: usize) {
        self.live.set(live);
        self.base.set(live.saturating_sub(young));
    }

    /// Sets `room` to what follows from the other fields.
    fn update_room(&self) {
        let is_on = self.is_enabled() && self.thresholds[0].get() != 0;
        let room = self.thresholds[0].get().saturating_add(self.put_off.get());
        self.room.set(match (is_on, self.is_overdue.get()) {
            (false, _) => usize::MAX,
            (true, true) => 0,
            (true, false) => room,
        });
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.get() && self.pauses.get() == 0
    }

    /// Switches automatic collection.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.enabled.set(enabled);
        self.update_room();
    }

    /// Keeps automatic collection off until as many calls of [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        self.pauses.set(self.pauses.get() + 1);
        self.update_room();
    }

    pub(crate) fn resume(&self) {
        self.pauses.set(self.pauses.get() - 1);
        self.update_room();
    }

    pub(crate) fn thresholds(&self) -> [usize; GENERATIONS] {
        self.thresholds.each_ref().map(Cell::get)
    }

    /// Sets those thresholds that are given.
    pub(crate) fn set_thresholds(&self, given: [Option<usize>; GENERATIONS]) {
        for (threshold, given) in self.thresholds.iter().zip(given) {
            threshold.set(given.unwrap_or(threshold.get()));
        }
        self.update_room();
    }

    /// For generation 0: tracked objects made since the last collection, less those released, and
    /// never below zero. For the others: collections of the generation below.
    pub(crate) fn counts(&self) -> [usize; GENERATIONS] {
        let youngest = self.live.get().saturating_sub(self.base.get());
        [youngest, self.counts[0].get(), self.counts[1].get()]
    }

    /// Whether making one tracked object more brings about a collection.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.live.get().saturating_sub(self.base.get()) >= self.room.get()
    }

    /// The oldest generation whose count exceeds its threshold, when a collection is due; the full
    /// collection only when it is worth it.
    pub(crate) fn due(&self) -> usize {
        if self.is_overdue.get() {
            return OLDEST;
        }
        let counts = self.counts();
        let exceeds = |g: &usize| counts[*g] > self.thresholds[*g].get();
        let due = (0..GENERATIONS).rev().find(exceeds).unwrap_or(0);
        if due < OLDEST || self.is_full_worthwhile() {
            due
        } else {
            (0..OLDEST).rev().find(exceeds).unwrap_or(0)
        }
    }

    fn is_full_worthwhile(&self) -> bool {
        self.pending.get() >= self.settled.get() / 4
    }

    /// Notes that so many tracked objects are about to be made.
    ///
    /// Those that are released by counting leave the counts as they are. So this, where making them
    /// is slow anyway, is what a program runs into that makes no garbage, but has made some before:
    /// it is looked for if there are candidates.
    pub(crate) fn turned_over(&self, count: usize, has_candidates: bool) {
        let turnover = self.turnover.get() + count;
        self.turnover.set(turnover);
        let enough = OLD_PATIENCE * self.live.get().max(LEAST_ROOM);
        if turnover > enough && has_candidates {
            self.is_overdue.set(true);
            self.update_room();
        }
    }

    /// Whether next to nothing has been made since the last full collection.
    pub(crate) fn is_idle(&self) -> bool {
        self.turnover.get() == 0
    }

    /// Notes that a tracked object is made.
    #[inline]
    pub(crate) fn made(&self) {
        self.live.set(self.live.get() + 1);
    }

    /// Takes back [`made`](Self::made), for an object that is about to be made all the same.
    ///
    /// Until it is made, `live` may be one less than `base`.
    pub(crate) fn not_yet_made(&self) {
        self.live.set(self.live.get() - 1);
    }

    /// Notes that tracked objects are gone.
    #[inline]
    pub(crate) fn released(&self, count: usize) {
        let live = self.live.get() - count;
        self.live.set(live);
        self.base.set(self.base.get().min(live));
    }

    /// Begins to count anew, as after a full collection.
    pub(crate) fn start_over(&self) {
        self.base.set(self.live.get());
        self.counts.iter().for_each(|count| count.set(0));
    }

    /// Notes the start of a collection of a generation.
    pub(crate) fn starting(&self, generation: usize) {
        self.base.set(self.live.get());
        for count in &self.counts[..generation] {
            count.set(0);
        }
        if let Some(next) = self.counts.get(generation) {
            next.set(next.get().saturating_add(1));
        }
    }

    /// Whether a collection leaves objects as young as they are that were born since the last one.
    /// One that was put off has no need to: what was being built then is small beside the rest.
    pub(crate) fn spares_newborn(&self, cause: Cause) -> bool {
        cause == Cause::Automatic && self.put_off.get() < LARGE
    }

    /// Notes what a collection of a generation found.
    pub(crate) fn finished(&self, cause: Cause, generation: usize, found: Found) {
        let live = self.live.get() - found.garbage;
        self.survivors.note(match cause {
            // It may be what the program has just given up, and will build again.
            Cause::Explicit => self.live.get(),
            // Not garbage that has waited: it would make room for more of it.
            Cause::Automatic => live,
        });
        let put_off = self.put_off.replace(match cause {
            Cause::Explicit => 0,
            Cause::Automatic => patience(self.put_off.get(), found, self.survivors.most()),
        });
        if generation == OLDEST {
            self.is_overdue.set(false);
        }
        self.update_room();
        if put_off >= LEAST_ROOM && found.garbage > found.visited / 2 {
            self.suspect_older(generation);
        }
        match generation {
            OLDEST => {
                self.settled.set(live);
                self.pending.set(0);
                self.turnover.set(0);
            }
            0 => {}
            _ => self.pending.set(live.saturating_sub(self.settled.get())),
        }
    }

    /// Makes the next generation due: a structure that was large enough to put collections off has
    /// become garbage, and its older half is there.
    fn suspect_older(&self, generation: usize) {
        if let Some(count) = self.counts.get(generation) {
            let threshold = self.thresholds[generation + 1].get();
            count.set(count.get().max(threshold.saturating_add(1)));
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
