//! Garbage of the shared heap: how it is found, and what happens to it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::detection::{Afterwards, Detecting, renumber, rescue, take_candidates, unpin};
use super::judgement::{Judged, Verdict, look, look_exactly, members_of, sort_out};
use super::release;
use crate::collector::report::{self, Reports};
use crate::collector::values;
use crate::gc::DebugFlags;
use crate::guarded::Guarded;
use crate::handle::Erased;
use crate::heap::process::{self, AGES, DIAGNOSIS, Finalizing, Member, Mutator};
use crate::heap::shared as memory;
use crate::heap::{Cause, Found, OLDEST};
use crate::object::shared::{Flag, Left, Pair, Registration};
use crate::object::{Edge, Object};
use crate::panics::{Panic, discard};
use crate::trace::{Remainder, Tracer};

/// Garbage, which the collection has pinned.
#[derive(Default)]
pub(super) struct Garbage {
    /// They are marked, so that nobody gets at them any more, unless there are finalizers to run.
    members: Vec<Member>,
    /// The entries of weak collections that go with it, from when it is marked: then nobody else has handles
    /// to it.
    entries: Vec<Arc<dyn Pair>>,
    /// Whether it is freed where it lies. Little of it is marked then, for there is hardly anybody to see
    /// that.
    dissolves: bool,
    /// The panics of its detection.
    panics: Vec<Panic>,
    /// While there are finalizers to run, or somebody to be told: since before the scan ended.
    finalizing: Option<Finalizing>,
    /// Whether it has been confirmed, and is not to be freed. It is not marked then.
    is_saved: bool,
}

impl Garbage {
    /// Finds the garbage of the generations up to `generation`, promotes the rest, and gives survivors
    /// their candidacy back.
    pub(super) fn detect(mutator: &Mutator, generation: usize, cause: Cause) -> Self {
        let detector = match cause {
            Cause::Explicit => Some(process::detector()),
            Cause::Automatic => process::try_detector(),
        };
        let Some(detector) = detector else {
            return Self::default();
        };
        let mut afterwards = Afterwards::default();
        // A thread that collects because it has made many objects looks at its own candidates, most of which
        // it knows still: others see to theirs. If its garbage is old, it looks at all.
        let is_own = cause == Cause::Automatic && generation < OLDEST;
        let mut detecting = Detecting::begin(mutator, detector, is_own);
        let garbage = detect(&mut detecting, generation, cause, is_own, &mut afterwards);
        drop(detecting);
        afterwards.run();
        garbage
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Finalizes, confirms and frees it; returns how many objects were collected. Notes the panics of the
    /// looks.
    pub(super) fn reclaim(mut self, mutator: &Mutator) -> usize {
        let pending = &mutator.nesting.pending;
        // To drop the others is to run user code, which must not happen before the garbage is gone.
        let mut others = pending.note_first(std::mem::take(&mut self.panics));
        if let Some(finalizing) = self.finalizing.take() {
            self.tell(mutator);
            self.finalize(mutator);
            self.release_what_is_left_to_pins();
            self.confirm(mutator);
            drop(finalizing);
            others.append(&mut pending.note_first(std::mem::take(&mut self.panics)));
        }
        let count = self.members.len();
        if self.is_saved {
            self.save(mutator);
        } else if self.dissolves {
            self.dissolve(mutator);
        } else {
            self.tear_down(mutator);
        }
        others.into_iter().for_each(discard);
        count
    }

    /// Tells of each object, if somebody wants to know.
    fn tell(&self, mutator: &Mutator) {
        if !mutator.flags().contains(DebugFlags::COLLECTABLE) {
            return;
        }
        for object in self.members.iter().map(|member| member.object()) {
            // SAFETY: [live]: pinned.
            let info = unsafe { object.shared() }.info();
            report::collectable(mutator, object, (info.name)());
        }
    }

    /// Runs every finalizer that has not run yet.
    fn finalize(&self, mutator: &Mutator) {
        for member in &self.members {
            if member.word().finalize() {
                // SAFETY: [live] and [value]: pinned. No `&mut` exists: the pin counts for `get_mut`.
                unsafe { release::finalize(mutator, member.object()) };
            }
        }
    }

    /// Frees by counting the members that finalizers cut loose, and what these cut loose in turn.
    fn release_what_is_left_to_pins(&mut self) {
        let by_object = |member: &Member| (member.object(), *member);
        let mut mine: HashMap<Object, Member> = self.members.iter().map(by_object).collect();
        loop {
            let left = process::take_left_to_pin(|edge| mine.contains_key(&edge.object()));
            if left.is_empty() {
                break;
            }
            for object in left.into_iter().map(Edge::object) {
                // The edge is our own: the one that was left may be of an object that was here before.
                let Some(&member) = mine.get(&object) else {
                    // It was released a moment ago.
                    continue;
                };
                if member.word().unpin_last(member.taken.is_some()) {
                    mine.remove(&object);
                    // SAFETY: [live], by the count, which was the pin.
                    unsafe { release::drop_handle(member.edge) };
                }
            }
        }
        self.members
            .retain(|member| mine.contains_key(&member.object()));
    }

    /// Looks again at what is left, marks what is garbage still, or has its weak handles end, and lets go of
    /// what finalizers resurrected.
    fn confirm(&mut self, mutator: &Mutator) {
        self.is_saved = mutator.saves_garbage();
        let verdict = if self.is_saved {
            Verdict::Save
        } else {
            Verdict::Condemn
        };
        let mut afterwards = Afterwards::default();
        let mut detecting = Detecting::begin(mutator, process::detector(), false);
        let detector = &mut *detecting.detector;
        let members = std::mem::take(&mut self.members);
        let judged = look_exactly(detector, members, |_| verdict);
        for survivor in judged.survivors {
            rescue(detector, survivor, &mut afterwards);
        }
        // From now on nobody is left to a pin alone: what was since is garbage, or lives.
        self.members = judged.garbage;
        self.entries = judged.entries;
        self.dissolves = judged.dissolves;
        self.panics = detector.panics.take();
        drop(detecting);
        afterwards.run();
    }

    /// Runs the callbacks of its weak handles; returns what has left weak collections.
    fn end_weak_handles(&self, mutator: &Mutator) -> Vec<Left> {
        // Entries that the look has not counted have no handles to garbage.
        let members = self.members.iter();
        let left: Vec<_> = members
            .flat_map(|member| release::take_members(member.object()))
            .collect();
        // All are taken before the first runs: one may drop a weak handle whose callback is due.
        let members = self.members.iter();
        let entries = members
            .flat_map(|member| release::take_entries(member.object()))
            .collect();
        release::run_all(mutator, entries);
        left
    }

    /// Keeps it, when the callbacks of its weak handles have run: it lives on, held by the list of saved
    /// garbage.
    fn save(&self, mutator: &Mutator) {
        let called_off = self.call_off_callbacks();
        let left = self.end_weak_handles(mutator);
        let members = self.members.iter();
        let saved = members.map(|member| {
            member.word().keep(member.taken.is_some());
            // SAFETY: [live], tracked, with its value: the count that has been the pin is the handle's.
            Arc::new(unsafe { Erased::from_object(member.object()) })
        });
        let saved: Vec<_> = saved.collect();
        DIAGNOSIS.with(|diagnosis| diagnosis.saved.extend(saved));
        // The handles of these callbacks live on with what holds them.
        for registration in called_off {
            registration.reinstate();
        }
        values::drop_each(&mutator.nesting, left);
    }

    /// Frees it, without regard to the handles in it.
    fn dissolve(&self, mutator: &Mutator) {
        mutator.released(self.members.len());
        for member in &self.members {
            // SAFETY: [live]: pinned.
            let info = unsafe { member.object().shared() }.info();
            if info.remainder != Remainder::Nothing {
                // SAFETY: [typed] and [value]; [once]: nobody else has access. All handles that it has lead
                // to objects that are freed here, too.
                unsafe { (info.drop_sparing_all)(member.object()) };
            }
            // SAFETY: the value is gone.
            unsafe { release::forget_member(*member) };
        }
    }

    /// Runs the callbacks of its weak handles, drops all values, with every member still allocated,
    /// then frees the memory.
    fn tear_down(self, mutator: &Mutator) {
        drop(self.call_off_callbacks());
        let left = self.end_weak_handles(mutator);
        for member in &self.members {
            // SAFETY: [live], [typed] and [value]: pinned; [once]: dead objects are dropped only here.
            // Nothing leads to it but the values dropped here, and their drop glue follows no handle.
            unsafe { release::drop_value(mutator, member.object()) };
        }
        values::drop_each(&mutator.nesting, self.entries);
        values::drop_each(&mutator.nesting, left);
        mutator.released(self.members.len());
        for member in &self.members {
            // SAFETY: the value is gone.
            unsafe { release::forget_member(*member) };
        }
    }

    /// Calls off the callbacks all of whose weak handles are in the garbage, whatever they point to;
    /// returns their registrations.
    fn call_off_callbacks(&self) -> Vec<Arc<Registration>> {
        if !Registration::exist() {
            return Vec::new();
        }
        let entries = self.entries.iter();
        let in_entries = entries.flat_map(|entry| weak_handles(|tracer| entry.trace(tracer)));
        let members = self.members.iter();
        let weaks = members.flat_map(|member| weak_handles_of(member.object()));
        let inside = values::all_inside(weaks.chain(in_entries), Arc::strong_count);
        inside
            .iter()
            .for_each(|registration| registration.call_off());
        inside
    }
}

/// The weak handles with a callback that a member of the garbage owns.
fn weak_handles_of(object: Object) -> Vec<Arc<Registration>> {
    // SAFETY: [live]: pinned.
    let trace = unsafe { object.shared() }.info().trace;
    // SAFETY: [typed], [value]: nothing is torn down yet; nobody else can get at it.
    weak_handles(|tracer| unsafe { trace(object, tracer) })
}

/// The weak handles with a callback that `trace` reports.
fn weak_handles(trace: impl FnOnce(&mut Tracer)) -> Vec<Arc<Registration>> {
    let mut tracer = Tracer {
        shared_weaks: Some(Vec::new()),
        ..Tracer::new()
    };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| trace(&mut tracer))) {
        discard(panic);
    }
    tracer.shared_weaks.unwrap_or_default()
}

/// See [`Garbage::detect`].
fn detect(
    detecting: &mut Detecting<'_>,
    generation: usize,
    cause: Cause,
    is_own: bool,
    afterwards: &mut Afterwards,
) -> Garbage {
    if AGES.is_last() {
        renumber();
    }
    let (detector, mutator) = (&mut *detecting.detector, detecting.mutator);
    if is_own {
        mutator.start_over();
    } else {
        process::start_over();
    }
    memory::note_size();
    let spares_newborn = process::pacing(|pacing| {
        pacing.starting(generation);
        pacing.spares_newborn(cause)
    });
    let taken = take_candidates(detector, generation, is_own, afterwards);
    mutator.drained();
    let outcome = look(detector, generation, &taken, true);
    let visited = outcome.objects.len();
    let members = members_of(&outcome, taken);
    let mut finalizing = None;
    let is_watched = mutator.watches_garbage();
    let judge = |garbage: &[Member]| {
        let has_finalizer = |member: &Member| member.word().peek().has(Flag::ToFinalize);
        if garbage.is_empty() || !is_watched && !garbage.iter().any(has_finalizer) {
            return Verdict::Condemn;
        }
        finalizing = Some(Finalizing::begin());
        Verdict::Finalize
    };
    let judged = if outcome.is_exact() {
        Judged::by(detector, outcome, members, judge)
    } else {
        let (mut survivors, suspects) = sort_out(members, &outcome.live);
        drop(outcome);
        let mut judged = look_exactly(detector, suspects, judge);
        judged.survivors.append(&mut survivors);
        judged
    };
    let members = judged.garbage;
    AGES.promote(generation, mutator.grown(spares_newborn, is_own));
    // What cannot be looked into may keep garbage alive: it is looked at again. And what is frozen may
    // hold what nobody else does.
    let panics = detector.panics.take();
    let may_settle = generation == OLDEST && panics.is_empty() && !AGES.has_frozen();
    let mut survivors = judged.survivors;
    for survivor in survivors.drain(..) {
        unpin(detector, survivor, may_settle, afterwards);
    }
    detector.keep_members(survivors);
    let found = Found {
        visited,
        garbage: members.len(),
    };
    process::pacing(|pacing| pacing.finished(cause, generation, found));
    Garbage {
        members,
        entries: judged.entries,
        dissolves: judged.dissolves,
        panics,
        finalizing,
        is_saved: false,
    }
}
