//! What is done with the detector: candidates are taken out of their buffers, and given back.

use std::sync::MutexGuard;

use super::release;
use crate::heap::OLDEST;
use crate::heap::process::{self, AGES, Detector, Member, Mutator};
use crate::heap::shared as memory;
use crate::object::shared::{Flag, Taken, Unpinned};
use crate::object::{Edge, Object};

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
        // SAFETY: [live], by the counts, which were pins.
        unsafe { release::drop_handles(self.handles) };
    }
}

/// Has the detector, and says so.
pub(super) struct Detecting<'m> {
    pub(super) mutator: &'m Mutator,
    pub(super) detector: MutexGuard<'static, Detector>,
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
    let mut left = 0;
    let mut found = take_out(&mut detecting.detector, OLDEST, false);
    for edge in found.drain(..) {
        // SAFETY: [live], by the claim that the buffer has.
        let word = &unsafe { edge.object().shared() }.word;
        let bits = word.peek();
        if bits.count() > 0 && !bits.has(Flag::Dead) {
            left += 1;
            detecting.detector.put_back(edge, bits.epoch());
        } else if word.take() == Taken::Free {
            afterwards.memory.push(edge.object());
        }
    }
    detecting.detector.keep_found(found);
    drop(detecting);
    mutator.swept(left);
    afterwards.run();
}

/// Takes the candidates of the generations up to `generation` out of their buffers, and all that have
/// been found lately. With `is_own` what other threads have found lately stays there, if
/// these see to it.
fn take_out(detector: &mut Detector, generation: usize, is_own: bool) -> Vec<Edge> {
    let mut found = std::mem::take(&mut detector.found);
    for candidates in &mut detector.candidates[..=generation] {
        found.append(candidates);
    }
    if is_own {
        memory::drain_own(generation > 0, |edge| found.push(edge));
    } else {
        memory::drain(|edge| found.push(edge));
    }
    found
}

/// Takes the candidates of the generations up to `generation` out of their buffers, and pins them: see
/// [`take_out`].
pub(super) fn take_candidates(
    detector: &mut Detector,
    generation: usize,
    is_own: bool,
    afterwards: &mut Afterwards,
) -> Vec<Member> {
    let mut found = take_out(detector, generation, is_own);
    let mut taken = std::mem::take(&mut detector.members);
    taken.reserve(found.len());
    for edge in found.drain(..) {
        // SAFETY: [live], by the claim that the buffer has.
        let word = &unsafe { edge.object().shared() }.word;
        let bits = word.peek();
        if bits.count() > 0 && AGES.generation(bits.epoch()) > generation {
            detector.put_back(edge, bits.epoch());
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
    detector.keep_found(found);
    taken
}

/// Unpins an object that lives on, and leaves it to the next collection of its generation if it was a
/// candidate and may be one still.
pub(super) fn unpin(
    detector: &mut Detector,
    member: Member,
    may_settle: bool,
    afterwards: &mut Afterwards,
) {
    let word = member.word();
    let epoch = word.peek().epoch();
    match word.unpin(member.taken, may_settle && !member.is_touched) {
        Unpinned::Lives if member.taken.is_some() => detector.put_back(member.edge, epoch),
        Unpinned::Lives | Unpinned::Settled => {}
        Unpinned::Last => afterwards.handles.push(member.edge),
    }
}

/// Unpins an object that has been resurrected: it becomes a candidate, as no drop need follow.
pub(super) fn rescue(detector: &mut Detector, mut member: Member, afterwards: &mut Afterwards) {
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
