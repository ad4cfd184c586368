//! Walks: reading the heap for somebody who asks about it.
//!
//! A walk collects nothing and changes nothing, but it runs `trace`, which may panic, and then the
//! panic hook, which is user code. So it takes the same care as a look: nothing is freed meanwhile,
//! no collection begins, no handle is unique.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::nesting::apart;
use crate::gc::ObjectRef;
use crate::heap::Heap;
use crate::object::{Edge, Object, Phase, Tag, TypeInfo};
use crate::panics::{Panic, discard};
use crate::trace::{Fields, Tracer};

/// A walk over the objects of a heap, whoever's that is.
///
/// Other threads may go on meanwhile, so what is found at one moment need not be there at the next, but for
/// what the walk [keeps](Self::keeps).
pub(crate) trait Walks {
    /// The objects that are ordinary and in nobody's hands, tracked or not: they are there until the end.
    fn all(&mut self) -> Vec<Object>;

    /// Whether an object that was met is there until the end, whatever others do.
    fn keeps(&self, object: Object) -> bool;

    /// What is to be said of an object.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn describe(&self, object: Object) -> ObjectRef;

    /// Whether an object's value cannot be lent out by `get_mut` or `make_mut`, for all the walk knows.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn may_look_into(&self, object: Object) -> bool;

    /// What is known of an object's type, if its value is there and can hold handles.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn info_of_value(object: Object) -> Option<&'static TypeInfo>;

    /// What receives the handles that values report, and the panics of their `trace`.
    fn receivers(&mut self) -> (&mut Tracer, &mut Vec<Panic>);

    /// The handles that a value reports, which stay where they are until the next question; none if its
    /// `trace` panics, or it is not there.
    ///
    /// # Safety
    ///
    /// The object is [live], and there is no `&mut` to its value, and none comes: a handle to it is borrowed,
    /// or the walk keeps it and may look into it.
    unsafe fn edges_of(&mut self, object: Object) -> &[Edge] {
        let (tracer, panics) = self.receivers();
        tracer.forget();
        // SAFETY: [live], from the caller.
        if let Some(info) = unsafe { Self::info_of_value(object) } {
            // SAFETY: [typed], [value]; no `&mut`, from the caller.
            let trace = AssertUnwindSafe(|| unsafe { (info.trace)(object, tracer) });
            if let Err(panic) = catch_unwind(trace) {
                panics.push(panic);
                tracer.forget();
            }
        }
        tracer.found()
    }

    /// The same, each with the field that the handle is in. They need not stay there: no lock is kept, as
    /// what is behind it may have locks of its own. Objects that are found may be gone when this returns, but
    /// who asks only looks for those that are not.
    ///
    /// # Safety
    ///
    /// As for [`edges_of`](Self::edges_of).
    unsafe fn fields_of(&mut self, object: Object) -> Vec<(Object, String)> {
        let (tracer, panics) = self.receivers();
        tracer.forget();
        let mut fields = Fields::new(tracer.is_shared);
        // SAFETY: [live], from the caller.
        if let Some(info) = unsafe { Self::info_of_value(object) } {
            // SAFETY: [typed], [value]; no `&mut`, from the caller.
            let trace = AssertUnwindSafe(|| unsafe { (info.trace_fields)(object, &mut fields) });
            if let Err(panic) = catch_unwind(trace) {
                panics.push(panic);
                return Vec::new();
            }
        }
        fields.into_edges()
    }

    /// Calls `visit` with every tracked object that is ordinary and may be looked into, and its handles.
    ///
    /// What `get_mut` lends is found by its one handle only: where that can be read, the loan has ended.
    fn visit_all(&mut self, visit: impl FnMut(Object, &[Edge]));
}

/// What a walk knows while it goes on. See the module.
pub(crate) struct Walk<'h> {
    heap: &'h Heap,
    tracer: Tracer,
    panics: Vec<Panic>,
}

impl<'h> Walk<'h> {
    /// Walks: every object that is there when `run` is called stays allocated until it returns.
    ///
    /// Panics of `trace` go no further, as the panic hook has reported them.
    pub(crate) fn run<R>(heap: &'h Heap, run: impl FnOnce(&mut Self) -> R) -> R {
        let mut walk = Self {
            heap,
            tracer: Tracer::new(),
            panics: Vec::new(),
        };
        let was_collecting = heap.collecting.replace(true);
        let result = apart(heap, || {
            let result = run(&mut walk);
            heap.collecting.set(was_collecting);
            result
        });
        walk.panics.into_iter().for_each(discard);
        result
    }
}

impl Walks for Walk<'_> {
    fn all(&mut self) -> Vec<Object> {
        self.heap.ordinary_objects()
    }

    /// Nothing is freed in a walk.
    fn keeps(&self, _: Object) -> bool {
        true
    }

    unsafe fn describe(&self, object: Object) -> ObjectRef {
        // SAFETY: from the caller.
        unsafe { ObjectRef::describe(self.heap, object) }
    }

    unsafe fn info_of_value(object: Object) -> Option<&'static TypeInfo> {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        let state = header.state();
        let has_value = state.is_ordinary() || state.phase() == Phase::Condemned;
        has_value.then(|| header.info())
    }

    fn receivers(&mut self) -> (&mut Tracer, &mut Vec<Panic>) {
        (&mut self.tracer, &mut self.panics)
    }

    unsafe fn may_look_into(&self, object: Object) -> bool {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        !(header.has(Tag::EXCLUSIVE) && header.state().count() == 1)
    }

    fn visit_all(&mut self, mut visit: impl FnMut(Object, &[Edge])) {
        let (mut lent, mut ready) = (HashSet::new(), Vec::new());
        for object in self.heap.tracked_objects() {
            // SAFETY: [live], as everything that is there while a walk goes on.
            if unsafe { self.may_look_into(object) } {
                ready.push(object);
            } else {
                lent.insert(object);
            }
        }
        ready.reverse();
        while let Some(object) = ready.pop() {
            // SAFETY: [live], as above. There is no `&mut` to the value: it was not lent, or its one
            // handle was found in a value that could be read. No handle is unique while a walk goes
            // on, so it cannot have been lent since.
            let edges = unsafe { self.edges_of(object) };
            let found = edges.iter().map(|edge| edge.object());
            ready.extend(found.filter(|object| lent.remove(object)));
            visit(object, edges);
        }
    }
}
