//! The collector of the heap that threads share: trial deletion beside threads that go on.
//!
//! A look keeps the locks of what it reads until it has decided, and so it is exact, as the argument in
//! `object/shared/word.rs` has it. If it meets too many locks, somebody might have to wait: then it lets
//! each go as soon as what is behind it is pinned, and is a rough look. Nothing that is garbage escapes
//! that, for nobody changes garbage; but a handle that wanders about meanwhile may be missed. So what it
//! takes for garbage is looked at once more, exactly: with all locks kept, which nobody wants if it is
//! garbage. If there are finalizers to run, no lock is held while they do, and what is left is looked at
//! again after them.

mod at_exit;
mod detection;
mod domain;
mod garbage;
mod judgement;
mod release;
mod walk;

use std::cell::Cell;
use std::mem::take;
use std::ops::Deref;

pub(crate) use self::at_exit::add_at_exit;
pub(crate) use self::release::{
    drop_handle, drop_handles, dropped, forget, free, free_now, run_callbacks,
};
pub(crate) use self::walk::{Walk, for_each_object};

use self::detection::renumber;
use self::garbage::Garbage;
use self::walk::between_looks;
use super::collection::{self, Collected, Collects, collect_quietly, collect_repeatedly};
use super::nesting::call_quietly;
use super::report::Reports;
use crate::gc::{DebugFlags, Event};
use crate::guarded::Guarded;
use crate::heap::process::{self, AGES, DIAGNOSIS, HOOKS, Mutator};
use crate::heap::{Cause, OLDEST, PERMANENT, Pacing, shared as memory};
use crate::object::shared::Flag;

/// A collection that the user asked for: returns how many objects were collected, and resumes the
/// first panic of user code.
pub(crate) fn collect_explicitly(generation: usize) -> usize {
    let was_idle = process::pacing(Pacing::is_idle);
    Mutator::with(|mutator| {
        collection::collect_explicitly(mutator, generation, |collected| {
            if generation == OLDEST && was_idle && collected == 0 {
                memory::give_back();
            }
        })
    })
}

/// The step before a tracked object is made: the collection that is due then.
#[inline]
pub(crate) fn before_allocation(mutator: &Mutator) {
    if mutator.is_due() {
        collect_due(mutator);
    }
}

/// Never unwinds, and says so: the value for the object, which waits meanwhile, need not be where a
/// landing pad can drop it, but may stay in registers.
#[cold]
#[inline(never)]
extern "C" fn collect_due(mutator: &Mutator) {
    if mutator.has_left_many_behind() {
        detection::sweep(mutator);
    }
    if !mutator.collecting.get() && !process::is_detector_soon_free() {
        mutator.put_off();
        return;
    }
    // The object to be made counts as one that the collection finds there.
    mutator.made();
    let generation = process::pacing(|pacing| pacing.is_due().then(|| pacing.due()));
    if let Some(generation) = generation {
        collect_quietly(mutator, generation, Cause::Automatic);
    }
    mutator.not_yet_made();
}

/// The thread ends. If it is the last one that uses the heap, what is garbage then is finalized.
pub(crate) fn thread_exit() {
    Mutator::with(|mutator| {
        mutator.nesting.exiting.set(true);
        end(mutator);
        mutator.nesting.ended.set(true);
    });
}

/// The thread has to do with the heap no longer. If nobody has, what is garbage then is finalized.
fn end(mutator: &Mutator) {
    if !mutator.collecting.get() && mutator.end() {
        unfreeze();
        let saved = DIAGNOSIS.with(|diagnosis| take(&mut diagnosis.saved));
        call_quietly(&mutator.nesting, || drop(saved));
        if process::has_candidates() || at_exit::exist() {
            // Of a thread that has begun meanwhile the finalizers are not due.
            shutdown_with(mutator, || mutator.is_alone());
            mutator.end();
        }
    }
    mutator.nesting.forget_room();
}

/// Runs the finalizers that wait for the exit, newest first, then collects what is garbage, and what
/// that leaves behind.
pub(crate) fn shutdown() {
    Mutator::with(|mutator| shutdown_with(mutator, || true));
}

fn shutdown_with(mutator: &Mutator, may_finalize: impl Fn() -> bool) {
    process::pacing(Pacing::pause);
    at_exit::run(mutator, may_finalize);
    collect_repeatedly(mutator);
    process::pacing(Pacing::resume);
}

/// Freezes all objects there are.
pub(crate) fn freeze() {
    between_looks(|| {
        if AGES.is_last() {
            renumber();
        }
        AGES.freeze();
        process::start_over();
        process::pacing(Pacing::start_over);
    });
}

/// Moves what is frozen to the oldest generation.
pub(crate) fn unfreeze() {
    between_looks(|| AGES.unfreeze());
}

impl Reports for Mutator {
    fn flags(&self) -> DebugFlags {
        DIAGNOSIS.with(|diagnosis| diagnosis.flags)
    }

    fn sink(&self) -> Option<impl Deref<Target: Fn(&str)>> {
        DIAGNOSIS.with(|diagnosis| diagnosis.sink.clone())
    }

    /// Waits for the look of another thread.
    fn generation_sizes(&self) -> [usize; PERMANENT + 1] {
        let mut sizes = [0; PERMANENT + 1];
        for_each_object(|_, _, bits| {
            if !bits.has(Flag::Untracked) {
                sizes[AGES.generation(bits.epoch())] += 1;
            }
        });
        sizes
    }
}

impl Collects for Mutator {
    fn collecting(&self) -> &Cell<bool> {
        &self.collecting
    }

    fn hooks(&self) -> Vec<impl Deref<Target: Fn(&Event)>> {
        HOOKS.with(|hooks| hooks.all())
    }

    /// Does nothing if nobody asked for it and another thread is at it.
    fn collect(&self, generation: usize, cause: Cause) -> Collected {
        let garbage = Garbage::detect(self, generation, cause);
        let found = garbage.len();
        let collected = garbage.reclaim(self);
        process::pacing(|pacing| pacing.collected(generation, collected));
        Collected { found, collected }
    }
}
