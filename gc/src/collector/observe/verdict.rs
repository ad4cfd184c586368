//! Which of the visited objects live.

use std::cell::Cell;

use super::Look;
use crate::collector::domain::Domain;
use crate::collector::trial::{Explained, Those, Unexplained};

impl<D: Domain> Look<'_, D> {
    /// Learns the counts of all visited objects, each of which has a pin, after all have been looked
    /// into.
    pub(super) fn count_all(&mut self) {
        let is_rough = !self.is_exact;
        if is_rough {
            // Handles have wandered about meanwhile, and some were met twice.
            self.over_reported.clear();
        }
        for number in 0..self.visited.len() {
            let edge = self.visited[number];
            let Some(word) = self.word_of(number) else {
                continue;
            };
            let mut unexplained = Unexplained(word.get());
            // SAFETY: [live], as all visited objects.
            self.facts.is_plain &= !unsafe { D::is_special(edge.object()) };
            if unexplained.is_held() {
                continue;
            }
            // SAFETY: as above.
            match unexplained.count(unsafe { D::count(edge.object()) } - 1) {
                Explained::Some => {}
                Explained::All => self.held -= 1,
                Explained::TooMany if is_rough => {}
                Explained::TooMany => self.complain(edge),
            }
            word.set(unexplained.0);
        }
    }

    /// Asks of those that are not live whether they have been touched; if so they are, and what they
    /// lead to.
    pub(super) fn ask_again(&mut self, live: Those) -> Those {
        let is_touched = |number: &usize| {
            // SAFETY: [live], as all visited objects.
            !live.has(*number) && unsafe { D::is_touched(self.visited[*number].object()) }
        };
        let touched: Vec<usize> = (0..self.visited.len()).filter(is_touched).collect();
        if touched.is_empty() {
            return live;
        }
        if matches!(live, Those::None) {
            self.held += touched.len();
            touched
                .into_iter()
                .for_each(|number| self.hold(self.visited[number]));
            return self.live();
        }
        for (number, edge) in (0..).zip(&self.visited) {
            // SAFETY: [live], as all visited objects.
            if let Some(spot) = unsafe { D::spot(*edge) } {
                spot.word().set(number);
            }
        }
        let number_of = |spot| self.heap.word_at(spot) as usize;
        let (dead, spots) = (&mut self.dead, &self.spots);
        for number in touched {
            if dead.remove(spots[number]) {
                self.edges
                    .spread_from(number, dead, &self.passed, number_of);
            }
        }
        self.ephemerons
            .spread(&self.edges, dead, &self.passed, number_of);
        Those::some(spots.len(), |number| !dead.has(spots[number]))
    }

    /// Which of the visited objects are live: those with a handle that no edge explains, and what
    /// they lead to. Those that were passed by are.
    pub(super) fn live(&mut self) -> Those {
        let visited = &self.visited;
        if self.held == visited.len() - self.passed_by.len() {
            return Those::All;
        }
        let has_ephemerons = !self.ephemerons.is_empty();
        if self.held == 0 && self.passed_by.is_empty() && !has_ephemerons {
            return Those::None;
        }
        let sizes = self.heap.spots();
        self.dead.make_room(sizes);
        self.passed.make_room(sizes);
        self.spots.reserve(visited.len());
        for edge in visited {
            // SAFETY: [live], as all visited objects.
            if let Some(spot) = unsafe { D::spot(*edge) } {
                self.spots.push(spot.number());
                if Unexplained(spot.word().get()).is_none() {
                    self.dead.add(spot.number());
                }
            }
        }
        // From the first question on, visit words are numbers.
        let are_numbers = Cell::new(false);
        let number_of = |spot| {
            if !are_numbers.replace(true) {
                for (number, edge) in (0..).zip(visited) {
                    // SAFETY: [live], as all visited objects.
                    if let Some(spot) = unsafe { D::spot(*edge) } {
                        spot.word().set(number);
                    }
                }
            }
            self.heap.word_at(spot) as usize
        };
        let (dead, spots) = (&mut self.dead, &self.spots);
        if self.held > 0 || has_ephemerons {
            self.edges.spread(dead, &mut self.passed, spots, number_of);
        }
        if has_ephemerons {
            self.ephemerons
                .spread(&self.edges, dead, &self.passed, number_of);
        }
        Those::some(spots.len(), |number| !dead.has(spots[number]))
    }

    /// The ephemerons that are not alive, if that is known of others.
    pub(super) fn inactive_pairs(&mut self, live: &Those) -> Vec<D::Pair> {
        let pairs = std::mem::take(&mut self.pairs);
        if matches!(live, Those::All) {
            return Vec::new();
        }
        let pairs = pairs.into_iter().enumerate();
        let inactive = pairs.filter(|(number, _)| !self.ephemerons.is_active(*number));
        inactive.map(|(_, pair)| pair).collect()
    }
}
