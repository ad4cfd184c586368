//! The look: visits objects breadth first through their type's `trace` and counts edges.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::trial::{Edges, Explained, Live, Spots, Unexplained};
use crate::heap::{Heap, OLDEST, Scratch, Spot};
use crate::object::{Edge, Header, Object, Phase};
use crate::panics::Panic;
use crate::trace::Tracer;

/// How many objects are traced before their edges are followed, so that the memory of what they
/// lead to has time to arrive.
const BATCH: usize = 16;

/// The objects one collection has visited, and how they hang together.
///
/// While edges are counted, the visit word of an object is its [`Unexplained`]; then, of visited
/// objects, the number; and between looks it is zero.
pub(super) struct Look<'h> {
    heap: &'h Heap,
    /// The oldest generation that is entered.
    oldest: usize,
    scratch: Box<Scratch>,
    edges: Edges,
    /// The visited objects all whose handles are explained.
    explained: Spots,
    /// For [`Edges::spread`].
    passed: Spots,
    /// How many visited objects have handles that no edge explains.
    held: usize,
    /// Whether no visited object has, or may have, a finalizer or weak handles.
    is_plain: bool,
    /// Objects that are not looked into, because their `trace` panicked before.
    opaque: &'h HashSet<Object>,
    /// The type names of objects to which more handles were traced than there are.
    over_reported: Vec<&'static str>,
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.forget();
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.records = std::mem::take(&mut self.edges).into_records();
        let sets = [&mut self.explained, &mut self.passed];
        scratch.sets = sets.map(|set| std::mem::take(set).into_words());
        self.heap.scratch.put(scratch);
    }
}

impl<'h> Look<'h> {
    /// A look from the candidates of the generations up to `oldest`: all of them first, which is
    /// the order of memory as far as that can be had.
    pub(super) fn from_candidates(
        heap: &'h Heap,
        oldest: usize,
        opaque: &'h HashSet<Object>,
    ) -> Self {
        let mut look = Self::new(heap, oldest, opaque);
        heap.candidates.visit(oldest, |candidate| {
            if oldest == OLDEST || heap.ages.generation(candidate.epoch) <= oldest {
                // SAFETY: [live]: a candidate that is freed vacates its slot. Candidates are
                // tracked and have their value. Nothing is freed in a look.
                unsafe { look.visit(candidate.edge) };
            }
        });
        look
    }

    /// A look that starts from no object.
    pub(super) fn new(heap: &'h Heap, oldest: usize, opaque: &'h HashSet<Object>) -> Self {
        let mut scratch = heap.scratch.take();
        let edges = Edges::new(std::mem::take(&mut scratch.records));
        let sets = std::mem::take(&mut scratch.sets);
        let [explained, passed] = sets.map(|words| Spots::new(words, heap.spots()));
        Self {
            heap,
            oldest,
            scratch,
            edges,
            explained,
            passed,
            held: 0,
            is_plain: true,
            opaque,
            over_reported: Vec::new(),
        }
    }

    /// Visits an object.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, has its value, and stays so while the look goes on.
    #[inline]
    pub(super) unsafe fn visit(&mut self, edge: Edge) {
        // SAFETY: [live], from the caller.
        if let Some(spot) = unsafe { Heap::spot(edge) } {
            // SAFETY: as above.
            let header = unsafe { edge.object().header() };
            self.is_plain &= header.is_plain();
            spot.set_word(Unexplained::all_of(header.state().unpinned_count()).0);
            self.enter(edge, spot);
        }
    }

    /// Notes an object that is visited.
    #[inline]
    fn enter(&mut self, edge: Edge, spot: Spot) {
        self.held += 1;
        self.scratch.visited.push(edge);
        self.scratch.numbers.push(spot.number());
    }

    /// Looks into every visited object, and visits what it leads to if `enter` is set and it is
    /// of the generations to be looked at. Then says which are live.
    ///
    /// The first panic of a `trace` ends the look: the panic hook is user code, and whatever it
    /// did, what has been seen may not hold any more.
    pub(super) fn run(mut self, enter: bool) -> Result<Outcome, Interrupted> {
        match self.look_into_all(enter) {
            Ok(()) => Ok(Outcome {
                live: self.live(),
                is_plain: self.is_plain,
                objects: self.forget(),
                over_reported: std::mem::take(&mut self.over_reported),
            }),
            Err((object, panic)) => Err(Interrupted { object, panic }),
        }
    }

    fn look_into_all(&mut self, enter: bool) -> Result<(), (Object, Panic)> {
        let mut tracer = Tracer {
            edges: std::mem::take(&mut self.scratch.edges),
            weaks: None,
        };
        let mut spots = std::mem::take(&mut self.scratch.spots);
        let mut ends = [0; BATCH];
        let mut next = 0;
        while let Some(edge) = self.scratch.visited.get(next) {
            let batch = BATCH.min(self.scratch.visited.len() - next);
            if batch == 1 {
                // Nothing to do while memory arrives.
                self.trace(edge.object(), &mut tracer)?;
                for edge in &tracer.edges {
                    // SAFETY: [live]: the edge is a handle.
                    let spot = unsafe { Heap::spot(*edge) };
                    self.follow(*edge, spot, enter);
                }
                self.edges.end();
            } else {
                for (edge, end) in self.scratch.visited[next..].iter().zip(&mut ends[..batch]) {
                    self.trace(edge.object(), &mut tracer)?;
                    *end = tracer.edges.len();
                }
                self.find_spots(&tracer.edges, &mut spots, next + batch);
                let mut found = tracer.edges.iter().zip(spots.drain(..));
                let mut start = 0;
                for end in &ends[..batch] {
                    for (edge, spot) in found.by_ref().take(*end - start) {
                        self.follow(*edge, spot, enter);
                    }
                    self.edges.end();
                    start = *end;
                }
            }
            tracer.edges.clear();
            next += batch;
        }
        self.scratch.edges = tracer.edges;
        self.scratch.spots = spots;
        Ok(())
    }

    /// Finds where edges lead, and asks for the memory that is needed soon: the words there, the
    /// objects that are new, and those to be traced next.
    #[inline]
    fn find_spots(&self, edges: &[Edge], spots: &mut Vec<Option<Spot>>, next: usize) {
        spots.extend(edges.iter().map(|edge| {
            // SAFETY: [live]: the edge is a handle.
            let spot = unsafe { Heap::spot(*edge) };
            if let Some(spot) = spot {
                spot.prefetch();
            }
            spot
        }));
        for (edge, spot) in edges.iter().zip(&*spots) {
            if spot.is_some_and(|spot| spot.word() == 0) {
                edge.prefetch();
            }
        }
        for edge in self.scratch.visited[next..].iter().take(BATCH) {
            edge.prefetch();
        }
    }

    /// Counts an edge, and visits what it leads to if that is new.
    #[inline]
    fn follow(&mut self, edge: Edge, spot: Option<Spot>, enter: bool) {
        let Some(spot) = spot else {
            return;
        };
        let mut unexplained = Unexplained(spot.word());
        if !unexplained.is_visited() {
            // SAFETY: [live]: the edge at hand is a handle.
            let header = unsafe { edge.object().header() };
            if !enter || !self.is_entered(header) {
                return;
            }
            self.is_plain &= header.is_plain();
            unexplained = Unexplained::all_of(header.state().count());
            self.enter(edge, spot);
        }
        self.edges.add(spot.number());
        match unexplained.explain_one() {
            Explained::Some => {}
            Explained::All => {
                self.held -= 1;
                self.explained.add(spot.number());
            }
            Explained::TooMany => self.complain(edge, spot),
        }
        spot.set_word(unexplained.0);
    }

    #[cold]
    fn complain(&mut self, edge: Edge, spot: Spot) {
        self.held += 1;
        self.explained.remove(spot.number());
        // SAFETY: [live]: the edge at hand is a handle.
        let info = unsafe { edge.object().header() }.info();
        self.over_reported.push((info.name)());
    }

    /// Which of the visited objects are live: those with a handle that no edge explains, and what
    /// they lead to.
    fn live(&mut self) -> Live {
        let visited = &self.scratch.visited;
        if self.held == visited.len() {
            return Live::All;
        }
        if self.held == 0 {
            return Live::None;
        }
        // From the first question on, visit words are numbers.
        let are_numbers = Cell::new(false);
        let number_of = |spot| {
            if !are_numbers.replace(true) {
                for (number, edge) in (0..).zip(visited) {
                    // SAFETY: [live], as all visited objects.
                    if let Some(spot) = unsafe { Heap::spot(*edge) } {
                        spot.set_word(number);
                    }
                }
            }
            self.heap.word_at(spot) as usize
        };
        let (dead, numbers) = (&mut self.explained, &self.scratch.numbers);
        self.edges
            .spread(dead, &mut self.passed, numbers, number_of);
        Live::some(numbers.len(), |number| !dead.has(numbers[number]))
    }

    /// Clears the visit words and the sets, and returns the objects that were visited.
    fn forget(&mut self) -> Vec<Edge> {
        self.explained.clear(&self.scratch.numbers);
        self.passed.clear(&self.scratch.numbers);
        self.scratch.numbers.clear();
        let visited = std::mem::take(&mut self.scratch.visited);
        // SAFETY: [live], as all visited objects while the look goes on.
        unsafe { self.heap.clear_visit_words(&visited) };
        visited
    }

    /// Collects the edges of one object.
    #[inline]
    fn trace(&self, object: Object, tracer: &mut Tracer) -> Result<(), (Object, Panic)> {
        if !self.opaque.is_empty() && self.opaque.contains(&object) {
            return Ok(());
        }
        // SAFETY: [live], as all visited objects.
        let info = unsafe { object.header() }.info();
        // SAFETY: [typed], [value] as all visited objects. No `&mut` to the value exists: `get_mut`
        // lends one only of an object with a single handle, which it takes off the candidates;
        // such an object is visited only where that handle was found in a value that could be
        // read, and then the borrow of the handle, and with it the `&mut`, has ended.
        let trace = AssertUnwindSafe(|| unsafe { (info.trace)(object, tracer) });
        catch_unwind(trace).map_err(|panic| (object, panic))
    }

    /// Whether an object met on the way is of the generations to be looked at. It is tracked. No
    /// candidate is: those of these generations have been visited before all others.
    #[inline]
    fn is_entered(&self, header: &Header) -> bool {
        header.state().phase() == Phase::Live
            && (self.oldest == OLDEST || self.heap.ages.generation(header.place()) <= self.oldest)
    }
}

/// The result of a look.
pub(super) struct Outcome {
    /// The visited objects, by number.
    pub(super) objects: Vec<Edge>,
    /// Whether none of them has, or may have, a finalizer or weak handles.
    pub(super) is_plain: bool,
    /// Those of them that are live.
    pub(super) live: Live,
    /// See [`Look`].
    over_reported: Vec<&'static str>,
}

impl Outcome {
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
