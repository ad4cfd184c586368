//! Garbage of the shared heap: how it is found, and what happens to it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard};

use super::release;
use crate::collector::domain::Domain;
use crate::collector::nesting::{end_outermost, enter, leave};
use crate::collector::observe::{Look, Outcome};
use crate::collector::trial::Those;
use crate::collector::values;
use crate::heap::process::{self, AGES, Detector, Finalizing, Mutator};
use crate::heap::shared as memory;
use crate::heap::{Cause, Found, OLDEST};
use crate::object::shared::{Bits, Claims, Flag, Pair, Registration, Taken, Unpinned, Word};
use crate::object::{Edge, Object};
use crate::panics::{Panic, discard};
use crate::trace::Tracer;

/// An object that a collection has pinned.
#[derive(Clone, Copy)]
struct Member {
    edge: Edge,
    /// Its word as it was then, if it was taken out of a buffer.
    taken: Option<Bits>,
    /// Whether it has been touched since, so that it has to stay a candidate if it lives.
    is_touched: bool,
}

impl Member {
    fn object(self) -> Object {
        self.edge.object()
    }

    fn word(&self) -> &Word {
        // SAFETY: [live]: pinned.
        &unsafe { self.object().shared() }.word
    }
}

/// Garbage, which the collection has pinned.
#[derive(Default)]
pub(super) struct Garbage {
    /// They are marked, so that nobody gets at them any more, unless there are finalizers to run.
    members: Vec<Member>,
    /// The entries of weak collections that go with it, as soon as it is marked: no others have handles to
    /// it.
    entries: Vec<Arc<dyn Pair>>,
    /// The panics of its detection.
    panics: Vec<Panic>,
    /// While there are finalizers to run: since before the scan ended.
    finalizing: Option<Finalizing>,
}

/// What is to be done when the detector has been given up.
#[derive(Default)]
pub(super) struct Afterwards {
    /// Handles that are to be dropped.
    pub(super) handles: Vec<Edge>,
    /// Objects without a value that no buffer has any more.
    memory: Vec<Object>,
}

impl Afterwards {
    pub(super) fn run(self) {
        for object in self.memory {
            // SAFETY: the strong handles have given up their claim, and the buffer too.
            unsafe { release::free(object) };
        }
        if self.handles.is_empty() {
            return;
        }
        // In one release, so that a panic comes after the last of them.
        Mutator::with(|mutator| {
            let level = enter(&mutator.nesting);
            for edge in self.handles {
                // SAFETY: [live], by the count, which was a pin.
                unsafe { release::drop_handle(edge) };
            }
            leave(mutator, level);
            end_outermost(mutator);
        });
    }
}

/// Has the detector, and says so.
pub(super) struct Detecting<'m> {
    mutator: &'m Mutator,
    detector: MutexGuard<'static, Detector>,
}

impl<'m> Detecting<'m> {
    pub(super) fn begin(mutator: &'m Mutator, detector: MutexGuard<'static, Detector>) -> Self {
        mutator.detecting.set(true);
        Self { mutator, detector }
    }
}

impl Drop for Detecting<'_> {
    fn drop(&mut self) {
        self.detector.view.take();
        self.detector.note_left();
        self.mutator.detecting.set(false);
    }
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
        let mut detecting = Detecting::begin(mutator, detector);
        let garbage = detect(&mut detecting, generation, cause, &mut afterwards);
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
            self.finalize(mutator);
            self.release_what_is_left_to_pins();
            self.confirm(mutator);
            drop(finalizing);
            others.append(&mut pending.note_first(std::mem::take(&mut self.panics)));
        }
        let count = self.members.len();
        self.tear_down(mutator);
        others.into_iter().for_each(discard);
        count
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

    /// Looks again at what is left, marks what is garbage still, and lets go of what finalizers
    /// resurrected.
    fn confirm(&mut self, mutator: &Mutator) {
        let mut afterwards = Afterwards::default();
        let mut detecting = Detecting::begin(mutator, process::detector());
        let detector = &mut *detecting.detector;
        let members = std::mem::take(&mut self.members);
        let (garbage, survivors, entries) = look_exactly(detector, members, |_| true);
        for survivor in survivors {
            rescue(detector, survivor, &mut afterwards);
        }
        // From now on nobody is left to a pin alone: what was since is garbage, or lives.
        self.members = garbage;
        self.entries = entries;
        self.panics = detector.panics.take();
        drop(detecting);
        afterwards.run();
    }

    /// Runs the callbacks of its weak handles, drops all values, with every member still allocated,
    /// then frees the memory.
    fn tear_down(self, mutator: &Mutator) {
        drop(self.call_off_callbacks());
        // Of entries that the look has not counted: they have no handles to garbage.
        let members = self.members.iter();
        let left: Vec<_> = members
            .flat_map(|member| release::take_members(member.object()))
            .collect();
        // All are taken before the first runs: one may drop a weak handle whose callback is due.
        let members = self.members.iter();
        let callbacks = members
            .flat_map(|member| release::take_entries(member.object()))
            .collect();
        release::run_all(mutator, callbacks);
        for member in &self.members {
            // SAFETY: [live], [typed] and [value]: pinned; [once]: dead objects are dropped only here.
            // Nothing leads to it but the values dropped here, and their drop glue follows no handle.
            unsafe { release::drop_value(mutator, member.object()) };
        }
        release::drop_members(mutator, self.entries);
        release::drop_members(mutator, left);
        mutator.released(self.members.len());
        for member in &self.members {
            // No buffer gets a dead object any more: most have it not, and need no step to settle that.
            let is_buffered = member.word().read().has(Flag::Buffered);
            let claims = if is_buffered {
                Claims::Shared
            } else {
                Claims::Sole
            };
            // SAFETY: the value is gone, and the pin was the last claim but for a buffer's.
            unsafe { release::forget(member.edge, claims) };
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
    afterwards: &mut Afterwards,
) -> Garbage {
    if AGES.is_last() {
        renumber();
    }
    let (detector, mutator) = (&mut *detecting.detector, detecting.mutator);
    // A thread that collects because it has made many objects looks at its own candidates, most of which
    // it knows still: others see to theirs. If its garbage is old, it looks at all.
    let is_own = cause == Cause::Automatic && generation == 0;
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
    let mut outcome = look(detector, generation, &taken, true);
    let visited = outcome.objects.len();
    let members = members_of(&outcome, &taken);
    let (mut survivors, suspects) = sort_out(members, &outcome.live);
    let mut finalizing = None;
    let condemns = |garbage: &[Member]| {
        let has_finalizers = garbage
            .iter()
            .any(|member| member.word().peek().has(Flag::ToFinalize));
        finalizing = has_finalizers.then(Finalizing::begin);
        !has_finalizers
    };
    let (members, entries) = if outcome.is_exact() {
        detector.panics.borrow_mut().extend(outcome.complaints());
        let entries = mark(&suspects, std::mem::take(&mut outcome.pairs), condemns);
        drop(outcome);
        (suspects, entries)
    } else {
        drop(outcome);
        let (members, rescued, entries) = look_exactly(detector, suspects, condemns);
        survivors.extend(rescued);
        (members, entries)
    };
    AGES.promote(generation, spares_newborn);
    // What cannot be looked into may keep garbage alive: it is looked at again. And what is frozen may
    // hold what nobody else does.
    let panics = detector.panics.take();
    let may_settle = generation == OLDEST && panics.is_empty() && !AGES.has_frozen();
    for survivor in survivors {
        unpin(detector, survivor, may_settle, afterwards);
    }
    let found = Found {
        visited,
        garbage: members.len(),
    };
    process::pacing(|pacing| pacing.finished(cause, generation, found));
    Garbage {
        members,
        entries,
        panics,
        finalizing,
    }
}

/// Frees the candidates that have died by counting: their memory waits for whoever takes them out of the
/// buffers. Does nothing while somebody else has the detector.
pub(super) fn sweep(mutator: &Mutator) {
    if mutator.collecting.get() {
        return;
    }
    let Some(detector) = process::try_detector() else {
        return;
    };
    let mut afterwards = Afterwards::default();
    let mut detecting = Detecting::begin(mutator, detector);
    let mut found = detecting
        .detector
        .candidates
        .each_mut()
        .map(std::mem::take)
        .concat();
    memory::drain(|edge| found.push(edge));
    let mut left = 0;
    for edge in found {
        // SAFETY: [live], by the claim that the buffer has.
        let word = &unsafe { edge.object().shared() }.word;
        let bits = word.peek();
        if bits.count() > 0 && !bits.has(Flag::Dead) {
            left += 1;
            let age = AGES.generation(bits.epoch()).min(OLDEST);
            detecting.detector.candidates[age].push(edge);
        } else if word.take() == Taken::Free {
            afterwards.memory.push(edge.object());
        }
    }
    drop(detecting);
    mutator.swept(left);
    afterwards.run();
}

/// Takes the candidates of the generations up to `generation` out of their buffers, and pins them. With
/// `is_own` those that other threads have found lately stay there.
fn take_candidates(
    detector: &mut Detector,
    generation: usize,
    is_own: bool,
    afterwards: &mut Afterwards,
) -> Vec<Member> {
    let mut found = Vec::new();
    for candidates in &mut detector.candidates[..=generation] {
        found.append(candidates);
    }
    if is_own {
        memory::drain_own(|edge| found.push(edge));
    } else {
        memory::drain(|edge| found.push(edge));
    }
    let mut taken = Vec::with_capacity(found.len());
    for edge in found {
        // SAFETY: [live], by the claim that the buffer has.
        let word = &unsafe { edge.object().shared() }.word;
        let bits = word.peek();
        let age = AGES.generation(bits.epoch());
        if bits.count() > 0 && age > generation {
            detector.candidates[age.min(OLDEST)].push(edge);
            continue;
        }
        match word.take() {
            Taken::Pinned(bits) => taken.push(Member {
                edge,
                taken: Some(bits),
                is_touched: false,
            }),
            Taken::Left => {}
            Taken::Free => afterwards.memory.push(edge.object()),
        }
    }
    taken
}

/// Looks at pinned objects, and if `enter` is set at what they lead to, which is pinned then.
fn look(
    detector: &Detector,
    generation: usize,
    roots: &[Member],
    enter: bool,
) -> Outcome<Detector> {
    let opaque = HashSet::new();
    let mut look = Look::new(detector, generation, &opaque);
    for member in roots {
        // SAFETY: [live], tracked, [value], and pinned.
        unsafe { look.visit(member.edge, 1) };
    }
    let Ok(outcome) = look.run(enter) else {
        unreachable!("panics of `trace` go no further");
    };
    // SAFETY: [live]: pinned.
    unsafe { detector.clear_visit_words(&outcome.objects) };
    outcome
}

/// Looks at pinned objects exactly. What is garbage is marked, if `condemns` says so of it; or else the
/// scan is ended. Returns that, the others, and the entries that go with what is marked.
fn look_exactly(
    detector: &Detector,
    mut members: Vec<Member>,
    condemns: impl FnOnce(&[Member]) -> bool,
) -> (Vec<Member>, Vec<Member>, Vec<Arc<dyn Pair>>) {
    if members.is_empty() {
        return (members, Vec::new(), Vec::new());
    }
    for member in &mut members {
        member.is_touched |= member.word().scan_again();
    }
    let mut outcome = look(detector, OLDEST, &members, false);
    detector.panics.borrow_mut().extend(outcome.complaints());
    let (survivors, garbage) = sort_out(members.into_iter(), &outcome.live);
    let entries = mark(&garbage, std::mem::take(&mut outcome.pairs), condemns);
    // Upgrades go on, and the locks are let go.
    drop(outcome);
    (garbage, survivors, entries)
}

/// What a look has visited, first of all what was taken out of buffers.
fn members_of(outcome: &Outcome<Detector>, taken: &[Member]) -> impl Iterator<Item = Member> {
    let taken = taken.iter().map(|member| member.taken);
    let taken = taken.chain(std::iter::repeat(None));
    let objects = outcome.objects.iter().zip(taken);
    objects.map(|(edge, taken)| Member {
        edge: *edge,
        taken,
        is_touched: false,
    })
}

/// Those that are live, and the others.
fn sort_out(members: impl Iterator<Item = Member>, live: &Those) -> (Vec<Member>, Vec<Member>) {
    let mut numbers = 0..;
    members.partition(|_| numbers.next().is_some_and(|number| live.has(number)))
}

/// Marks garbage, if `condemns` says so of it, and takes the entries of weak collections out that go with it;
/// or else ends the scan of it. Upgrades are kept off, and the locks of these collections are kept.
fn mark(
    garbage: &[Member],
    entries: Vec<Arc<dyn Pair>>,
    condemns: impl FnOnce(&[Member]) -> bool,
) -> Vec<Arc<dyn Pair>> {
    if condemns(garbage) {
        for member in garbage {
            member.word().condemn(member.taken.is_some());
        }
        for entry in &entries {
            // SAFETY: whoever marks garbage has the detector.
            unsafe { entry.take_out() };
        }
        entries
    } else {
        for member in garbage {
            member.word().end_scan();
        }
        Vec::new()
    }
}

/// Unpins an object that lives on, and leaves it to the next collection of its generation if it was a
/// candidate and may be one still.
fn unpin(detector: &mut Detector, member: Member, may_settle: bool, afterwards: &mut Afterwards) {
    let word = member.word();
    let age = AGES.generation(word.peek().epoch()).min(OLDEST);
    match word.unpin(member.taken, may_settle && !member.is_touched) {
        Unpinned::Lives if member.taken.is_some() => detector.candidates[age].push(member.edge),
        Unpinned::Lives | Unpinned::Settled => {}
        Unpinned::Last => afterwards.handles.push(member.edge),
    }
}

/// Unpins an object that has been resurrected: it becomes a candidate, as no drop need follow.
fn rescue(detector: &mut Detector, mut member: Member, afterwards: &mut Afterwards) {
    let word = member.word();
    word.take_back();
    let bits = word.peek();
    if member.taken.is_none() && word.nominate() {
        member.taken = Some(bits);
    }
    unpin(detector, member, false, afterwards);
}

/// Gives every object a small birth epoch of its generation.
pub(super) fn renumber() {
    AGES.renumber(|change| {
        memory::for_each_object(|object| {
            // SAFETY: it has just been found.
            unsafe { object.shared() }.word.set_epoch(change);
        });
    });
}
