//! The heap that threads share: what they have in common, and the part of each.
//!
//! A thread makes and frees objects, and finds candidates, without waiting for anybody. Whoever
//! collects has the [`Detector`], of which there is one, as long as it looks for garbage; what it does
//! with it then, user code and all, it does with no lock held.
//!
//! | lock | held | together with |
//! |---|---|---|
//! | [`detector`] | while garbage is detected; `trace` runs | the following ones |
//! | [`commit`] | while garbage is marked; no user code runs | none |
//! | [`pacing`], [`HOOKS`], [`DIAGNOSIS`], the tallies | for a few steps; no user code runs | none |

mod member;
mod mutator;

use std::cell::{Cell, RefCell};
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

pub(crate) use self::member::Member;
pub(crate) use self::mutator::{Mutator, Waiting};

use super::diagnosis::Diagnosis;
use super::generation::{Ages, GENERATIONS, OLDEST};
use super::hooks::Hooks;
use super::pacing::Pacing;
use super::scratch::Kept;
use super::shared as memory;
use super::tally::Tallies;
use crate::gc::Event;
use crate::guarded::lock;
use crate::handle::{Erased, Shared};
use crate::object::Edge;
use crate::object::shared::MAX_EPOCH;
use crate::panics::Panic;

/// A collection hook.
type Hook = Arc<dyn Fn(&Event) + Send + Sync>;
/// What gets each line of debug output.
pub(crate) type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// The birth epochs of shared objects.
pub(crate) static AGES: Ages = Ages::new(MAX_EPOCH);

static TALLIES: Tallies = Tallies::new();
static PACING: Mutex<Pacing> = Mutex::new(Pacing::new());
/// How many objects a thread may make before it has to collect: what `PACING` says.
static ROOM: AtomicUsize = AtomicUsize::new(Pacing::FIRST_ROOM);
/// How many objects a thread may leave to buffers of candidates before it sees to these: as many as there
/// were alive the last time, so that it takes constant time for each.
static MOST_LEFT_BEHIND: AtomicUsize = AtomicUsize::new(FEW_LEFT_BEHIND);
const FEW_LEFT_BEHIND: usize = 1 << 12;
static DETECTOR: Mutex<Detector> = Mutex::new(Detector::new());
static COMMIT: Mutex<()> = Mutex::new(());
/// The collection hooks: for a few steps at a time, as no user code runs while they are locked.
pub(crate) static HOOKS: Mutex<Hooks<Hook>> = Mutex::new(Hooks::new());
/// What diagnostics keep: the same goes for that.
pub(crate) static DIAGNOSIS: Mutex<Diagnosis<Sink, Arc<Erased<Shared>>>> =
    Mutex::new(Diagnosis::new());
static LEFT_TO_PIN: Mutex<LeftToPin> = Mutex::new(LeftToPin {
    edges: Vec::new(),
    finalizing: 0,
});

/// What whoever looks for garbage needs.
pub(crate) struct Detector {
    /// The candidates of each generation that were taken out of the threads' buffers. They are in a
    /// buffer still, for what their words say.
    pub(crate) candidates: [Vec<Edge>; GENERATIONS],
    /// Room for what is taken out there, and for what is pinned then: empty between collections.
    pub(crate) found: Vec<Edge>,
    pub(crate) members: Vec<Member>,
    pub(crate) kept: Kept,
    /// How many looks there have been.
    pub(crate) looks: Cell<u64>,
    /// Where the visit words are that the look under way finds by number.
    pub(crate) view: RefCell<Option<memory::View>>,
    /// The panics of `trace`, to be told of when it is given up.
    pub(crate) panics: RefCell<Vec<Panic>>,
}

// SAFETY: it owns its vectors; what these point to are objects, which threads share.
unsafe impl Send for Detector {}

impl Detector {
    const fn new() -> Self {
        Self {
            candidates: [const { Vec::new() }; GENERATIONS],
            found: Vec::new(),
            members: Vec::new(),
            kept: Kept::new(),
            looks: Cell::new(0),
            view: RefCell::new(None),
            panics: RefCell::new(Vec::new()),
        }
    }

    /// Leaves a candidate of this birth epoch to the next collection of its generation.
    pub(crate) fn put_back(&mut self, candidate: Edge, epoch: u32) {
        let age = AGES.generation(epoch).min(OLDEST);
        self.candidates[age].push(candidate);
    }

    /// Keeps the room that was needed for candidates, if it is not too much.
    pub(crate) fn keep_found(&mut self, mut found: Vec<Edge>) {
        self.kept.empty(&mut found);
        self.found = found;
    }

    /// The same for what was pinned.
    pub(crate) fn keep_members(&mut self, mut members: Vec<Member>) {
        self.kept.empty(&mut members);
        self.members = members;
    }

    /// Notes how many candidates there are, before it is given up.
    pub(crate) fn note_left(&self) {
        let left = self.candidates.iter().map(Vec::len).sum();
        // Ordering: see `has_candidates`.
        LEFT.store(left, Ordering::Relaxed);
    }
}

/// Waits for the detector. Not on a thread that has it.
pub(crate) fn detector() -> MutexGuard<'static, Detector> {
    lock(&DETECTOR)
}

/// The detector, if nobody has it.
pub(crate) fn try_detector() -> Option<MutexGuard<'static, Detector>> {
    match DETECTOR.try_lock() {
        Ok(detector) => Some(detector),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Whether who has the detector looks at what one thread has made lately, which does not take long.
static IS_BRIEF: AtomicBool = AtomicBool::new(false);

/// Notes what the detector is needed for.
pub(crate) fn note_brief(is_brief: bool) {
    // Ordering: Relaxed, for what is a guess only.
    IS_BRIEF.store(is_brief, Ordering::Relaxed);
}

/// Whether the detector is free, or is given up while a brief collection takes.
///
/// A thread that goes on at once comes back with more to look at, and keeps the others waiting for longer
/// in turn: in the end one of them has to collect what all make, far from its processor's cache.
pub(crate) fn is_detector_soon_free() -> bool {
    (0..GLANCES + NAPS).any(|glance| {
        let is_free = try_detector().is_some();
        if is_free || !IS_BRIEF.load(Ordering::Relaxed) {
            return is_free;
        }
        if glance < GLANCES {
            (0..SPINS).for_each(|_| spin_loop());
        } else {
            thread::sleep(NAP);
        }
        false
    })
}

/// How often a thread looks whether the detector is free, and how long it spins in between: 100 us or so.
const GLANCES: usize = 100;
const SPINS: usize = 20;
/// How often it sleeps after that: the other one has no processor, perhaps. It never waits for longer: a
/// `trace` may want what this thread has.
const NAPS: usize = 10;
const NAP: Duration = Duration::from_micros(10);

/// Keeps off upgrades of objects that are being scanned.
pub(crate) fn commit() -> MutexGuard<'static, ()> {
    lock(&COMMIT)
}

/// Asks or changes when collections come.
pub(crate) fn pacing<R>(f: impl FnOnce(&Pacing) -> R) -> R {
    let pacing = lock(&PACING);
    pacing.note_live(TALLIES.live(), TALLIES.young());
    let result = f(&pacing);
    ROOM.store(pacing.room(), Ordering::Relaxed);
    result
}

/// How many candidates the detector has: as many as its last user left there.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Whether there are candidates, for all this thread knows.
pub(crate) fn has_candidates() -> bool {
    // Ordering: Relaxed, for a number that may be a little old.
    LEFT.load(Ordering::Relaxed) > 0 || memory::len_estimate() > 0
}

/// Notes that so many tracked objects are about to be made: see [`Pacing::turned_over`].
pub(crate) fn turned_over(count: usize) {
    let has_candidates = has_candidates();
    pacing(|pacing| pacing.turned_over(count, has_candidates));
}

/// Begins to count young objects anew.
pub(crate) fn start_over() {
    TALLIES.start_over();
}

/// Garbage whose finalizers run, and that has no handles any more but the collector's pin.
struct LeftToPin {
    edges: Vec<Edge>,
    /// How many collections are finalizing. If none is, nothing is left to a pin.
    finalizing: usize,
}

// SAFETY: what they point to are objects, which threads share.
unsafe impl Send for LeftToPin {}

/// A collection finalizes its garbage.
pub(crate) struct Finalizing(());

impl Finalizing {
    pub(crate) fn begin() -> Self {
        lock(&LEFT_TO_PIN).finalizing += 1;
        Self(())
    }
}

impl Drop for Finalizing {
    fn drop(&mut self) {
        let mut all = lock(&LEFT_TO_PIN);
        all.finalizing -= 1;
        if all.finalizing == 0 {
            // Of garbage that is gone, or that lives after all.
            all.edges = Vec::new();
        }
    }
}

/// Notes that the handles of an object went while the finalizers of the garbage that it is part of
/// ran. That may be over by now, and the object gone.
pub(crate) fn left_to_pin(edge: Edge) {
    let mut all = lock(&LEFT_TO_PIN);
    if all.finalizing > 0 {
        all.edges.push(edge);
    }
}

/// Takes those objects that somebody claims, of whichever garbage they are.
pub(crate) fn take_left_to_pin(mut is_mine: impl FnMut(&Edge) -> bool) -> Vec<Edge> {
    let mut all = lock(&LEFT_TO_PIN);
    if all.edges.is_empty() {
        return Vec::new();
    }
    all.edges.extract_if(.., |edge| is_mine(edge)).collect()
}
