//! What happens to garbage: finalizers, a second look, weak handles and callbacks, teardown.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::observe::{Interrupted, Look, Outcome};
use super::trial::Live;
use super::{looking, release};
use crate::heap::{Heap, OLDEST};
use crate::object::{Edge, Object, Phase, Registration, State};
use crate::panics::{Panic, discard};
use crate::trace::Tracer;

/// Garbage, pinned by a count on each object: `Doomed`, unless user code comes first.
pub(super) struct Garbage {
    objects: Vec<Edge>,
    /// Whether any of it has, or may have, a finalizer or weak handles.
    is_special: bool,
}

impl Garbage {
    /// Pins what is not live of a look's objects.
    ///
    /// # Safety
    ///
    /// The objects are [live], ordinary, and have their [value]; all handles to those that are not
    /// live are in such.
    pub(super) unsafe fn pin(
        heap: &Heap,
        mut objects: Vec<Edge>,
        live: &Live,
        may_be_candidates: bool,
    ) -> Self {
        match live {
            Live::All => objects.clear(),
            Live::None => {}
            Live::Some(_) => {
                let mut numbers = 0..;
                objects.retain(|_| numbers.next().is_some_and(|number| !live.has(number)));
            }
        }
        let mut is_special = false;
        for edge in &objects {
            // SAFETY: [live], from the caller.
            let header = unsafe { edge.object().header() };
            is_special |= !header.is_plain();
            if may_be_candidates {
                // SAFETY: as above.
                unsafe { heap.unlist(edge.object()) };
            }
            header.doom();
        }
        Self {
            objects,
            is_special,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }
}

/// Finalizes, confirms and frees garbage; returns how many objects were collected. Notes the panics
/// of its detection.
pub(super) fn reclaim(heap: &Heap, garbage: Garbage, panics: Vec<Panic>) -> usize {
    // The first panic is kept. To drop the others is to run user code, which must not happen before
    // the weak handles are cleared, unless a second look follows.
    let mut panics = panics.into_iter();
    if let Some(first) = panics.next() {
        heap.pending.note(first);
    }
    let doomed = if garbage.is_special {
        finalize_all(heap, garbage.objects)
    } else {
        garbage.objects
    };
    call_off_callbacks(heap, &doomed);
    if garbage.is_special {
        run_callbacks(heap, &doomed);
    }
    let collected = doomed.len();
    tear_down(heap, doomed);
    panics.for_each(discard);
    collected
}

/// Runs the finalizers of garbage, looks again, and returns what is left of it, its weak handles
/// cleared.
fn finalize_all(heap: &Heap, garbage: Vec<Edge>) -> Vec<Edge> {
    if condemn(heap, garbage) {
        finalize(heap);
        rescue(heap);
    }
    clear_weaks(heap)
}

/// Makes garbage the batch of condemned objects. Returns whether any of it has a finalizer to run.
fn condemn(heap: &Heap, garbage: Vec<Edge>) -> bool {
    let mut has_finalizer = false;
    let mut batch = heap.condemned.borrow_mut();
    for (index, edge) in (0..).zip(garbage) {
        // SAFETY: [live]: pinned.
        let header = unsafe { edge.object().header() };
        has_finalizer |= header.is_to_finalize();
        batch.push(Some((edge, header.place())));
        header.set_place(index);
        header.set_phase(Phase::Condemned);
    }
    has_finalizer
}

/// Runs the callbacks of objects whose weak handles are cleared.
fn run_callbacks(heap: &Heap, doomed: &[Edge]) {
    // All are taken before the first runs: one may drop a weak handle whose callback is due.
    let entries: Vec<_> = doomed
        .iter()
        .flat_map(|edge| release::take_entries(edge.object()))
        .collect();
    release::run_all(heap, entries);
}

/// The object at an index of the batch, unless it was freed.
fn condemned(heap: &Heap, index: usize) -> Option<(Edge, u32)> {
    heap.condemned.borrow()[index]
}

/// Runs every finalizer of the batch that has not run yet, on a whole batch.
fn finalize(heap: &Heap) {
    let count = heap.condemned.borrow().len();
    for index in 0..count {
        let Some((edge, _)) = condemned(heap, index) else {
            continue;
        };
        let object = edge.object();
        // SAFETY: [live]: pinned.
        let header = unsafe { object.header() };
        if header.is_to_finalize() {
            // SAFETY: [live] and [value]: pinned. No `&mut` exists: the pin counts for `get_mut`.
            unsafe { release::finalize(heap, object) };
        }
    }
}

/// Frees by counting the members that finalizers cut loose, and what these cut loose in turn.
fn release_pin_only(heap: &Heap) {
    loop {
        let Some(index) = heap.pin_only.borrow_mut().pop() else {
            break;
        };
        // A member that lost its last handle twice is listed twice, and may be gone by now.
        let Some((edge, epoch)) = condemned(heap, index as usize) else {
            continue;
        };
        let object = edge.object();
        // SAFETY: [live]: a member in the batch is pinned.
        let header = unsafe { object.header() };
        if header.state().count() != 1 {
            continue;
        }
        heap.condemned.borrow_mut()[index as usize] = None;
        header.set_place(epoch);
        header.set_count(0);
        header.set_phase(Phase::Live);
        // SAFETY: the count is zero and the batch gave it up.
        unsafe { release::release_now(heap, object) };
    }
}

/// Looks again at what is left, and lets go of what finalizers resurrected.
fn rescue(heap: &Heap) {
    let mut opaque = HashSet::new();
    let outcome = loop {
        release_pin_only(heap);
        match looking(heap, || look_again(heap, &opaque)) {
            Ok(outcome) => break outcome,
            Err(Interrupted { object, panic }) => {
                opaque.insert(object);
                heap.pending.note(panic);
            }
        }
    };
    let left: Vec<(Edge, u32)> = heap.condemned.take().into_iter().flatten().collect();
    let mut garbage = Vec::new();
    for (number, (edge, epoch)) in left.into_iter().enumerate() {
        // SAFETY: [live]: pinned.
        let header = unsafe { edge.object().header() };
        if !outcome.live.has(number) {
            header.set_place(garbage.len() as u32);
            garbage.push(Some((edge, epoch)));
            continue;
        }
        header.set_place(epoch);
        header.set_count(header.state().count() - 1);
        header.set_phase(Phase::Live);
        // SAFETY: [live]: something outside the garbage leads to it.
        unsafe { heap.enlist(edge) };
    }
    heap.condemned.replace(garbage);
}

/// One look at what is left of the batch, and at nothing else.
fn look_again(heap: &Heap, opaque: &HashSet<Object>) -> Result<Outcome, Interrupted> {
    let mut look = Look::new(heap, OLDEST, opaque);
    for (edge, _) in heap.condemned.borrow().iter().flatten() {
        // SAFETY: [live], tracked, [value]: pinned, so that it stays whatever a panic hook does.
        unsafe { look.visit(*edge) };
    }
    look.run(false)
}

/// Makes every weak handle to the batch, whenever it was made, upgrade no more.
fn clear_weaks(heap: &Heap) -> Vec<Edge> {
    let batch = heap.condemned.take();
    let doomed: Vec<Edge> = batch.into_iter().flatten().map(|entry| entry.0).collect();
    for edge in &doomed {
        // SAFETY: [live]: pinned.
        unsafe { edge.object().header() }.set_phase(Phase::Doomed);
    }
    doomed
}

/// Calls off the callbacks all of whose weak handles are in the garbage, whatever they point to.
fn call_off_callbacks(heap: &Heap, doomed: &[Edge]) {
    if !Registration::exist() {
        return;
    }
    let mut inside: HashMap<_, (Rc<Registration>, usize)> = HashMap::new();
    for registration in doomed
        .iter()
        .flat_map(|edge| weak_handles_of(heap, edge.object()))
    {
        let key = Rc::as_ptr(&registration);
        inside.entry(key).or_insert((registration, 0)).1 += 1;
    }
    for (registration, handles) in inside.into_values() {
        // One count is our own.
        if Rc::strong_count(&registration) - 1 <= handles {
            registration.call_off();
        }
    }
}

/// The weak handles with a callback that a member of the garbage owns.
fn weak_handles_of(heap: &Heap, object: Object) -> Vec<Rc<Registration>> {
    let mut tracer = Tracer {
        weaks: Some(Vec::new()),
        ..Tracer::new()
    };
    // SAFETY: [live]: pinned.
    let trace = unsafe { object.header() }.info().trace;
    // SAFETY: [typed], [value]: nothing is torn down yet; no `&mut` exists, as nothing outside
    // leads here.
    let trace = AssertUnwindSafe(|| unsafe { trace(object, &mut tracer) });
    if let Err(panic) = looking(heap, || catch_unwind(trace)) {
        discard(panic);
    }
    tracer.weaks.unwrap_or_default()
}

/// Drops all values, with every member still allocated, then frees the memory.
fn tear_down(heap: &Heap, doomed: Vec<Edge>) {
    for edge in &doomed {
        // SAFETY: [live]: pinned.
        let header = unsafe { edge.object().header() };
        // SAFETY: [live] and [value]: pinned; [once]: `Doomed` objects are dropped only here.
        // Nothing leads to it but the values dropped here, and their drop glue follows no handle.
        unsafe { release::drop_value(heap, header.info(), edge.object()) };
    }
    heap.pacing.released(doomed.len());
    for edge in &doomed {
        // SAFETY: [live]: pinned until the next line but one.
        let header = unsafe { edge.object().header() };
        if header.is_extended() {
            header.set_state(State::DYING);
            // SAFETY: the value is gone; the pin was the last claim.
            unsafe { heap.free(edge.object()) };
        } else {
            // SAFETY: as above, and there are no weak handles.
            unsafe { heap.free_at(*edge) };
        }
    }
    let mut scratch = heap.scratch.take();
    scratch.visited = doomed;
    heap.scratch.put(scratch);
}
