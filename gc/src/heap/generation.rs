//! Generations as birth epochs.
//!
//! An object remembers the number of the collection before which it was born. A generation is a
//! range of epochs, so promotion moves a boundary and touches no object. CPython keeps three
//! linked lists instead; the ages and numbers are the same. What is frozen is one range more.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

/// How many generations there are.
pub(crate) const GENERATIONS: usize = 3;
/// The oldest generation: collecting it is a full collection.
pub(crate) const OLDEST: usize = GENERATIONS - 1;
/// The number of what is frozen: no collection goes so far.
pub(crate) const PERMANENT: usize = GENERATIONS;

/// The epoch at which all epochs are renumbered, long before they wrap.
const LAST_EPOCH: u32 = if cfg!(gordian_shrink) {
    40
} else {
    u32::MAX - 1
};

/// The current epoch, and the boundaries between generations.
///
/// They are read by threads that make objects, where these share a heap, and changed by the one that
/// collects: an object that is made at the same time is of either epoch.
pub(crate) struct Ages {
    now: Epoch,
    /// The last epoch of generation 1, of generation 2, and of what is frozen: 0 if nothing is.
    bounds: [Epoch; PERMANENT],
    /// The epoch at which all are renumbered.
    last: u32,
}

/// A number that costs no more than a plain one.
struct Epoch(AtomicU32);

impl Epoch {
    const fn new(epoch: u32) -> Self {
        Self(AtomicU32::new(epoch))
    }

    #[inline]
    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, epoch: u32) {
        self.0.store(epoch, Ordering::Relaxed);
    }
}

impl Ages {
    /// With epochs up to `last`, or fewer.
    pub(super) const fn new(last: u32) -> Self {
        Self {
            now: Epoch::new(1),
            bounds: [const { Epoch::new(0) }; PERMANENT],
            last: if last < LAST_EPOCH { last } else { LAST_EPOCH },
        }
    }

    /// The birth epoch of an object made now.
    #[inline]
    pub(crate) fn now(&self) -> u32 {
        self.now.get()
    }

    /// The generation of objects born in `epoch`, [`PERMANENT`] if they are frozen.
    #[inline]
    pub(crate) fn generation(&self, epoch: u32) -> usize {
        self.bounds
            .iter()
            .filter(|bound| epoch <= bound.get())
            .count()
    }

    /// The last epoch of what is older than a generation, or frozen: 0 if nothing is.
    #[inline]
    pub(crate) fn before(&self, generation: usize) -> u32 {
        self.bounds[generation].get()
    }

    /// The last epoch of what a collection of all objects makes older.
    ///
    /// With `spares_newborn`, those born since the last collection stay as young as they are: a
    /// structure that is being built should not grow old by halves.
    pub(crate) fn grown(&self, spares_newborn: bool) -> u32 {
        self.now.get() - u32::from(spares_newborn)
    }

    /// Ends the time of the objects that a collection of a generation has looked at: those born up to an
    /// epoch count as one generation older, and objects made from now on are not among them.
    pub(crate) fn promote(&self, generation: usize, grown: u32) {
        self.now.set(self.now.get() + 1);
        let target = (generation + 1).min(OLDEST);
        for bound in &self.bounds[..target] {
            bound.set(bound.get().max(grown));
        }
    }

    /// Whether anything may be frozen.
    #[inline]
    pub(crate) fn has_frozen(&self) -> bool {
        self.bounds[OLDEST].get() > 0
    }

    /// Freezes all objects there are.
    pub(crate) fn freeze(&self) {
        let now = self.now.get();
        self.now.set(now + 1);
        for bound in &self.bounds {
            bound.set(now);
        }
    }

    /// Makes objects of the oldest generation of what is frozen.
    pub(crate) fn unfreeze(&self) {
        self.bounds[OLDEST].set(0);
    }

    /// Whether the epochs run out and have to be renumbered.
    pub(crate) fn is_last(&self) -> bool {
        self.now.get() >= self.last
    }

    /// Starts the epochs again, one for each generation and one for the newborn. `change_all` is to change
    /// each object's epoch by the function that it gets.
    ///
    /// Objects that other threads make meanwhile have an epoch of old, the last one: they are not mistaken
    /// for what was made when the epochs began, and are of the youngest generation, changed or not.
    pub(crate) fn renumber(&self, change_all: impl FnOnce(&dyn Fn(u32) -> u32)) {
        let old = self.bounds.each_ref().map(Epoch::get);
        let (youngest, now) = (PERMANENT as u32 + 1, self.now.get());
        let age = |epoch| old.iter().filter(|bound| epoch <= **bound).count() as u32;
        change_all(&|epoch| youngest - age(epoch) + u32::from(epoch == now));
        for (bound, new) in self.bounds.iter().zip((1..youngest).rev()) {
            // Without frozen objects there is no epoch of theirs.
            bound.set(if bound.get() == 0 { 0 } else { new });
        }
        self.now.set(youngest + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_move_up_by_one_and_newcomers_stay() {
        let ages = Ages::new(LAST_EPOCH);
        let first = ages.now();
        ages.promote(0, ages.grown(false));
        assert_eq!(ages.generation(first), 1);
        let second = ages.now();
        ages.promote(1, ages.grown(false));
        assert_eq!((ages.generation(first), ages.generation(second)), (2, 2));
        assert_eq!(ages.generation(ages.now()), 0);
    }

    #[test]
    fn the_newborn_grow_old_a_collection_later() {
        let ages = Ages::new(LAST_EPOCH);
        let first = ages.now();
        ages.promote(0, ages.grown(true));
        assert_eq!(ages.generation(first), 0);
        let second = ages.now();
        ages.promote(0, ages.grown(true));
        assert_eq!((ages.generation(first), ages.generation(second)), (1, 0));
        ages.promote(2, ages.grown(true));
        assert_eq!((ages.generation(first), ages.generation(second)), (2, 2));
    }

    #[test]
    fn what_is_frozen_grows_old_at_once_when_it_thaws() {
        let ages = Ages::new(LAST_EPOCH);
        let first = ages.now();
        ages.freeze();
        let second = ages.now();
        ages.promote(2, ages.grown(true));
        assert!(ages.has_frozen());
        assert_eq!(ages.generation(first), PERMANENT);
        assert_eq!(ages.generation(second), 0);
        let (mut first, mut second) = (first, second);
        ages.renumber(|change| (first, second) = (change(first), change(second)));
        assert_eq!(ages.generation(first), PERMANENT);
        assert_eq!(ages.generation(second), 0);
        ages.unfreeze();
        assert!(!ages.has_frozen());
        assert_eq!(ages.generation(first), OLDEST);
        assert_eq!(ages.generation(second), 0);
    }

    #[test]
    fn the_newborn_are_newborn_when_they_are_renumbered_and_others_are_not() {
        let ages = Ages::new(LAST_EPOCH);
        let mut first = ages.now();
        ages.promote(0, ages.grown(true));
        let mut second = ages.now();
        ages.renumber(|change| (first, second) = (change(first), change(second)));
        ages.promote(0, ages.grown(true));
        assert_eq!((ages.generation(first), ages.generation(second)), (1, 0));
    }

    #[test]
    fn renumbering_keeps_generations() {
        let ages = Ages::new(LAST_EPOCH);
        // The epochs have run for a while.
        (0..GENERATIONS + 2).for_each(|_| ages.promote(0, ages.grown(false)));
        let epochs: Vec<u32> = [1, 0]
            .into_iter()
            .map(|generation| {
                let epoch = ages.now();
                ages.promote(generation, ages.grown(false));
                epoch
            })
            .chain([ages.now() + 2])
            .collect();
        let young = ages.now();
        let before: Vec<usize> = epochs.iter().map(|e| ages.generation(*e)).collect();
        let (mut changed, mut meanwhile) = (Vec::new(), Vec::new());
        ages.renumber(|change| {
            changed = epochs.iter().copied().map(change).collect();
            meanwhile = [ages.now(), change(ages.now()), change(young)].into();
        });
        let generations =
            |epochs: &[u32]| -> Vec<usize> { epochs.iter().map(|e| ages.generation(*e)).collect() };
        assert_eq!(generations(&changed), before);
        // Of those that others make in the midst of it, too.
        assert_eq!(generations(&meanwhile), [0; 3]);
    }
}
