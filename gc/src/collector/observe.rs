//! The look: visits objects breadth first through their type's `trace` and counts edges.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::trial::{Bits, Graph};
use crate::heap::{Heap, OLDEST, Scratch};
use crate::object::{Edge, Object, Tag};
use crate::panics::Panic;
use crate::trace::Tracer;

/// How many objects are traced before their edges are followed, so that the memory of what they
/// lead to has time to arrive.
const BATCH: usize = 16;

/// The objects one collection has visited, and how they hang together.
///
/// The visit word of a visited object is its number plus one; that of all others is zero.
pub(super) struct Look<'h> {
    heap: &'h Heap,
    /// The oldest generation that is entered.
    oldest: usize,
    scratch: Box<Scratch>,
    graph: Graph,
    /// Objects that are not looked into, because their `trace` panicked before.
    opaque: &'h HashSet<Object>,
    /// The type names of objects to which more handles were traced than there are.
    over_reported: Vec<&'static str>,
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.forget();
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.records = std::mem::take(&mut self.graph).into_records();
        self.heap.scratch.put(scratch);
    }
}

impl<'h> Look<'h> {
    pub(super) fn new(heap: &'h Heap, oldest: usize, opaque: &'h HashSet<Object>) -> Self {
        let mut scratch = heap.scratch.take();
        let graph = Graph::new(std::mem::take(&mut scratch.records));
        Self {
            heap,
            oldest,
            scratch,
            graph,
            opaque,
            over_reported: Vec::new(),
        }
    }

    /// Visits an object whose count, less what the collector holds, is `count`.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, has its value, and stays so while the look goes on.
    pub(super) unsafe fn visit(&mut self, object: Object, count: u32) {
        // SAFETY: [live], from the caller.
        let info = unsafe { object.header() }.info();
        // SAFETY: [live] and [typed].
        let edge = Edge::new(object, unsafe { info.layout(object) });
        // SAFETY: [live].
        if let Some(word) = unsafe { Heap::visit_word(edge) } {
            self.enter(edge, word, count);
        }
    }

    #[inline]
    fn enter(&mut self, edge: Edge, word: &Cell<u32>, count: u32) -> u32 {
        let number = self.graph.add(count);
        word.set(number + 1);
        self.scratch.visited.push(edge);
        number
    }

    /// Looks into every visited object, and visits what it leads to if `enter` is set and it is
    /// of the generations to be looked at. Then says which are live.
    ///
    /// The first panic of a `trace` ends the look: the panic hook is user code, and whatever it
    /// did, what has been seen may not hold any more.
    pub(super) fn run(mut self, enter: bool) -> Result<Outcome, Interrupted> {
        let starters = self.scratch.visited.len();
        match self.look_into_all(enter) {
            Ok(()) => Ok(Outcome {
                live: self.graph.live(),
                objects: self.forget(),
                starters,
                over_reported: std::mem::take(&mut self.over_reported),
            }),
            Err((object, panic)) => {
                let mut starters_only = self.forget();
                starters_only.truncate(starters);
                Err(Interrupted {
                    object,
                    panic,
                    starters: starters_only,
                })
            }
        }
    }

    fn look_into_all(&mut self, enter: bool) -> Result<(), (Object, Panic)> {
        let mut tracer = Tracer {
            edges: std::mem::take(&mut self.scratch.edges),
            weaks: None,
        };
        let mut ends = [0; BATCH];
        let mut next = 0;
        while next < self.scratch.visited.len() {
            let batch = BATCH.min(self.scratch.visited.len() - next);
            for (edge, end) in self.scratch.visited[next..].iter().zip(&mut ends[..batch]) {
                self.trace(edge.object(), &mut tracer)?;
                *end = tracer.edges.len();
            }
            if batch > 1 {
                self.prefetch(&tracer.edges, next + batch);
            }
            let mut start = 0;
            for end in &ends[..batch] {
                for edge in &tracer.edges[start..*end] {
                    self.follow(*edge, enter);
                }
                self.graph.end();
                start = *end;
            }
            tracer.edges.clear();
            next += batch;
        }
        self.scratch.edges = tracer.edges;
        Ok(())
    }

    /// Asks for the memory that is needed soon: the visit words of what these edges lead to, those
    /// of the objects that are new, and the objects to be traced next.
    #[inline]
    fn prefetch(&self, edges: &[Edge], next: usize) {
        for edge in edges {
            // SAFETY: [live]: the edge is a handle.
            unsafe { Heap::prefetch_visit_word(*edge) };
        }
        for edge in edges {
            // SAFETY: as above.
            if unsafe { Heap::visit_word(*edge) }.is_some_and(|word| word.get() == 0) {
                Heap::prefetch_object(*edge);
            }
        }
        for edge in self.scratch.visited[next..].iter().take(BATCH) {
            Heap::prefetch_object(*edge);
        }
    }

    /// Clears the visit words, and returns the objects that were visited.
    fn forget(&mut self) -> Vec<Edge> {
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

    #[inline]
    fn follow(&mut self, edge: Edge, enter: bool) {
        // SAFETY: [live]: the edge at hand is a handle.
        let Some(word) = (unsafe { Heap::visit_word(edge) }) else {
            return;
        };
        let number = match word.get().checked_sub(1) {
            Some(number) => number,
            None if enter && self.is_entered(edge) => {
                // SAFETY: [live]: the edge at hand is a handle.
                let count = unsafe { edge.object().header() }.state().count();
                self.enter(edge, word, count)
            }
            None => return,
        };
        if self.graph.edge(number).is_err() {
            // SAFETY: [live]: the edge at hand is a handle.
            let info = unsafe { edge.object().header() }.info();
            self.over_reported.push((info.name)());
        }
    }

    /// Whether an object met on the way is of the generations to be looked at. It is tracked, or
    /// large.
    #[inline]
    fn is_entered(&self, edge: Edge) -> bool {
        // SAFETY: [live]: the edge at hand is a handle.
        let header = unsafe { edge.object().header() };
        let is_tracked = edge.is_in_block() || !header.has(Tag::UNTRACKED);
        if !is_tracked || !header.state().is_ordinary() {
            return false;
        }
        // SAFETY: [live], tracked and ordinary.
        self.oldest == OLDEST || unsafe { self.heap.generation_of(edge.object()) } <= self.oldest
    }
}

/// The result of a look.
pub(super) struct Outcome {
    /// The visited objects, by number.
    pub(super) objects: Vec<Edge>,
    /// How many of them, the first ones, the look started from.
    pub(super) starters: usize,
    /// Those of them that are live.
    pub(super) live: Bits,
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
    /// The objects the look started from.
    pub(super) starters: Vec<Edge>,
}
