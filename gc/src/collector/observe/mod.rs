//! The look: visits objects breadth first through their type's `trace` and counts edges ([`visit`]), and
//! says then which of them live ([`verdict`]).

mod verdict;
mod visit;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::domain::Domain;
use super::ephemerons::Ephemerons;
use super::trial::{Edges, Spots, Those, Unexplained};
use crate::heap::{Distance, Heap, OLDEST, Scratch, Spot, Words};
use crate::object::{Edge, Object};
use crate::panics::Panic;
use crate::trace::{Guards, Remainder};

/// With more roots than this their counts are read when they are looked into, not when they are
/// visited: they do not fit the processor's cache, and one way through them is saved.
const MANY: usize = 1 << 14;

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
    /// How far their visit words are from them.
    distances: Vec<Distance>,
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
        scratch.distances = std::mem::take(&mut self.distances);
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
        // As many bytes as for the objects, most of which are never touched: memory of the same size is
        // given back by the allocator in the same way.
        look.distances
            .reserve(roots * size_of::<Edge>() / size_of::<Distance>());
        look.edges.reserve(roots);
        look.counts_later = roots > MANY;
        let after = look.after;
        if look.counts_later {
            look.visit_many();
        } else {
            heap.candidates.visit(oldest, |candidate| {
                if candidate.epoch > after {
                    // SAFETY: [live]: a candidate that is freed vacates its slot. Candidates are
                    // tracked and have their value. Nothing is freed in a look.
                    unsafe { look.visit(candidate.edge, 0) };
                }
            });
        }
        look
    }

    /// Visits all candidates, whose counts are learned later. There is room for them.
    ///
    /// A function of its own, and into slices: what changes is to be kept in registers.
    #[inline(never)]
    fn visit_many(&mut self) {
        let (visited, distances) = (
            self.visited.spare_capacity_mut(),
            self.distances.spare_capacity_mut(),
        );
        let room = visited.len().min(distances.len());
        let (visited, distances) = (&mut visited[..room], &mut distances[..room]);
        let (mut count, mut near) = (0, Words::NONE);
        let after = self.after;
        self.heap.candidates.visit(self.oldest, |candidate| {
            if candidate.epoch <= after {
                return;
            }
            let visit = |spot: Option<Spot>| {
                if let Some(spot) = spot {
                    spot.word().set(Unexplained::UNCOUNTED.0);
                    visited[count].write(candidate.edge);
                    distances[count].write(spot.distance());
                    count += 1;
                }
            };
            // SAFETY: [live]: a candidate that is freed vacates its slot. Nothing is freed in a look.
            unsafe { Heap::at_spot(&mut near, candidate.edge, visit) };
        });
        self.held = count;
        // SAFETY: there was none, so many have been written, and there is room for them.
        unsafe { self.visited.set_len(count) };
        // SAFETY: the same.
        unsafe { self.distances.set_len(count) };
    }
}

impl<'h, D: Domain> Look<'h, D> {
    /// A look that starts from no object.
    pub(super) fn new(heap: &'h D, oldest: usize, opaque: &'h HashSet<Object>) -> Self {
        let number = heap.begin();
        let mut scratch = heap.kept().take();
        let visited = std::mem::take(&mut scratch.visited);
        let distances = std::mem::take(&mut scratch.distances);
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
            distances,
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

    /// Visits a root, some of whose counts are pins, and learns its count, if nobody changes that.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, has its value, and stays so while the look goes on. If it is
    /// shared, it is pinned.
    #[inline]
    pub(super) unsafe fn visit(&mut self, edge: Edge, pins: u32) {
        // SAFETY: [live], from the caller.
        if let Some(spot) = unsafe { D::spot(edge) } {
            let unexplained = if D::IS_SHARED {
                Unexplained::UNCOUNTED
            } else {
                // SAFETY: as above.
                self.facts.is_plain &= !unsafe { D::is_special(edge.object()) };
                // SAFETY: as above.
                Unexplained::all_of(unsafe { D::count(edge.object()) } - pins)
            };
            spot.word().set(unexplained.0);
            self.enter(edge, spot.distance());
        }
    }

    /// Notes an object that is visited.
    #[inline]
    fn enter(&mut self, edge: Edge, distance: Distance) {
        self.held += 1;
        self.visited.push(edge);
        self.distances.push(distance);
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
            guards: std::mem::take(&mut self.guards),
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
    /// The ephemerons that are not alive, if the look was exact and in a shared heap. Nobody else is to find
    /// them in other hands than their map's, so they go before the locks do.
    pub(super) pairs: Vec<D::Pair>,
    /// Upgrades are kept off, if the look was exact.
    commit: Option<D::Commit>,
    /// The locks that are kept.
    guards: Guards,
}

impl<D: Domain> Outcome<D> {
    /// Whether what is not live is garbage for sure: see [`Look::run`].
    pub(super) fn is_exact(&self) -> bool {
        self.commit.is_some()
    }

    /// Whether it is all garbage, whose handles lead to such objects, too.
    pub(super) fn is_closed(&self) -> bool {
        let has_no_other = self.facts.is_without_exits && self.facts.is_without_leaves;
        matches!(self.live, Those::None) && has_no_other
    }

    /// Leaves the locks that are kept as they are, for they go along with what they guard.
    pub(super) fn forsake_locks(&mut self) {
        self.guards.forsake();
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
