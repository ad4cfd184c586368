//! The way through the objects, from handle to handle.

use super::Look;
use crate::collector::domain::Domain;
use crate::collector::ephemerons::Owner;
use crate::collector::trial::{Explained, Unexplained};
use crate::heap::Spot;
use crate::object::{Edge, Ephemeron, Object};
use crate::trace::{Guards, Remainder, Tracer};

/// How many objects are traced before their edges are followed, so that the memory of what they
/// lead to has time to arrive.
const BATCH: usize = 16;

/// How many locks are kept while objects are entered. With more of them somebody might have to wait for
/// long: all these objects are alive, perhaps.
const MOST_GUARDS: usize = 1 << 12;

impl<D: Domain> Look<'_, D> {
    /// Resumes the panic of a `trace`.
    pub(super) fn look_into_all(&mut self, enter: bool) {
        let roots = self.visited.len();
        let mut tracer = Tracer {
            edges: std::mem::take(&mut self.scratch.edges),
            ..D::tracer()
        };
        let mut spots = std::mem::take(&mut self.scratch.found);
        let mut ends = [0; BATCH];
        let mut next = 0;
        while next < self.visited.len() {
            let batch = BATCH.min(self.visited.len() - next);
            if batch == 1 {
                // Nothing to do while memory arrives.
                self.look_and_follow(next, roots, &mut tracer, enter);
                next += 1;
                continue;
            }
            for (number, end) in (next..).zip(&mut ends[..batch]) {
                let edge = self.visited[number];
                if self.is_counted(number, edge, roots) {
                    self.look_into(edge, &mut tracer, enter);
                }
                *end = D::edges(&mut tracer).len();
            }
            next += batch;
            let edges = D::edges(&mut tracer);
            self.find(edges, &mut spots);
            self.record(&spots, &ends[..batch]);
            for (edge, spot) in edges.iter().zip(&spots) {
                if let Some(spot) = spot {
                    self.follow(*edge, *spot, enter);
                }
            }
            edges.clear();
            spots.clear();
            self.settle_guards(&mut tracer, enter);
            for edge in self.visited[next..].iter().take(BATCH) {
                edge.prefetch();
            }
        }
        self.note_what_is_left(&tracer);
        self.scratch.edges = tracer.edges;
        self.scratch.found = spots;
    }

    /// Looks into a single object and follows its handles at once.
    #[inline]
    fn look_and_follow(&mut self, number: usize, roots: usize, tracer: &mut Tracer, enter: bool) {
        let edge = self.visited[number];
        if self.is_counted(number, edge, roots) {
            self.look_into(edge, tracer, enter);
        }
        for edge in D::edges(tracer).drain(..) {
            // SAFETY: [live]: the edge is a handle.
            if let Some(spot) = unsafe { D::spot(edge) } {
                self.edges.add(spot.number());
                self.follow(edge, spot, enter);
            } else {
                self.facts.is_without_leaves = false;
            }
        }
        self.edges.end_one();
        self.settle_guards(tracer, enter);
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

    /// Finds where edges lead, and asks for the memory that is needed soon: the words there.
    #[inline]
    fn find(&mut self, edges: &[Edge], spots: &mut Vec<Option<Spot>>) {
        spots.extend(edges.iter().map(|edge| {
            // SAFETY: [live]: the edge is a handle.
            let spot = unsafe { D::spot(*edge) };
            if let Some(spot) = spot {
                spot.prefetch();
            } else {
                self.facts.is_without_leaves = false;
            }
            spot
        }));
    }

    /// Records where the edges of some objects lead, which are given by their ends.
    #[inline]
    fn record(&mut self, spots: &[Option<Spot>], ends: &[usize]) {
        if self.facts.is_without_leaves {
            // There is no `None`.
            let targets = spots.iter().map(|spot| spot.map_or(0, Spot::number));
            self.edges.add_all(targets, ends);
            return;
        }
        let mut start = 0;
        for &end in ends {
            for spot in spots[start..end].iter().flatten() {
                self.edges.add(spot.number());
            }
            self.edges.end_one();
            start = end;
        }
    }

    /// Learns the count of an object, if it is not known yet. Says whether it is to be looked into.
    #[inline]
    fn is_counted(&mut self, number: usize, edge: Edge, roots: usize) -> bool {
        let is_root = number < roots;
        D::IS_SHARED || is_root && !self.counts_later || self.count(number, edge, is_root)
    }

    /// Learns the count of an object. Says whether it is to be looked into.
    #[inline]
    fn count(&mut self, number: usize, edge: Edge, is_root: bool) -> bool {
        // SAFETY: [live]: a handle leads to it.
        let Some(spot) = (unsafe { D::spot(edge) }) else {
            return false;
        };
        let mut unexplained = Unexplained(spot.word());
        let is_entered = is_root || self.is_entered(edge.object());
        if is_entered {
            // SAFETY: as above.
            self.facts.is_plain &= !unsafe { D::is_special(edge.object()) };
            // SAFETY: as above.
            match unexplained.count(unsafe { D::count(edge.object()) }) {
                Explained::Some => {}
                Explained::All => self.held -= 1,
                Explained::TooMany => self.complain(edge),
            }
        } else {
            unexplained.hold();
            self.held -= 1;
            self.passed_by.push(number);
        }
        spot.set_word(unexplained.0);
        is_entered
    }

    /// Has the handles of an object reported, and looks at its ephemerons: those whose key it is, and
    /// those of the maps that it owns.
    #[inline]
    fn look_into(&mut self, edge: Edge, tracer: &mut Tracer, enter: bool) {
        let object = edge.object();
        if !self.opaque.is_empty() && self.opaque.contains(&object) {
            return;
        }
        self.current = Some(object);
        // SAFETY: [live], as all visited objects.
        let info = unsafe { D::info(object) };
        self.facts.remainder = self.facts.remainder.min(info.remainder);
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
        let owns_maps = D::maps(tracer)
            .as_ref()
            .is_some_and(|maps| !maps.is_empty());
        // SAFETY: [live], as all visited objects.
        if owns_maps || unsafe { D::may_be_key(object) } {
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
                self.follow(edge, spot, enter);
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
    fn follow(&mut self, edge: Edge, spot: Spot, enter: bool) {
        let mut unexplained = Unexplained(spot.word());
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
            self.enter(edge);
        }
        match unexplained.explain_one() {
            Explained::Some => {}
            Explained::All => self.held -= 1,
            Explained::TooMany => {
                self.held += 1;
                self.complain(edge);
            }
        }
        spot.set_word(unexplained.0);
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
            let mut unexplained = Unexplained(spot.word());
            unexplained.hold();
            spot.set_word(unexplained.0);
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

/// What tells a map from others.
fn identity<M: ?Sized>(map: &M) -> *const () {
    std::ptr::from_ref(map).cast()
}
