//! The look: visits objects breadth first through their type's `trace` and counts edges.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::trial::Graph;
use crate::heap::Heap;
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
    /// Some object could not be looked into, or lied: what is live by it may be garbage.
    pub(super) is_blurred: bool,
}

impl<'h> Look<'h> {
    pub(super) fn new(heap: &'h Heap, oldest: usize) -> Self {
        Self {
            heap,
            oldest,
            visited: Vec::new(),
            graph: Graph::default(),
            tracer: Tracer::default(),
            is_blurred: false,
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
    pub(super) fn run(mut self, enter: bool) -> Outcome {
        let mut next = 0;
        while let Some(&object) = self.visited.get(next) {
            self.trace(object);
            let mut tracer = std::mem::take(&mut self.tracer);
            for child in tracer.edges.drain(..) {
                self.follow(child, enter);
            }
            tracer.weaks.clear();
            self.tracer = tracer;
            self.graph.end();
            next += 1;
        }
        let live = self.graph.live();
        Outcome { objects: self.visited.into_iter().zip(live).collect(), is_blurred: self.is_blurred }
    }

    /// Collects the edges of one object. If its `trace` panics it counts as having none.
    fn trace(&mut self, object: Object) {
        // SAFETY: [live], as all visited objects.
        let info = unsafe { object.header() }.info();
        let tracer = &mut self.tracer;
        // SAFETY: [typed], [value] as all visited objects. No `&mut` to the value exists: `get_mut`
        // lends one only of an object with a single handle, which it takes off the candidates;
        // such an object is visited only where that handle was found in a value that could be
        // read, and then the borrow of the handle, and with it the `&mut`, has ended.
        let trace = AssertUnwindSafe(|| unsafe { (info.trace)(object, tracer) });
        if let Err(panic) = catch_unwind(trace) {
            self.tracer.edges.clear();
            self.is_blurred = true;
            self.heap.note_panic(panic);
        }
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
            self.is_blurred = true;
            // SAFETY: [live]: the edge at hand is a handle.
            let name = (unsafe { child.header() }.info().name)();
            if cfg!(debug_assertions) {
                let text = format!("more handles to a `{name}` were traced than there are");
                self.heap.note_panic(Box::new(text));
            }
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
    pub(super) is_blurred: bool,
}
