//! What a look has come to: garbage, which is marked, and the rest.

use std::collections::HashSet;
use std::sync::Arc;

use crate::collector::domain::Domain;
use crate::collector::observe::{Look, Outcome};
use crate::collector::trial::Those;
use crate::heap::OLDEST;
use crate::heap::process::{Detector, Member};
use crate::object::shared::{Extension, Pair, Registration};
use crate::trace::Remainder;

/// What is to be done with garbage.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// User code runs, and then there is another look.
    Finalize,
    /// Nobody gets at it any more.
    Condemn,
    /// Nobody gets at it by the weak handles that there are.
    Save,
}

/// Looks at pinned objects, and if `enter` is set at what they lead to, which is pinned then.
pub(super) fn look(
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
pub(super) struct Judged {
    pub(super) garbage: Vec<Member>,
    /// The entries of weak collections that go with it.
    pub(super) entries: Vec<Arc<dyn Pair>>,
    /// Whether it is to be freed where it lies.
    pub(super) dissolves: bool,
    pub(super) survivors: Vec<Member>,
}

impl Judged {
    /// Does with garbage what `judge` says.
    pub(super) fn by(
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
pub(super) fn look_exactly(
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

/// What a look has visited: what was taken out of buffers, from which it started, and all others.
pub(super) fn members_of(outcome: &Outcome<Detector>, taken: Vec<Member>) -> Vec<Member> {
    let mut members = taken;
    let found = &outcome.objects[members.len()..];
    members.extend(found.iter().map(|edge| Member {
        edge: *edge,
        taken: None,
        is_touched: false,
    }));
    members
}

/// Those that are live, and the others.
pub(super) fn sort_out(mut members: Vec<Member>, live: &Those) -> (Vec<Member>, Vec<Member>) {
    match live {
        Those::All => (members, Vec::new()),
        Those::None => (Vec::new(), members),
        Those::Some(_) => {
            let mut numbers = 0..;
            let is_dead = |_: &mut _| numbers.next().is_some_and(|number| !live.has(number));
            let dead = members.extract_if(.., is_dead).collect();
            (members, dead)
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
