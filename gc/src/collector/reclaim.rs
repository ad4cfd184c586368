//! What happens to garbage: finalizers, a second look, weak handles and callbacks, teardown.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::nesting::postponing_releases;
use super::observe::{Interrupted, Look, Outcome};
use super::report::{self, Reports};
use super::trial::{Those, Unexplained};
use super::{release, values};
use crate::gc::DebugFlags;
use crate::guarded::Guarded;
use crate::handle::Erased;
use crate::heap::{Heap, OLDEST};
use crate::object::{Edge, Header, Member, Object, Phase, Registration, State};
use crate::panics::{Panic, discard};
use crate::trace::{Remainder, Tracer};

/// Garbage: objects that nobody can get at any more.
pub(super) struct Garbage {
    objects: Vec<Edge>,
    /// Whether all their handles lead to such objects, too.
    is_closed: bool,
    /// Whether there is nothing to drop but such handles.
    is_hollow: bool,
    /// What has left weak collections on its account, and is dropped with it.
    members: Vec<Rc<dyn Member>>,
    end: End,
}

/// How garbage ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Freed where it lies: it has no finalizers and weak handles, and none of its destructors is
    /// user code or follows a handle. Until then the visit words tell it from everything else.
    Dissolve,
    /// Pinned by a count and `Doomed`, then dropped, and then freed: there is nobody to tell.
    TearDown,
    /// The same, after finalizers and with weak handles, or what may be such; or saved after that.
    Finalize,
}

impl Garbage {
    /// Takes what is not live of a look's objects, and leaves visit words that tell it from
    /// everything else.
    ///
    /// # Safety
    ///
    /// The objects are [live].
    pub(super) unsafe fn sort_out(heap: &Heap, outcome: Outcome<Heap>) -> Self {
        let is_closed = outcome.is_closed();
        let (facts, live) = (outcome.facts, outcome.live);
        let mut objects = outcome.objects;
        match live {
            Those::None => {}
            Those::All => {
                // SAFETY: [live], from the caller.
                unsafe { heap.clear_visit_words(&objects) };
                objects.clear();
            }
            Those::Some(_) => {
                let mut numbers = 0..;
                objects.retain(|edge| {
                    let is_live = numbers.next().is_none_or(|number| live.has(number));
                    let word = if is_live { 0 } else { Unexplained::NONE.0 };
                    // SAFETY: [live], from the caller.
                    if let Some(spot) = unsafe { Heap::spot(*edge) } {
                        spot.word().set(word);
                    }
                    !is_live
                });
            }
        }
        // SAFETY: [live], from the caller.
        let headers = || objects.iter().map(|edge| unsafe { edge.object().header() });
        let is_plain =
            !heap.watches_garbage() && (facts.is_plain || !headers().any(Header::is_special));
        let is_bare = |remainder| remainder != Remainder::Anything;
        let is_bare =
            is_bare(facts.remainder) || headers().all(|header| is_bare(header.info().remainder));
        let end = match (is_plain, is_bare && !Registration::exist()) {
            (false, _) => End::Finalize,
            (true, false) => End::TearDown,
            (true, true) => End::Dissolve,
        };
        Self {
            objects,
            is_closed,
            is_hollow: is_closed && facts.remainder == Remainder::Nothing,
            members: Vec::new(),
            end,
        }
    }

    /// Pins it, if user code may run before it is gone, and clears its visit words then.
    ///
    /// # Safety
    ///
    /// The objects are [live], no candidates by any list, and have their [value]; all handles to
    /// them are in such.
    pub(super) unsafe fn pin(&self, heap: &Heap) {
        if self.end == End::Dissolve {
            return;
        }
        for edge in &self.objects {
            // SAFETY: [live], from the caller.
            unsafe { edge.object().header() }.doom();
        }
        // SAFETY: as above.
        unsafe { heap.clear_visit_words(&self.objects) };
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }
}

/// Whether the collection under way has found a tracked object dead, and is about to free it.
///
/// # Safety
///
/// The object is [live].
#[inline]
pub(crate) unsafe fn is_dead(edge: Edge) -> bool {
    // SAFETY: from the caller.
    let spot = unsafe { Heap::spot(edge) };
    spot.is_some_and(|spot| Unexplained(spot.word().get()).is_none())
}

/// Finalizes, confirms and frees garbage; returns how many objects were collected. Notes the panics
/// of its detection.
pub(super) fn reclaim(heap: &Heap, garbage: Garbage, panics: Vec<Panic>) -> usize {
    // The first panic is kept. To drop the others is to run user code, which must not happen before
    // the garbage is gone.
    let panics = heap.nesting.pending.note_first(panics);
    let collected = match garbage.end {
        End::Dissolve => dissolve(heap, garbage),
        End::TearDown => tear_down(heap, garbage),
        End::Finalize => {
            let garbage = finalize_all(heap, garbage);
            if heap.saves_garbage() {
                save(heap, garbage)
            } else {
                tear_down(heap, garbage)
            }
        }
    };
    panics.into_iter().for_each(discard);
    collected
}

/// Runs the finalizers of garbage, looks again, and returns what is left of it, its weak handles
/// cleared.
fn finalize_all(heap: &Heap, mut garbage: Garbage) -> Garbage {
    let has_finalizer = condemn(heap, garbage.objects);
    // Whoever is told may do what a finalizer may.
    let is_told = tell_of_garbage(heap);
    if has_finalizer || is_told {
        finalize(heap);
        rescue(heap);
        // Nobody knows where its handles lead by now.
        garbage.is_closed = false;
    }
    garbage.objects = clear_weaks(heap);
    let objects = garbage.objects.iter();
    garbage.members = objects
        .flat_map(|edge| release::take_members(edge.object()))
        .collect();
    garbage
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

/// Tells of each object of the batch, if somebody wants to know.
fn tell_of_garbage(heap: &Heap) -> bool {
    if !heap.flags().contains(DebugFlags::COLLECTABLE) {
        return false;
    }
    let count = heap.condemned.borrow().len();
    for index in 0..count {
        if let Some((edge, _)) = condemned(heap, index) {
            // SAFETY: [live]: pinned.
            let info = unsafe { edge.object().header() }.info();
            report::collectable(heap, edge.object(), (info.name)());
        }
    }
    true
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
        let Some((edge, _)) = condemned(heap, index as usize) else {
            continue;
        };
        let object = edge.object();
        // SAFETY: [live]: a member in the batch is pinned.
        let header = unsafe { object.header() };
        if header.state().count() != 1 {
            continue;
        }
        heap.condemned.borrow_mut()[index as usize] = None;
        // Its finalizers have run: nobody asks for its epoch and its phase any more.
        header.set_count(0);
        // SAFETY: the count is zero and the batch gave it up.
        unsafe { release::release_now(heap, object) };
    }
}

/// Looks again at what is left, and lets go of what finalizers resurrected.
fn rescue(heap: &Heap) {
    let mut opaque = HashSet::new();
    let outcome = loop {
        release_pin_only(heap);
        match postponing_releases(heap, || look_again(heap, &opaque)) {
            Ok(outcome) => break outcome,
            Err(Interrupted { object, panic }) => {
                opaque.insert(object);
                heap.nesting.pending.note(panic);
            }
        }
    };
    // SAFETY: [live]: pinned.
    unsafe { heap.clear_visit_words(&outcome.objects) };
    let left: Vec<(Edge, u32)> = heap.condemned.take().into_iter().flatten().collect();
    let mut garbage = Vec::new();
    for (number, (edge, epoch)) in left.into_iter().enumerate() {
        // SAFETY: [live]: pinned.
        let header = unsafe { edge.object().header() };
        if !outcome.live.has(number) {
            // Its place in the batch is another one now, but nobody drops a handle to it before weak
            // handles are cleared.
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
fn look_again(heap: &Heap, opaque: &HashSet<Object>) -> Result<Outcome<Heap>, Interrupted> {
    let mut look = Look::new(heap, OLDEST, opaque);
    for (edge, _) in heap.condemned.borrow().iter().flatten() {
        // SAFETY: [live], tracked, [value]: pinned, so that it stays whatever a panic hook does.
        unsafe { look.visit(*edge, 1) };
    }
    look.run(false)
}

/// Makes every weak handle to the batch, whenever it was made, upgrade no more.
fn clear_weaks(heap: &Heap) -> Vec<Edge> {
    let batch = heap.condemned.take();
    let doom = |(edge, epoch): (Edge, u32)| {
        // SAFETY: [live]: pinned.
        let header = unsafe { edge.object().header() };
        header.set_place(epoch);
        header.set_phase(Phase::Doomed);
        edge
    };
    batch.into_iter().flatten().map(doom).collect()
}

/// Calls off the callbacks all of whose weak handles are in the garbage, whatever they point to;
/// returns their registrations.
fn call_off_callbacks(heap: &Heap, doomed: &[Edge]) -> Vec<Rc<Registration>> {
    if !Registration::exist() {
        return Vec::new();
    }
    let weaks = doomed
        .iter()
        .flat_map(|edge| weak_handles_of(heap, edge.object()));
    let inside = values::all_inside(weaks, Rc::strong_count);
    inside
        .iter()
        .for_each(|registration| registration.call_off());
    inside
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
    if let Err(panic) = postponing_releases(heap, || catch_unwind(trace)) {
        discard(panic);
    }
    tracer.weaks.unwrap_or_default()
}

/// Keeps garbage that has been finalized: it lives on, held by the list of saved garbage. Returns how
/// many objects that are.
fn save(heap: &Heap, garbage: Garbage) -> usize {
    let called_off = call_off_callbacks(heap, &garbage.objects);
    run_callbacks(heap, &garbage.objects);
    for edge in &garbage.objects {
        let object = edge.object();
        // SAFETY: [live]: pinned.
        let header = unsafe { object.header() };
        if let Some(extension) = header.extension() {
            extension.end_weak_handles();
        }
        // Its place is its epoch again.
        header.set_phase(Phase::Live);
        // SAFETY: [live], ordinary, tracked: the count that has been the pin is the handle's.
        let saved = Rc::new(unsafe { Erased::from_object(object) });
        heap.diagnosis.with(|diagnosis| diagnosis.saved.push(saved));
    }
    // The handles of these callbacks live on with what holds them.
    for registration in called_off {
        registration.reinstate();
    }
    values::drop_each(&heap.nesting, garbage.members);
    keep_vector(heap, garbage.objects)
}

/// Drops all values, with every member still allocated, then frees the memory.
fn tear_down(heap: &Heap, garbage: Garbage) -> usize {
    drop(call_off_callbacks(heap, &garbage.objects));
    if garbage.end == End::Finalize {
        run_callbacks(heap, &garbage.objects);
    }
    drop_values(heap, &garbage);
    values::drop_each(&heap.nesting, garbage.members);
    let doomed = garbage.objects;
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
    keep_vector(heap, doomed)
}

/// Drops all values, with every member still allocated.
fn drop_values(heap: &Heap, garbage: &Garbage) {
    let dropped = Cell::new(0);
    let drop_rest = || {
        for edge in &garbage.objects[dropped.get()..] {
            dropped.set(dropped.get() + 1);
            // SAFETY: [live]: pinned.
            let info = unsafe { edge.object().header() }.info();
            let drop_value = if garbage.is_closed {
                info.drop_sparing_all
            } else {
                info.drop_value
            };
            // SAFETY: [live], [typed] and [value]: pinned; [once]: `Doomed` objects are dropped
            // only here. Nothing leads to it but the values dropped here, and their drop glue
            // follows no handle. What closed garbage leads to is garbage and freed with it.
            unsafe { drop_value(edge.object()) };
        }
    };
    while let Err(panic) = catch_unwind(AssertUnwindSafe(drop_rest)) {
        heap.nesting.pending.note_unwound(panic);
    }
}

/// Drops all values but for the handles among them, and frees the memory. What else they lead to,
/// and must go too, waits until that is done: user code would find the garbage half gone.
fn dissolve(heap: &Heap, garbage: Garbage) -> usize {
    let Garbage {
        objects,
        is_closed,
        is_hollow,
        ..
    } = garbage;
    heap.pacing.released(objects.len());
    let drop_rest = |edge: &Edge| {
        // SAFETY: [live]: not yet freed, as each is in here once.
        let info = unsafe { edge.object().header() }.info();
        let drop_rest = if is_closed {
            info.drop_sparing_all
        } else {
            info.drop_sparing_dead
        };
        // SAFETY: [typed] and [value], as all garbage; [once]: nobody else can get at it, and its
        // destructors get at nothing. All that is spared is in the garbage, and freed with it.
        unsafe { drop_rest(edge.object()) };
    };
    let all = AssertUnwindSafe(|| {
        if !is_hollow {
            objects.iter().for_each(drop_rest);
        }
        // SAFETY: their values are gone, and all handles to them lay in these.
        unsafe { heap.free_all(&objects) };
    });
    // Only an allocator that breaks its contract panics: nobody could say what is left.
    if postponing_releases(heap, || catch_unwind(all)).is_err() {
        std::process::abort();
    }
    keep_vector(heap, objects)
}

/// Leaves the memory of a vector to the next collection; returns its length.
fn keep_vector(heap: &Heap, vector: Vec<Edge>) -> usize {
    let length = vector.len();
    let mut scratch = heap.scratch.take();
    scratch.visited = vector;
    heap.scratch.put(scratch);
    length
}
