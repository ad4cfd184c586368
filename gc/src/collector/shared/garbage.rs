//! Garbage of the shared heap: how it is found, and what happens to it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard};

use super::release;
use crate::collector::domain::Domain;
use crate::collector::nesting::{end_outermost, enter, leave};
use crate::collector::observe::{Look, Outcome};
use crate::collector::report::{self, Reports};
use crate::collector::trial::Those;
use crate::collector::values;
use crate::gc::DebugFlags;
use crate::guarded::Guarded;
use crate::handle::Erased;
use crate::heap::process::{self, AGES, DIAGNOSIS, Detector, Finalizing, Mutator};
use crate::heap::shared as memory;
use crate::heap::{Cause, Found, OLDEST};
use crate::object::shared::{
    Bits, Claims, Extension, Flag, Left, Pair, Registration, Taken, Unpinned, Word,
};
use crate::object::{Edge, Object};
use crate::panics::{Panic, discard};
use crate::trace::{Remainder, Tracer};

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

    /// Whether it is in a buffer that the collection has not taken it out of.
    fn is_in_a_buffer(&self) -> bool {
        self.taken.is_none() && self.word().read().has(Flag::Buffered)
    }

    /// Gives up the claim that the pin is.
    ///
    /// # Safety
    ///
    /// It is garbage, and its value is gone.
    unsafe fn forget(self) {
        // No buffer gets it any more: most have it not, and need no step to settle that.
        let claims = if self.is_in_a_buffer() {
            Claims::Shared
        } else {
            Claims::Sole
        };
        // SAFETY: the value is gone, and the pin was the last claim but for a buffer's.
        unsafe { release::forget(self.edge, claims) };
    }
}

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

/// What is to be done with garbage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// User code runs, and then there is another look.
    Finalize,
    /// Nobody gets at it any more.
    Condemn,
    /// Nobody gets at it by the weak handles that there are.
    Save,
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
    pub(super) fn begin(
        mutator: &'m Mutator,
        detector: MutexGuard<'static, Detector>,
        is_brief: bool,
    ) -> Self {
        process::note_brief(is_brief);
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
        release::drop_members(mutator, left);
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
            unsafe { member.forget() };
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
        release::drop_members(mutator, self.entries);
        release::drop_members(mutator, left);
        mutator.released(self.members.len());
        for member in &self.members {
            // SAFETY: the value is gone.
            unsafe { member.forget() };
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
    let members = members_of(&outcome, &taken);
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
    for survivor in judged.survivors {
        unpin(detector, survivor, may_settle, afterwards);
    }
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
    let mut detecting = Detecting::begin(mutator, detector, false);
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

/// What an exact look has come to.
struct Judged {
    garbage: Vec<Member>,
    /// See [`Garbage`].
    entries: Vec<Arc<dyn Pair>>,
    /// See [`Garbage`].
    dissolves: bool,
    survivors: Vec<Member>,
}

impl Judged {
    /// Does with garbage what `judge` says.
    fn by(
        detector: &Detector,
        mut outcome: Outcome<Detector>,
        members: Vec<Member>,
        judge: impl FnOnce(&[Member]) -> Verdict,
    ) -> Self {
        detector.panics.borrow_mut().extend(outcome.complaints());
        let (survivors, garbage) = sort_out(members, &outcome.live);
        let verdict = judge(&garbage);
        let dissolves = verdict == Verdict::Condemn && can_dissolve(&outcome, &garbage);
        if dissolves {
            outcome.forsake_locks();
            // Only who has it in a buffer comes upon it again.
            let others = garbage.iter().filter(|member| member.is_in_a_buffer());
            mark(others, verdict);
        } else {
            mark(&garbage, verdict);
        }
        let mut entries = std::mem::take(&mut outcome.pairs);
        if verdict == Verdict::Condemn {
            for entry in &entries {
                // SAFETY: whoever judges has the detector.
                unsafe { entry.take_out() };
            }
        } else {
            // Before the locks are let go.
            entries.clear();
        }
        // Upgrades go on, and the locks are let go.
        drop(outcome);
        Self {
            garbage,
            entries,
            dissolves,
            survivors,
        }
    }
}

/// Whether garbage can be freed where it lies: its handles lead to such, no destructor is user code or
/// follows a handle, and there is nobody to tell. It is no key, and has no map.
fn can_dissolve(outcome: &Outcome<Detector>, garbage: &[Member]) -> bool {
    // Nobody has a handle by now, from which a weak one could be made.
    // SAFETY: [live]: pinned.
    let has_extension = |member: &Member| unsafe { member.object().shared() }.extension().is_some();
    outcome.is_closed()
        && outcome.pairs.is_empty()
        && outcome.facts.remainder != Remainder::Anything
        && !Registration::exist()
        && !garbage.iter().any(has_extension)
}

/// Looks at pinned objects exactly.
fn look_exactly(
    detector: &Detector,
    mut members: Vec<Member>,
    judge: impl FnOnce(&[Member]) -> Verdict,
) -> Judged {
    for member in &mut members {
        member.is_touched |= member.word().scan_again();
    }
    let outcome = look(detector, OLDEST, &members, false);
    Judged::by(detector, outcome, members, judge)
}

/// What a look has visited, first of all what was taken out of buffers.
fn members_of(outcome: &Outcome<Detector>, taken: &[Member]) -> Vec<Member> {
    let taken = taken.iter().map(|member| member.taken);
    let taken = taken.chain(std::iter::repeat(None));
    let objects = outcome.objects.iter().zip(taken);
    let member = |(edge, taken): (&Edge, _)| Member {
        edge: *edge,
        taken,
        is_touched: false,
    };
    objects.map(member).collect()
}

/// Those that are live, and the others.
fn sort_out(members: Vec<Member>, live: &Those) -> (Vec<Member>, Vec<Member>) {
    match live {
        Those::All => (members, Vec::new()),
        Those::None => (Vec::new(), members),
        Those::Some(_) => {
            let mut numbers = 0..;
            let is_live = |_: &_| numbers.next().is_some_and(|number| live.has(number));
            members.into_iter().partition(is_live)
        }
    }
}

/// Marks garbage, or ends the scan of it. Upgrades are kept off.
fn mark<'m>(garbage: impl IntoIterator<Item = &'m Member>, verdict: Verdict) {
    for member in garbage {
        match verdict {
            Verdict::Finalize => member.word().end_scan(),
            Verdict::Condemn => member.word().condemn(member.taken.is_some()),
            Verdict::Save => {
                // SAFETY: [live]: pinned.
                let extension = unsafe { member.object().shared() }.extension();
                extension.map(Extension::end_weak_handles);
                member.word().save();
            }
        }
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
