//! The most of something lately, counted in collections.
#![forbid(unsafe_code)]

use std::cell::Cell;

/// For how many collections, up to twice as many, a number is remembered.
const MEMORY: usize = 16;

/// See the module.
pub(super) struct Recent {
    /// The most up to the last multiple of [`MEMORY`] collections, and since.
    most: [Cell<usize>; 2],
    /// How many collections there have been since.
    noted: Cell<usize>,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self {
            most: [const { Cell::new(0) }; 2],
            noted: Cell::new(0),
        }
    }

    /// Notes the number at a collection.
    pub(super) fn note(&self, number: usize) {
        let [old, new] = &self.most;
        self.noted.set(self.noted.get() + 1);
        if self.noted.get() == MEMORY {
            self.noted.set(0);
            old.set(new.replace(0));
        }
        new.set(new.get().max(number));
    }

    /// Forgets all of them.
    pub(super) fn forget(&self) {
        self.most.iter().for_each(|most| most.set(0));
    }

    /// The greatest number noted lately.
    pub(super) fn most(&self) -> usize {
        self.most[0].get().max(self.most[1].get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_remembered_for_a_while() {
        let recent = Recent::new();
        recent.note(7);
        for _ in 0..MEMORY {
            recent.note(3);
            assert_eq!(recent.most(), 7);
        }
        (0..MEMORY).for_each(|_| recent.note(3));
        assert_eq!(recent.most(), 3);
    }
}
