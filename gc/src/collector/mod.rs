//! The collector: trial deletion over candidates, in generations, without recursion.
//!
//! [`collection`] is the frame of a collection; [`detect`] and [`reclaim`] list its phases in their
//! order. The rules it follows are those of CPython's `gc_collect_main`, but for one: weak handles are
//! cleared after the finalizers have run, so that both paths, counting and collecting, keep the same
//! order.

mod collection;
mod domain;
mod ephemerons;
mod nesting;
mod observe;
mod reclaim;
mod release;
mod report;
pub(crate) mod shared;
mod trial;
mod values;
mod walk;

use std::cell::Cell;
use std::collections::HashSet;
use std::mem::take;
use std::ops::Deref;

pub(crate) use self::reclaim::is_dead;
pub(crate) use self::release::{drop_erased, dropped, given_up, run_callbacks};
pub(crate) use self::walk::{Walk, Walks};

use self::collection::{Collected, Collects, collect_quietly, collect_repeatedly};
use self::nesting::{call_quietly, postponing_releases};
use self::observe::{Interrupted, Look, Outcome};
use self::reclaim::Garbage;
use self::report::Reports;
use self::trial::Those;
use crate::gc::{DebugFlags, Event};
use crate::guarded::Guarded;
use crate::heap::{AtExit, Candidate, Cause, Found, Heap, Nesting, OLDEST, PERMANENT, RunsAtExit};
use crate::object::Phase;
use crate::panics::Panic;

/// A collection that the user asked for: returns how many objects were collected, and resumes the
/// first panic of user code.
pub(crate) fn collect_explicitly(heap: &Heap, generation: usize) -> usize {
    let was_idle = heap.pacing.is_idle();
    collection::collect_explicitly(heap, generation, |collected| {
        if heap.collecting.get() {
            return;
        }
        if heap.nesting.ended.get() {
            heap.shrink();
        } else if generation == OLDEST && was_idle && collected == 0 {
            heap.give_back();
        }
    })
}

/// The step before a tracked object is made: the collection that is due then.
#[inline]
pub(crate) fn before_allocation(heap: &Heap) {
    if heap.pacing.is_due() {
        collect_due(heap);
    }
}

/// Never unwinds, and says so: the value for the object, which waits meanwhile, need not be where a
/// landing pad can drop it, but may stay in registers.
#[cold]
#[inline(never)]
extern "C" fn collect_due(heap: &Heap) {
    // The object to be made counts as one that the collection finds there.
    heap.pacing.made();
    let generation = heap.pacing.due();
    // Nobody asked for it, so nobody gets its panic.
    collect_quietly(heap, generation, Cause::Automatic);
    heap.pacing.not_yet_made();
}

/// The thread ends: last finalizers, last collection. Panics are swallowed.
pub(crate) fn thread_exit() {
    Heap::with(|heap| {
        heap.nesting.exiting.set(true);
        heap.ages.unfreeze();
        let saved = heap.diagnosis.with(|diagnosis| take(&mut diagnosis.saved));
        call_quietly(&heap.nesting, move || drop(saved));
        shutdown(heap);
        let sink = heap.diagnosis.with(|diagnosis| diagnosis.sink.take());
        call_quietly(&heap.nesting, move || drop(sink));
        heap.nesting.ended.set(true);
        heap.shrink();
    });
}

/// Handles were dropped after the thread's last collection: nobody will come later to collect.
///
/// Costs a look at what these handles lead to.
pub(crate) fn collect_last(heap: &Heap) {
    if heap.collecting.get() {
        return;
    }
    if heap.candidates.exist() {
        collect_repeatedly(heap);
    }
    heap.shrink();
}

/// Runs the finalizers that wait for the exit, newest first, then collects what is garbage.
pub(crate) fn shutdown(heap: &Heap) {
    heap.pacing.pause();
    AtExit::run(&heap.at_exit, &heap.exit_depth, |finalizer| {
        run_at_exit(&heap.nesting, || finalizer.upgrade())
    });
    collect_repeatedly(heap);
    heap.pacing.resume();
    // Nothing need be dropped later that would see to it.
    if heap.nesting.ended.get() && !heap.collecting.get() {
        heap.shrink();
    }
}

/// Runs a finalizer, if it is there and due; says whether it was.
fn run_at_exit<W, P>(nesting: &Nesting<W>, finalizer: impl FnOnce() -> Option<P>) -> bool
where
    P: Deref<Target: RunsAtExit>,
{
    let mut is_due = true;
    call_quietly(nesting, || {
        is_due = finalizer().is_some_and(|finalizer| finalizer.run_at_exit());
    });
    is_due
}

impl Reports for Heap {
    fn flags(&self) -> DebugFlags {
        self.diagnosis.with(|diagnosis| diagnosis.flags)
    }

    fn sink(&self) -> Option<impl Deref<Target: Fn(&str)>> {
        self.diagnosis.with(|diagnosis| diagnosis.sink.clone())
    }

    fn generation_sizes(&self) -> [usize; PERMANENT + 1] {
        self.generation_sizes()
    }
}

impl Collects for Heap {
    fn collecting(&self) -> &Cell<bool> {
        &self.collecting
    }

    fn hooks(&self) -> Vec<impl Deref<Target: Fn(&Event)>> {
        self.hooks.borrow().all()
    }

    fn collect(&self, generation: usize, cause: Cause) -> Collected {
        // What it works in stays allocated, in whatever generation, until the thread's end is noticed: and this
        // thread may have no object.
        self.guard();
        let Detected { garbage, panics } = detect(self, generation, cause);
        let found = garbage.len();
        let collected = reclaim::reclaim(self, garbage, panics);
        self.pacing.collected(generation, collected);
        Collected { found, collected }
    }
}

/// What a detection found: garbage, and the panics of `trace`.
struct Detected {
    garbage: Garbage,
    panics: Vec<Panic>,
}

/// Deduces the garbage of the generations up to `generation`, promotes the rest, and gives
/// survivors their candidacy back. Runs no user code but `trace`.
fn detect(heap: &Heap, generation: usize, cause: Cause) -> Detected {
    heap.pacing.starting(generation);
    heap.note_size();
    if heap.ages.is_last() {
        renumber(heap);
    }
    let mut opaque = HashSet::new();
    let mut panics = Vec::new();
    let outcome = loop {
        match postponing_releases(heap, || {
            Look::from_candidates(heap, generation, &opaque).run(true)
        }) {
            Ok(found) => break found,
            Err(Interrupted { object, panic }) => {
                opaque.insert(object);
                panics.push(panic);
            }
        }
    };
    panics.extend(outcome.complaints());
    // What cannot be looked into, or lies, may keep garbage alive: it is looked at again.
    // And what is frozen may hold what nobody else does: it was given up once, and need not be again.
    let keeps_candidates = generation < OLDEST || !panics.is_empty() || heap.ages.has_frozen();
    let spares_newborn = heap.pacing.spares_newborn(cause);
    heap.ages
        .promote(generation, heap.ages.grown(spares_newborn));
    let visited = outcome.objects.len() - outcome.passed_by;
    let garbage = sort_out(heap, outcome, generation, spares_newborn, keeps_candidates);
    let found = Found {
        visited,
        garbage: garbage.len(),
    };
    heap.pacing.finished(cause, generation, found);
    Detected { garbage, panics }
}

/// Sorts out the garbage, which ceases to be candidates, and leaves the other candidates to the
/// next generation, or lets them be none any more.
fn sort_out(
    heap: &Heap,
    outcome: Outcome<Heap>,
    generation: usize,
    spares_newborn: bool,
    keeps_candidates: bool,
) -> Garbage {
    let is_plain = outcome.facts.is_plain && !heap.watches_garbage();
    let is_all_garbage = matches!(outcome.live, Those::None);
    // SAFETY: the look has just found that all handles to the others are in these.
    let garbage = unsafe { Garbage::sort_out(heap, outcome) };
    let leave = |candidate: Candidate| {
        // SAFETY: [live]: a candidate that is freed vacates its slot.
        let header = unsafe { candidate.edge.object().header() };
        header.set_place(candidate.epoch);
        header.set_phase(Phase::Live);
    };
    // Nobody asks for the epoch of garbage that is not finalized.
    if keeps_candidates {
        // SAFETY: [live], as above.
        let is_garbage = |candidate: &Candidate| unsafe { is_dead(candidate.edge) };
        let leave = |candidate| {
            if !is_plain {
                leave(candidate);
            }
        };
        heap.candidates.discard(generation, is_garbage, leave);
        heap.candidates.compact(generation, |edge, place| {
            // SAFETY: [live], as above.
            unsafe { edge.object().header() }.set_place(place);
        });
        heap.candidates.promote(generation, spares_newborn);
    } else if is_plain && is_all_garbage {
        heap.candidates.clear(&heap.scratch, |_| {});
    } else {
        heap.candidates.clear(&heap.scratch, leave);
    }
    // SAFETY: garbage still, and not candidates.
    unsafe { garbage.pin(heap) };
    garbage
}

/// Gives every object a small birth epoch of its generation.
fn renumber(heap: &Heap) {
    heap.ages.renumber(|change| renumber_all(heap, change));
}

fn renumber_all(heap: &Heap, change: &dyn Fn(u32) -> u32) {
    heap.candidates.renumber(change);
    for object in heap.all_objects() {
        // SAFETY: [live]: the table lists allocated objects.
        let header = unsafe { object.header() };
        // The places of other phases are no epochs; those not built yet get theirs later.
        if matches!(
            header.state().phase(),
            Phase::Live | Phase::Dying | Phase::Doomed
        ) {
            header.set_place(change(header.place()));
        }
    }
    for (_, epoch) in heap.condemned.borrow_mut().iter_mut().flatten() {
        *epoch = change(*epoch);
    }
}

/// Freezes all objects there are.
pub(crate) fn freeze(heap: &Heap) {
    if heap.nesting.exiting.get() {
        return;
    }
    if heap.ages.is_last() {
        renumber(heap);
    }
    heap.ages.freeze();
    heap.pacing.start_over();
}
