//! The look: visits objects breadth first through their type's `trace` and counts edges.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::domain::Domain;
use super::ephemerons::{Ephemerons, Owner};
use super::trial::{Edges, Explained, Spots, Those, Unexplained};
use crate::heap::{Heap, OLDEST, Scratch, Spot};
use crate::object::{Edge, Ephemeron, Object};
use crate::panics::Panic;
use crate::trace::{Guards, Remainder, Tracer};

/// How many objects are traced before their edges are followed, so that the memory of what they
/// lead to has time to arrive.
const BATCH: usize = 16;

/// With more roots than this their counts are read when they are looked into, not when they are
/// visited: they do not fit the processor's cache, and one way through them is saved.
const MANY: usize = 1 << 14;

/// How many locks are kept while objects are entered. With more of them somebody might have to wait for
/// long: all these objects are alive, perhaps.
const MOST_GUARDS: usize = 1 << 12;

/// The objects one collection has visited, and how they hang together.
///
/// Those that it starts from are its *roots*: the candidates. While edges are counted, the visit
/// word of an object is its [`Unexplained`]; then, of visited objects, it may be the number; and
/// between collections it is zero.
pub(super) struct Look<'h, D: Domain> {
    heap: &'h D,
    /// Its number among all looks.
    number: u64,
    /// The oldest generation that is entered.
    oldest: usize,
    /// Only objects that were born after this epoch are entered: that is all, if it is 0.
    after: u32,
    /// Whether the counts of roots are not known when they are visited. None is pinned then.
    counts_later: bool,
    scratch: Box<Scratch>,
    /// The visited objects, by number.
    visited: Vec<Edge>,
    edges: Edges,
    ephemerons: Ephemerons,
    /// The ephemerons themselves, while the look is exact, if other threads go on.
    pairs: Vec<D::Pair>,
    /// The numbers of the visited objects' spots, where somebody asks for them.
    spots: Vec<u32>,
    /// Those that are dead for all that is known, where somebody asks.
    dead: Spots,
    /// For [`Edges::spread`].
    passed: Spots,
    /// How many visited objects, but for those passed by, have handles that no edge explains.
    held: usize,
    /// The numbers of visited objects that edges led to and that are of no concern: older ones, and
    /// those in other hands. They count as live.
    passed_by: Vec<usize>,
    facts: LookFacts,
    /// Objects that are not looked into, because their `trace` panicked before.
    opaque: &'h HashSet<Object>,
    /// The object that is being looked into.
    current: Option<Object>,
    /// The type names of objects to which more handles were traced than there are.
    over_reported: Vec<&'static str>,
    /// The locks that are kept.
    guards: Guards,
    /// Whether they are all that were met.
    is_exact: bool,
}

/// What holds of all visited objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct LookFacts {
    /// None has, or may have, a finalizer or weak handles.
    pub(super) is_plain: bool,
    /// What there is to do to all of them when they are dropped.
    pub(super) remainder: Remainder,
    /// None has a handle to an untracked object.
    pub(super) is_without_leaves: bool,
    /// None has a handle to a tracked object that was not visited, or nobody knows.
    pub(super) is_without_exits: bool,
}

impl<D: Domain> Drop for Look<'_, D> {
    fn drop(&mut self) {
        self.dead.clear(&self.spots);
        self.passed.clear(&self.spots);
        // SAFETY: [live], as all visited objects while the look goes on.
        unsafe { self.heap.clear_visit_words(&self.visited) };
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.visited = std::mem::take(&mut self.visited);
        scratch.records = std::mem::take(&mut self.edges).into_records();
        scratch.spots = std::mem::take(&mut self.spots);
        let sets = [&mut self.dead, &mut self.passed];
        scratch.sets = sets.map(|set| std::mem::take(set).into_words());
        self.heap.kept().put(scratch);
    }
}

impl<'h> Look<'h, Heap> {
    /// A look from the candidates of the generations up to `oldest`: all of them first, which is
    /// the order of memory as far as that can be had.
    pub(super) fn from_candidates(
        heap: &'h Heap,
        oldest: usize,
        opaque: &'h HashSet<Object>,
    ) -> Self {
        let mut look = Self::new(heap, oldest, opaque);
        let roots = heap.candidates.count(oldest);
        look.visited.reserve(roots);
        look.edges.reserve(roots);
        look.counts_later = roots > MANY;
        heap.candidates.visit(oldest, |candidate| {
            if candidate.epoch > look.after {
                // SAFETY: [live]: a candidate that is freed vacates its slot. Candidates are
                // tracked and have their value. Nothing is freed in a look.
                unsafe { look.visit(candidate.edge, 0) };
            }
        });
        look
    }
}

impl<'h, D: Domain> Look<'h, D> {
    /// A look that starts from no object.
    pub(super) fn new(heap: &'h D, oldest: usize, opaque: &'h HashSet<Object>) -> Self {
        let number = heap.begin();
        let mut scratch = heap.kept().take();
        let visited = std::mem::take(&mut scratch.visited);
        let edges = Edges::new(std::mem::take(&mut scratch.records));
        let spots = std::mem::take(&mut scratch.spots);
        let [dead, passed] = std::mem::take(&mut scratch.sets).map(Spots::new);
        Self {
            heap,
            number,
            oldest,
            after: heap.before(oldest),
            counts_later: false,
            scratch,
            visited,
            edges,
            ephemerons: Ephemerons::default(),
            pairs: Vec::new(),
            spots,
            dead,
            passed,
            held: 0,
            passed_by: Vec::new(),
            facts: LookFacts {
                is_plain: true,
                remainder: Remainder::Nothing,
                is_without_leaves: true,
                is_without_exits: true,
            },
            opaque,
            current: None,
            over_reported: Vec::new(),
            guards: Guards::default(),
            is_exact: true,
        }
    }

    /// Visits a root, some of whose counts are pins.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, has its value, and stays so while the look goes on. If it is
    /// shared, it is pinned.
    #[inline]
    pub(super) unsafe fn visit(&mut self, edge: Edge, pins: u32) {
        // SAFETY: [live], from the caller.
        if let Some(spot) = unsafe { D::spot(edge) } {
            let unexplained = if D::IS_SHARED || self.counts_later {
                Unexplained::UNCOUNTED
            } else {
                // SAFETY: as above.
                self.facts.is_plain &= !unsafe { D::is_special(edge.object()) };
                // SAFETY: as above.
                Unexplained::all_of(unsafe { D::count(edge.object()) } - pins)
            };
            spot.set_word(unexplained.0);
            self.enter(edge);
        }
    }

    /// Notes an object that is visited.
    #[inline]
    fn enter(&mut self, edge: Edge) {
        self.held += 1;
        self.visited.push(edge);
    }

    /// Looks into every visited object, and visits what it leads to if `enter` is set and it is
    /// of the generations to be looked at. Then says which are live.
    ///
    /// The first panic of a `trace` ends the look: the panic hook is user code, and whatever it
    /// did, what has been seen may not hold any more.
    ///
    /// In a shared heap a look is exact if it keeps the locks of all values that it has looked into; then
    /// upgrades are kept off until the outcome is dropped. One that enters gives them up if they are too
    /// many, and is a *rough* one then: nothing that is garbage escapes it, but it does not see all edges
    /// at one instant, and may take for garbage what is not.
    pub(super) fn run(mut self, enter: bool) -> Result<Outcome<D>, Interrupted> {
        let look = AssertUnwindSafe(|| self.look_into_all(enter));
        if let Err(panic) = catch_unwind(look) {
            let object = self
                .current
                .expect("user code runs in the look into an object");
            return Err(Interrupted { object, panic });
        }
        if D::IS_SHARED {
            self.count_all();
        }
        let mut live = self.live();
        let commit = self.is_exact.then(|| self.heap.commit());
        if D::IS_SHARED && self.is_exact {
            live = self.ask_again(live);
        }
        let pairs = self.inactive_pairs(&live);
        if enter {
            self.note_size(&live);
        }
        // Nothing more is known of what was not looked into.
        self.facts.is_without_exits &= self.opaque.is_empty();
        if !self.opaque.is_empty() {
            self.facts.remainder = Remainder::Anything;
        }
        Ok(Outcome {
            live,
            facts: self.facts,
            passed_by: self.passed_by.len(),
            objects: std::mem::take(&mut self.visited),
            over_reported: std::mem::take(&mut self.over_reported),
            pairs,
            commit,
            _guards: std::mem::take(&mut self.guards),
        })
    }

    /// Notes how much scratch memory was needed, before it is given back.
    fn note_size(&self, live: &Those) {
        let visited = self.visited.len();
        let frees_most = live.count(visited) < visited / 2;
        if frees_most || self.oldest == OLDEST {
            self.heap.kept().note(visited, frees_most);
        }
    }

    /// Resumes the panic of a `trace`.
    fn look_into_all(&mut self, enter: bool) {
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
            // SAFETY: as above.
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
    fn complain(&mut self, edge: Edge) {
        // SAFETY: [live]: the edge at hand is a handle.
        let info = unsafe { D::info(edge.object()) };
        self.over_reported.push((info.name)());
    }

    /// Has an object count as held from outside: it is in use.
    #[cold]
    fn hold(&mut self, edge: Edge) {
        // SAFETY: [live], as all visited objects.
        if let Some(spot) = unsafe { D::spot(edge) } {
            let mut unexplained = Unexplained(spot.word());
            unexplained.hold();
            spot.set_word(unexplained.0);
        }
    }

    /// Learns the counts of all visited objects, each of which has a pin, after all have been looked
    /// into.
    fn count_all(&mut self) {
        let is_rough = !self.is_exact;
        if is_rough {
            // Handles have wandered about meanwhile, and some were met twice.
            self.over_reported.clear();
        }
        for number in 0..self.visited.len() {
            let edge = self.visited[number];
            // SAFETY: [live], as all visited objects.
            let Some(spot) = (unsafe { D::spot(edge) }) else {
                continue;
            };
            let mut unexplained = Unexplained(spot.word());
            // SAFETY: as above.
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
            spot.set_word(unexplained.0);
        }
    }

    /// Asks of those that are not live whether they have been touched; if so they are, and what they
    /// lead to.
    fn ask_again(&mut self, live: Those) -> Those {
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
                spot.set_word(number);
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
    fn live(&mut self) -> Those {
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
                if Unexplained(spot.word()).is_none() {
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
                        spot.set_word(number);
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
    fn inactive_pairs(&mut self, live: &Those) -> Vec<D::Pair> {
        let pairs = std::mem::take(&mut self.pairs);
        if matches!(live, Those::All) {
            return Vec::new();
        }
        let pairs = pairs.into_iter().enumerate();
        let inactive = pairs.filter(|(number, _)| !self.ephemerons.is_active(*number));
        inactive.map(|(_, pair)| pair).collect()
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

/// The result of a look.
pub(super) struct Outcome<D: Domain> {
    /// The visited objects, by number. Their visit words are still to be cleared; if none is live,
    /// they say [`Unexplained::NONE`].
    pub(super) objects: Vec<Edge>,
    /// How many of them were visited in passing only.
    pub(super) passed_by: usize,
    pub(super) facts: LookFacts,
    /// Those of them that are live.
    pub(super) live: Those,
    /// See [`Look`].
    over_reported: Vec<&'static str>,
    /// The ephemerons that are not alive, if the look was exact and in a shared heap.
    pub(super) pairs: Vec<D::Pair>,
    /// Upgrades are kept off, if the look was exact.
    commit: Option<D::Commit>,
    /// The locks that are kept.
    _guards: Guards,
}

impl<D: Domain> Outcome<D> {
    /// Whether what is not live is garbage for sure: see [`Look::run`].
    pub(super) fn is_exact(&self) -> bool {
        self.commit.is_some()
    }

    /// In debug builds, a panic for every breach of the contract of `Trace` that was seen.
    pub(super) fn complaints(&self) -> Vec<Panic> {
        let names = if cfg!(debug_assertions) {
            self.over_reported.as_slice()
        } else {
            &[]
        };
        let complaint = |name: &&str| -> Panic {
            Box::new(format!(
                "more handles to a `{name}` were traced than there are"
            ))
        };
        names.iter().map(complaint).collect()
    }
}

/// The `trace` of an object panicked.
pub(super) struct Interrupted {
    pub(super) object: Object,
    pub(super) panic: Panic,
}
