//! The look: visits objects breadth first through their type's `trace` and counts edges.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::trial::Graph;
use crate::heap::{Heap, Panic};
use crate::object::{Object, Phase, Tag};
use crate::trace::Tracer;

/// The objects one collection has visited, and how they hang together.
pub(super) struct Look<'h> {
    heap: &'h Heap,
    /// The oldest generation that is entered.
    oldest: usize,
    visited: Vec<Object>,
    graph: Graph,
    tracer: Tracer,
    /// Objects that are not looked into, because their `trace` panicked before.
    opaque: &'h HashSet<Object>,
    /// The type names of objects to which more handles were traced than there are.
    over_reported: Vec<&'static str>,
}

impl<'h> Look<'h> {
    pub(super) fn new(heap: &'h Heap, oldest: usize, opaque: &'h HashSet<Object>) -> Self {
        Self {
            heap,
            oldest,
            visited: Vec::new(),
            graph: Graph::default(),
            tracer: Tracer::default(),
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
        let number = self.graph.add(count);
        // SAFETY: [live], from the caller.
        unsafe { object.prefix() }.visit.set(number);
        self.visited.push(object);
    }

    /// The number of an object, if it was visited. The scratch word of an object that was not
    /// holds anything; the list of the visited tells.
    fn number(&self, object: Object) -> Option<u32> {
        // SAFETY: [live]: the handle at hand holds it.
        let number = unsafe { object.prefix() }.visit.get();
        (self.visited.get(number as usize) == Some(&object)).then_some(number)
    }

    /// Looks into every visited object, and visits what it leads to if `enter` is set and it is
    /// of the generations to be looked at. Then says which are live.
    ///
    /// The first panic of a `trace` ends the look: the panic hook is user code, and whatever it
    /// did, what has been seen may not hold any more.
    pub(super) fn run(mut self, enter: bool) -> Result<Outcome, Interrupted> {
        let mut next = 0;
        while let Some(&object) = self.visited.get(next) {
            if !self.opaque.contains(&object) {
                self.trace(object)?;
            }
            let mut tracer = std::mem::take(&mut self.tracer);
            for child in tracer.edges.drain(..) {
                self.follow(child, enter);
            }
            self.tracer = tracer;
            self.graph.end();
            next += 1;
        }
        let live = self.graph.live();
        Ok(Outcome {
            objects: self.visited.into_iter().zip(live).collect(),
            over_reported: self.over_reported,
        })
    }

    /// Collects the edges of one object.
    fn trace(&mut self, object: Object) -> Result<(), Interrupted> {
        // SAFETY: [live], as all visited objects.
        let info = unsafe { object.header() }.info();
        let tracer = &mut self.tracer;
        // SAFETY: [typed], [value] as all visited objects. No `&mut` to the value exists: `get_mut`
        // lends one only of an object with a single handle, which it takes off the candidates;
        // such an object is visited only where that handle was found in a value that could be
        // read, and then the borrow of the handle, and with it the `&mut`, has ended.
        let trace = AssertUnwindSafe(|| unsafe { (info.trace)(object, tracer) });
        catch_unwind(trace).map_err(|panic| Interrupted { object, panic })
    }

    fn follow(&mut self, child: Object, enter: bool) {
        let number = match self.number(child) {
            Some(number) => number,
            None if enter && self.is_entered(child) => {
                // SAFETY: [live]: the edge at hand is a handle.
                let count = unsafe { child.header() }.state().count();
                // SAFETY: the same; it is ordinary, so has its value; nothing is freed during a
                // look.
                unsafe { self.visit(child, count) };
                (self.visited.len() - 1) as u32
            }
            None => return,
        };
        if self.graph.edge(number).is_err() {
            // SAFETY: [live]: the edge at hand is a handle.
            self.over_reported
                .push((unsafe { child.header() }.info().name)());
        }
    }

    /// Whether an object met on the way is of the generations to be looked at.
    fn is_entered(&self, object: Object) -> bool {
        // SAFETY: [live]: the edge at hand is a handle.
        let header = unsafe { object.header() };
        let is_ordinary = matches!(header.state().phase(), Phase::Live | Phase::Candidate);
        // SAFETY: the same; a tracked ordinary object has a generation.
        is_ordinary
            && !header.has(Tag::UNTRACKED)
            && unsafe { self.heap.generation_of(object) } <= self.oldest
    }
}

/// The result of a look.
pub(super) struct Outcome {
    /// Each visited object, and whether it is live.
    pub(super) objects: Vec<(Object, bool)>,
    /// See [`Look`].
    pub(super) over_reported: Vec<&'static str>,
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
