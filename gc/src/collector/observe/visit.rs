//! The way through the objects, from handle to handle.

use super::Look;
use crate::collector::domain::Domain;
use crate::collector::ephemerons::Owner;
use crate::collector::trial::{Explained, NOWHERE, Unexplained};
use crate::heap::{Distance, Spot, Word, Words};
use crate::object::{Edge, Ephemeron, Object};
use crate::trace::{Guards, Remainder, Tracer};

/// How many objects are traced before their edges are followed, so that the memory of what they
/// lead to has time to arrive.
const BATCH: usize = 16;

/// How many edges are found before they are followed, for the same reason.
const FOUND: usize = 4 * BATCH;

/// How many locks are kept while objects are entered. With more of them somebody might have to wait for
/// long: all these objects are alive, perhaps.
const MOST_GUARDS: usize = 1 << 12;

/// A visited object: its number, and how far its visit word is.
#[derive(Clone, Copy)]
struct Visited {
    number: usize,
    edge: Edge,
    distance: Distance,
}

impl<D: Domain> Look<'_, D> {
    /// Resumes the panic of a `trace`.
    pub(super) fn look_into_all(&mut self, enter: bool) {
        let roots = self.visited.len();
        let mut tracer = Tracer {
            edges: std::mem::take(&mut self.scratch.edges),
            ..D::tracer()
        };
        let mut ends = [0; BATCH];
        let mut words = std::mem::take(&mut self.scratch.found);
        words.resize(FOUND, None);
        let (mut next, mut fetched) = (0, 0);
        while next < self.visited.len() {
            let is_root = next < roots;
            let end = if is_root { roots } else { self.visited.len() };
            let count = BATCH.min(end - next);
            if count == 1 {
                next = self.look_into_one_by_one(next, is_root, &mut tracer, enter);
                continue;
            }
            let ends = &mut ends[..count];
            self.look_into_batch(next, is_root, ends, &mut tracer, enter);
            next += count;
            let edges = D::edges(&mut tracer);
            self.follow_all(edges, ends, &mut words, enter);
            edges.clear();
            self.settle_guards(&mut tracer, enter);
            // A batch ahead.
            let ahead = self.visited.len().min(next + 2 * BATCH);
            self.visited[fetched.min(ahead)..ahead]
                .iter()
                .for_each(|edge| edge.prefetch());
            fetched = ahead;
        }
        self.note_what_is_left(&tracer);
        self.scratch.edges = tracer.edges;
        self.scratch.found = words;
    }

    /// Looks into some objects, all of which are roots or none, and notes where the edges of each end.
    fn look_into_batch(
        &mut self,
        next: usize,
        is_root: bool,
        ends: &mut [usize],
        tracer: &mut Tracer,
        enter: bool,
    ) {
        let place = (next, enter);
        if (D::IS_SHARED || is_root) && self.opaque.is_empty() {
            if self.learns_count(is_root) {
                self.look_into_each(place, ends, tracer, |look, one| {
                    look.count(one);
                    true
                });
            } else {
                self.look_into_each(place, ends, tracer, |_, _| true);
            }
        } else {
            self.look_into_each(place, ends, tracer, |look, one| {
                look.is_looked_into(one, is_root)
            });
        }
    }

    /// The same with those of which `is_looked_into` says so.
    ///
    /// Functions of their own, and plain loops: their state is to be kept in registers.
    #[inline(never)]
    fn look_into_each(
        &mut self,
        (next, enter): (usize, bool),
        ends: &mut [usize],
        tracer: &mut Tracer,
        is_looked_into: impl Fn(&mut Self, Visited) -> bool,
    ) {
        // In arrays of their own, as further objects may be visited meanwhile.
        let (mut edges, mut distances) =
            ([self.visited[next]; BATCH], [self.distances[next]; BATCH]);
        let (edges, distances) = (&mut edges[..ends.len()], &mut distances[..ends.len()]);
        edges.copy_from_slice(&self.visited[next..next + ends.len()]);
        distances.copy_from_slice(&self.distances[next..next + ends.len()]);
        for (index, ((edge, distance), end)) in edges.iter().zip(distances).zip(ends).enumerate() {
            let visited = Visited {
                number: next + index,
                edge: *edge,
                distance: *distance,
            };
            if is_looked_into(self, visited) {
                self.look_into(visited.edge, tracer, enter);
            }
            *end = D::edges(tracer).len();
        }
    }

    /// Records and follows the edges of some objects, which are given by their ends.
    #[inline(never)]
    fn follow_all(
        &mut self,
        edges: &[Edge],
        ends: &[usize],
        words: &mut [Option<Word>],
        enter: bool,
    ) {
        let start = self.edges.end();
        let mut near = Words::NONE;
        for edges in edges.chunks(FOUND) {
            let mut targets = [NOWHERE; FOUND];
            // Asks for the memory that is needed soon.
            for ((edge, target), word) in edges.iter().zip(&mut targets).zip(&mut *words) {
                let note = |spot: Option<Spot>| {
                    *word = spot.map(|spot| {
                        spot.word().prefetch();
                        *target = spot.number();
                        spot.word()
                    });
                };
                // SAFETY: [live]: the edge is a handle, as all before it are.
                unsafe { D::at_spot(&mut near, *edge, note) };
            }
            self.edges.add_all(&targets[..edges.len()]);
            for (edge, word) in edges.iter().zip(words.iter()) {
                if let Some(word) = *word {
                    self.follow(*edge, word, || word.distance(*edge), enter);
                } else {
                    self.facts.is_without_leaves = false;
                }
            }
        }
        self.edges
            .end_all(start, ends, self.facts.is_without_leaves);
    }

    /// Looks into an object and follows its handles at once, as there is nothing else to do while memory
    /// arrives; then into the one that they lead to, as long as that is one. Returns the number of
    /// the next one.
    #[inline(never)]
    fn look_into_one_by_one(
        &mut self,
        mut next: usize,
        mut is_root: bool,
        tracer: &mut Tracer,
        enter: bool,
    ) -> usize {
        loop {
            let visited = Visited {
                number: next,
                edge: self.visited[next],
                distance: self.distances[next],
            };
            if self.is_looked_into(visited, is_root) {
                self.look_into(visited.edge, tracer, enter);
            }
            for index in 0..D::edges(tracer).len() {
                let edge = D::edges(tracer)[index];
                // SAFETY: [live]: the edge is a handle.
                if let Some(spot) = unsafe { D::spot(edge) } {
                    self.edges.add(spot.number());
                    self.follow(edge, spot.word(), || spot.distance(), enter);
                } else {
                    self.facts.is_without_leaves = false;
                }
            }
            D::edges(tracer).clear();
            self.edges.end_one();
            self.settle_guards(tracer, enter);
            next += 1;
            is_root = false;
            if self.visited.len() != next + 1 {
                return next;
            }
        }
    }

    /// Keeps the locks of what has been looked into, or lets them go in a rough look, or one that becomes
    /// that: what was found behind them is pinned by now.
    #[inline]
    fn settle_guards(&mut self, tracer: &mut Tracer, enter: bool) {
        if D::IS_SHARED
            && let Some(guards) = &mut tracer.guards
        {
            self.guards.append(guards);
            if enter && self.guards.len() > MOST_GUARDS {
                self.is_exact = false;
            }
            if !self.is_exact {
                // Others are to find them in no hands but their map's.
                self.pairs.clear();
                self.guards.release();
            }
        }
    }

    /// Whether the counts of objects are not known until they are looked into.
    #[inline]
    fn learns_count(&self, is_root: bool) -> bool {
        !D::IS_SHARED && (!is_root || self.counts_later)
    }

    /// Whether an object is to be looked into; learns its count then, if it is not known yet.
    #[inline]
    fn is_looked_into(&mut self, visited: Visited, is_root: bool) -> bool {
        if self.learns_count(is_root) {
            if !is_root && !self.is_entered(visited.edge.object()) {
                self.pass_by(visited.number);
                return false;
            }
            self.count(visited);
        }
        self.opaque.is_empty() || !self.opaque.contains(&visited.edge.object())
    }

    /// Learns the count of an object.
    #[inline]
    fn count(&mut self, visited: Visited) {
        // SAFETY: [live], as all visited objects; the distance is that of this one.
        match unsafe { visited.distance.word(visited.edge.object()) } {
            Some(word) => self.count_at(visited.edge, word),
            None => self.count_far(visited.edge),
        }
    }

    #[inline]
    fn count_at(&mut self, edge: Edge, word: Word) {
        let object = edge.object();
        let mut unexplained = Unexplained(word.get());
        // SAFETY: [live], as all visited objects.
        if unsafe { D::is_special(object) } {
            self.note_special();
        }
        // SAFETY: as above.
        match unexplained.count(unsafe { D::count(object) }) {
            Explained::Some => {}
            Explained::All => self.held -= 1,
            Explained::TooMany => self.complain(edge),
        }
        word.set(unexplained.0);
    }

    /// Notes that an object has, or may have, a finalizer or weak handles. Apart, as few have.
    #[cold]
    fn note_special(&mut self) {
        self.facts.is_plain = false;
    }

    /// Notes what there is to do to an object when it is dropped. Apart, as the others are like the first.
    #[cold]
    fn note_remainder(&mut self, remainder: Remainder) {
        self.facts.remainder = remainder;
    }

    /// The same for an object whose visit word is not near it.
    #[cold]
    #[inline(never)]
    fn count_far(&mut self, edge: Edge) {
        if let Some(word) = far_word_of::<D>(edge) {
            self.count_at(edge, word);
        }
    }

    /// The visit word of a visited object.
    #[inline]
    pub(super) fn word_of(&self, number: usize) -> Option<Word> {
        let edge = self.visited[number];
        // SAFETY: [live], as all visited objects; the distance is that of this one.
        let word = unsafe { self.distances[number].word(edge.object()) };
        word.or_else(|| far_word_of::<D>(edge))
    }

    /// Notes that an object is of no concern, though edges led to it.
    #[cold]
    fn pass_by(&mut self, number: usize) {
        self.hold(self.visited[number]);
        self.held -= 1;
        self.passed_by.push(number);
    }

    /// Has the handles of an object reported, and looks at its ephemerons: those whose key it is, and
    /// those of the maps that it owns.
    #[expect(
        clippy::inline_always,
        reason = "most of what it keeps is at hand where it is called"
    )]
    #[inline(always)]
    fn look_into(&mut self, edge: Edge, tracer: &mut Tracer, enter: bool) {
        let object = edge.object();
        self.current = Some(object);
        // SAFETY: [live], as all visited objects.
        let info = unsafe { D::info(object) };
        if info.remainder < self.facts.remainder {
            self.note_remainder(info.remainder);
        }
        // SAFETY: [typed], [value] as all visited objects. No `&mut` to the value exists: `get_mut`
        // lends one only of an object with a single handle, which it takes off the candidates;
        // such an object is visited only where that handle was found in a value that could be
        // read, and then the borrow of the handle, and with it the `&mut`, has ended. And no other
        // thread gets one while the object is pinned.
        unsafe { self.heap.trace(info, object, tracer) };
        if D::IS_SHARED && tracer.is_incomplete {
            self.hold(edge);
            self.note_what_is_left(tracer);
            tracer.is_incomplete = false;
        }
        // SAFETY: [live], as all visited objects.
        if tracer.has_maps || unsafe { D::may_be_key(object) } {
            self.look_at_ephemerons(edge, tracer, enter);
        }
    }

    /// Looks at the ephemerons of an object, and at those of the maps that were found in it.
    #[cold]
    fn look_at_ephemerons(&mut self, edge: Edge, tracer: &mut Tracer, enter: bool) {
        // SAFETY: [live], as all visited objects.
        let Some(spot) = (unsafe { D::spot(edge) }) else {
            return;
        };
        let owner = Owner::Object(spot.number());
        tracer.has_maps = false;
        let found = D::maps(tracer).iter_mut().flat_map(|maps| maps.drain(..));
        let mut maps: Vec<_> = found.map(|map| (map, owner)).collect();
        let mut guards = tracer.guards.take().unwrap_or_default();
        // SAFETY: [live], as all visited objects; the guards are kept with the others.
        let mut pairs = unsafe { self.heap.ephemerons_of(edge.object(), &mut guards) };
        loop {
            for pair in pairs.drain(..) {
                self.look_at_ephemeron(pair, &mut guards, &mut maps, enter);
            }
            let Some((map, owner)) = maps.pop() else {
                break;
            };
            self.ephemerons.own(identity(&*map), owner);
            // SAFETY: the guards are kept with the others.
            pairs = unsafe { self.heap.ephemerons_in(map, &mut guards) };
        }
        tracer.guards = D::IS_SHARED.then_some(guards);
    }

    /// Counts the handles of a value. The maps in it are added to `maps`.
    fn look_at_ephemeron(
        &mut self,
        pair: D::Pair,
        guards: &mut Guards,
        maps: &mut Vec<(D::Map, Owner)>,
        enter: bool,
    ) {
        if D::is_lent(&pair) || !pair.note(self.number) {
            return;
        }
        let mut tracer = D::tracer();
        let is_traced = self.heap.trace_value(&pair, &mut tracer);
        guards.append(&mut tracer.guards.take().unwrap_or_default());
        if !is_traced {
            return;
        }
        self.note_what_is_left(&tracer);
        // SAFETY: [live]: its weak handle keeps the memory.
        let key = pair.key().and_then(|key| unsafe { D::spot(key) });
        let number = self.ephemerons.add(key.map(Spot::number), pair.map());
        for edge in std::mem::take(D::edges(&mut tracer)) {
            // SAFETY: [live]: the edge is a handle.
            if let Some(spot) = unsafe { D::spot(edge) } {
                self.ephemerons.lead_to(spot.number());
                self.follow(edge, spot.word(), || spot.distance(), enter);
            } else {
                self.facts.is_without_leaves = false;
            }
        }
        let inner = D::maps(&mut tracer).take().into_iter().flatten();
        maps.extend(inner.map(|map| (map, Owner::Pair(number))));
        if D::IS_SHARED && self.is_exact {
            self.pairs.push(pair);
        }
    }

    /// Notes that something is left to drop, if a tracer was not told of all that there is.
    fn note_what_is_left(&mut self, tracer: &Tracer) {
        if tracer.is_incomplete {
            // What was not reported is not spared.
            self.facts.remainder = self.facts.remainder.min(Remainder::Bare);
        }
    }

    /// Counts an edge, and visits what it leads to if that is new.
    #[inline]
    fn follow(&mut self, edge: Edge, word: Word, distance: impl FnOnce() -> Distance, enter: bool) {
        let mut unexplained = Unexplained(word.get());
        if !unexplained.is_visited() {
            // In a young look most of what is not entered is near: it was used a moment ago.
            // SAFETY: [live]: the edge at hand is a handle.
            let pins = || D::IS_SHARED.then(|| unsafe { D::pin(edge) }) != Some(false);
            let is_met = enter && (self.after == 0 || self.is_entered(edge.object())) && pins();
            if !is_met {
                self.facts.is_without_exits = false;
                return;
            }
            unexplained = Unexplained::UNCOUNTED;
            self.enter(edge, distance());
        }
        match unexplained.explain_one() {
            Explained::Some => {}
            Explained::All => self.held -= 1,
            Explained::TooMany => {
                self.held += 1;
                self.complain(edge);
            }
        }
        word.set(unexplained.0);
    }

    #[cold]
    pub(super) fn complain(&mut self, edge: Edge) {
        // SAFETY: [live]: the edge at hand is a handle.
        let info = unsafe { D::info(edge.object()) };
        self.over_reported.push((info.name)());
    }

    /// Has an object count as held from outside: it is in use.
    #[cold]
    pub(super) fn hold(&mut self, edge: Edge) {
        // SAFETY: [live], as all visited objects.
        if let Some(spot) = unsafe { D::spot(edge) } {
            let mut unexplained = Unexplained(spot.word().get());
            unexplained.hold();
            spot.word().set(unexplained.0);
        }
    }

    /// Whether an object met on the way is of the generations to be looked at. It is tracked. No
    /// candidate is: those of these generations have been visited before all others.
    #[inline]
    fn is_entered(&self, object: Object) -> bool {
        // SAFETY: [live]: a handle leads to it.
        unsafe { D::is_entered(object, self.after) }
    }
}

/// The visit word of a visited object that is not near it.
#[cold]
#[inline(never)]
fn far_word_of<D: Domain>(edge: Edge) -> Option<Word> {
    // SAFETY: [live], as all visited objects.
    unsafe { D::spot(edge) }.map(Spot::word)
}

/// What tells a map from others.
fn identity<M: ?Sized>(map: &M) -> *const () {
    std::ptr::from_ref(map).cast()
}
