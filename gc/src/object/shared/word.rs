//! The state word of an object that threads share, and every step that they take on it.
//!
//! Handles and the collector agree on an object by this one word: how many handles there are, and
//! what the collector is about to do. The steps of both sides are here and nowhere else, each with
//! its ordering and its partner; a model of them runs under loom. They rest on nothing but the
//! atomics, so that the model can use the very same source.
//!
//! # The argument
//!
//! A collection *pins* what it visits by a count, marks it [`SCANNING`](Flag::Scanning) and counts
//! the handles that the visited values hold. It keeps the locks of these values, so that at one
//! instant, the end of the visits, all handles it has counted are where it found them. Afterwards
//! it reads the counts. Who has a handle to a visited object that was not counted can have got it in
//! three ways:
//!
//! * It was there at that instant. It is in the count that is read, unless it has gone since.
//! * It was cloned since: the clone has marked the object [`TOUCHED`](Flag::Touched).
//! * A weak handle was upgraded since: that marks the object as well, under the mutex under which the
//!   collector asks for the marks and marks the garbage [`DEAD`](Flag::Dead).
//!
//! So an object whose count is explained by the handles that were counted, and which bears no mark
//! then, is held by visited objects alone. The count is not enough: a handle may have come after
//! the instant while another one went.
#![forbid(unsafe_code)]

use super::atomic::{AtomicU64, Ordering, fence};

/// Something that is true of an object, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub(crate) enum Flag {
    /// A collection is counting the handles to it. It is pinned.
    Scanning = 1 << 32,
    /// A handle to it came into being while it was being scanned.
    Touched = 1 << 33,
    /// It is in a buffer of candidates, which has a claim to its memory.
    Buffered = 1 << 34,
    /// It is garbage, and what is left of its handles is never used again.
    Dead = 1 << 35,
    /// Its value is gone and the strong handles' claim to its memory given up; who has the other one
    /// frees it.
    Dropped = 1 << 36,
    /// `get_mut` or `make_mut` lent the value out, and no handle was dropped since: only who finds a
    /// handle to it may look into it. What was written comes before every other handle, but clones
    /// are relaxed, so the count does not tell that to anybody.
    Exclusive = 1 << 37,
    /// The value has, or may have, finalizers, and they have not run.
    ToFinalize = 1 << 38,
    /// They run right now on the refcount path: the count of a handle that was dropped stands in for
    /// it.
    StandsIn = 1 << 39,
    /// One of its counts is a collection's.
    Pinned = 1 << 40,
    /// The value can hold no handle: the collector never sees the object.
    Untracked = 1 << 41,
    /// The value is not written yet.
    Uninit = 1 << 42,
    /// It was garbage, and was saved: the weak handles that it had then have ended, though it lives on.
    Saved = 1 << 43,
}

const COUNT: u64 = (1 << 32) - 1;
const EPOCH_SHIFT: u32 = 44;

/// Counts with this bit are near the limit. Threads that pass it at once do not reach the flags: there
/// is room for 2^31 of them.
const LIMIT: u64 = if cfg!(gordian_shrink) {
    1 << 12
} else {
    1 << 31
};

/// What makes a drop one of those that need a closer look; [`Flag::Buffered`] among them.
const UNUSUAL: u64 = Flag::Buffered as u64
    | Flag::Dead as u64
    | Flag::Exclusive as u64
    | Flag::ToFinalize as u64
    | Flag::Pinned as u64
    | Flag::Uninit as u64;

/// The largest birth epoch that there is room for.
pub(crate) const MAX_EPOCH: u32 = (1 << (64 - EPOCH_SHIFT)) - 1;

/// A value of the word: the count, the flags, and the birth epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bits(u64);

impl Bits {
    /// Of a slot without an object: no object has these flags at once.
    pub(crate) const VACANT: Self =
        Self(Flag::Dead as u64 | Flag::Dropped as u64 | Flag::Uninit as u64);

    /// Of a new object with this many handles.
    pub(crate) const fn new(count: u32, epoch: u32) -> Self {
        Self(count as u64 | (epoch as u64) << EPOCH_SHIFT)
    }

    /// The word that says so.
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    #[must_use]
    pub(crate) const fn with(self, flag: Flag, on: bool) -> Self {
        if on {
            Self(self.0 | flag as u64)
        } else {
            self.without(flag)
        }
    }

    const fn without(self, flag: Flag) -> Self {
        Self(self.0 & !(flag as u64))
    }

    pub(crate) const fn has(self, flag: Flag) -> bool {
        self.0 & flag as u64 != 0
    }

    /// How many counts there are, the collector's among them.
    pub(crate) const fn count(self) -> u32 {
        (self.0 & COUNT) as u32
    }

    /// How many handles there are, as users see it.
    pub(crate) const fn strong_count(self) -> u32 {
        let others = self.has(Flag::Pinned) as u32 + self.has(Flag::StandsIn) as u32;
        self.count().saturating_sub(others)
    }

    pub(crate) const fn epoch(self) -> u32 {
        (self.0 >> EPOCH_SHIFT) as u32
    }

    /// Whether the object is there, with its value, and in nobody's hands: the collector may look
    /// into it, if it gets at it by a handle.
    pub(crate) const fn is_ordinary(self) -> bool {
        const OTHER: u64 = Flag::Dead as u64 | Flag::Dropped as u64 | Flag::Uninit as u64;
        self.count() > 0 && self.0 & OTHER == 0
    }

    /// Whether who has no handle may look into it: see [`Flag::Exclusive`].
    pub(crate) const fn may_be_looked_into(self) -> bool {
        self.is_ordinary() && !self.has(Flag::Exclusive)
    }

    /// Whether its value is gone, or about to go.
    const fn is_ended(self) -> bool {
        self.count() == 0 || self.has(Flag::Dead)
    }

    /// Whether it is garbage whose finalizers run. It is looked at again afterwards, and a candidate if it
    /// lives on, whatever is dropped meanwhile.
    pub(crate) const fn is_being_finalized(self) -> bool {
        self.has(Flag::Pinned) && !self.has(Flag::Scanning) && !self.has(Flag::Dead)
    }

    const fn with_epoch(self, epoch: u32) -> Self {
        const OTHERS: u64 = (1 << EPOCH_SHIFT) - 1;
        Self(self.0 & OTHERS | (epoch as u64) << EPOCH_SHIFT)
    }

    const fn handle_added(self) -> Self {
        Self(self.0 + 1)
    }

    const fn handle_taken(self) -> Self {
        Self(self.0 - 1)
    }
}

/// What dropping a handle came to.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dropped {
    /// There is nothing more to do.
    Nothing,
    /// The object has become a candidate: whoever dropped the handle puts it into a buffer.
    Candidate,
    /// It was the last handle. Its finalizers are to run, and then the handle is to be dropped again:
    /// until then its count stands in for it.
    Finalize,
    /// It was the last handle: the value is to be dropped now. The object has these claims to its
    /// memory.
    Last(Claims),
    /// What is left is the pin of garbage whose finalizers run. The collector lets go of that, by
    /// [`Word::unpin_last`], and nobody else may: it still has the object on its list. A drop that
    /// makes a candidate of such an object says only that.
    PinOnly,
}

/// Who is to free an object whose value is gone.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Claims {
    /// Nobody else knows the object: who drops the value frees it.
    Sole,
    /// A buffer has it, too: see [`Word::hand_off`].
    Shared,
}

/// The answer to somebody who wants to be the only one with access.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access<T = ()> {
    Granted(T),
    Refused,
    /// The collector has a look at the object. Ask again.
    Later,
}

/// What became of a candidate that the collector took out of a buffer.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// It is pinned, and this is its word.
    Pinned(Bits),
    /// It is in other hands, and no candidate any more.
    Left,
    /// Its value is gone, and nobody else has a claim to its memory: it is to be freed.
    Free,
}

/// What taking back a pin came to.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unpinned {
    /// The object lives on, as what it was.
    Lives,
    /// It lives on, and is no candidate any more.
    Settled,
    /// All handles have gone meanwhile: what was the pin is one now, and is to be dropped.
    Last,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Word(AtomicU64);

impl Word {
    /// What the word says at this moment. Says nothing about the value.
    #[inline]
    pub(crate) fn peek(&self) -> Bits {
        Bits(self.0.load(Ordering::Relaxed))
    }

    /// What it says, with everything that went before the last handle that was dropped.
    #[inline]
    pub(crate) fn read(&self) -> Bits {
        Bits(self.0.load(Ordering::Acquire))
    }

    /// Makes the object of a slot that only the caller knows one with these bits. Release: who finds it
    /// by walking the heap finds its value.
    #[inline]
    pub(crate) fn publish(&self, bits: Bits) {
        self.0.store(bits.0, Ordering::Release);
    }

    /// Makes an object whose value was not there, but has just been written, an ordinary one, with so
    /// many handles more. Says whether it was not there.
    ///
    /// Release: see [`publish`](Self::publish).
    pub(crate) fn initialize(&self, handles: u32, epoch: u32, to_finalize: bool) -> bool {
        let initialized = self.update(Ordering::Release, |before| {
            let after = Bits(before.0 + u64::from(handles)).without(Flag::Uninit);
            let after = after.with(Flag::ToFinalize, to_finalize).with_epoch(epoch);
            before.has(Flag::Uninit).then_some(after)
        });
        initialized.is_ok()
    }

    /// Says that the object has finalizers, which have not run: it was tracked before, as one that
    /// might come to have some.
    pub(crate) fn has_finalizer(&self) {
        self.0.fetch_or(Flag::ToFinalize as u64, Ordering::Relaxed);
    }

    /// Changes the word as `change` says, until that is true of what it says then.
    #[inline]
    fn update(
        &self,
        success: Ordering,
        mut change: impl FnMut(Bits) -> Option<Bits>,
    ) -> Result<(Bits, Bits), Bits> {
        let mut before = self.peek();
        loop {
            let Some(after) = change(before) else {
                return Err(before);
            };
            let exchanged =
                self.0
                    .compare_exchange_weak(before.0, after.0, success, Ordering::Relaxed);
            match exchanged {
                Ok(_) => return Ok((before, after)),
                Err(now) => before = Bits(now),
            }
        }
    }

    /// One handle more, for who has one. Aborts at the limit, as `Arc` does.
    ///
    /// Relaxed, the mark too: the clone comes before the drop of the handle that it was made from,
    /// which is Release, and the collector, when it reads the count, acquires that drop; or else that
    /// handle is still in the count.
    #[inline]
    pub(crate) fn increment(&self) {
        let before = Bits(self.0.fetch_add(1, Ordering::Relaxed));
        if before.0 & (Flag::Scanning as u64 | LIMIT) != 0 {
            self.incremented(before);
        }
    }

    #[cold]
    #[inline(never)]
    fn incremented(&self, before: Bits) {
        if before.0 & LIMIT != 0 {
            std::process::abort();
        }
        self.0.fetch_or(Flag::Touched as u64, Ordering::Relaxed);
    }

    /// One handle less, for who has one.
    ///
    /// Release, so that whoever acts on the count later comes after all that was done with the
    /// handle. Becoming a candidate is one step with the decrement: who does both in turn, the
    /// decrement first, touches an object that may be gone; and the flag first, loses the candidate
    /// to a collector that takes it out of the buffer before the handle is gone.
    #[inline]
    pub(crate) fn decrement(&self) -> Dropped {
        self.decrement_from(self.peek())
    }

    /// The same for who knows what the word has just said.
    #[inline]
    pub(crate) fn decrement_from(&self, before: Bits) -> Dropped {
        // What is uninitialized may come to have finalizers until the step is taken.
        const OTHER: u64 = Flag::ToFinalize as u64 | Flag::Uninit as u64;
        if before.0 & (Flag::Untracked as u64 | OTHER) == Flag::Untracked as u64 {
            let before = Bits(self.0.fetch_sub(1, Ordering::Release));
            return match before.count() {
                1 => self.last(before),
                _ => Dropped::Nothing,
            };
        }
        // What most drops are: of the only handle, or of another one of an object that is a candidate then.
        let is_last = before.count() == 1 && before.0 & UNUSUAL == 0;
        let is_other = before.count() > 1 && before.0 & UNUSUAL & !(Flag::Buffered as u64) == 0;
        if is_last || is_other {
            let after = before.handle_taken().with(Flag::Buffered, is_other);
            let exchanged =
                self.0
                    .compare_exchange(before.0, after.0, Ordering::Release, Ordering::Relaxed);
            if exchanged.is_ok() {
                return if is_last {
                    self.last(before)
                } else if before.has(Flag::Buffered) {
                    Dropped::Nothing
                } else {
                    Dropped::Candidate
                };
            }
        }
        self.decrement_tracked()
    }

    #[inline(never)]
    fn decrement_tracked(&self) -> Dropped {
        let step = |before: Bits| {
            if before.has(Flag::Dead) {
                return None;
            }
            Some(match before.count() {
                1 if before.has(Flag::ToFinalize) => {
                    before.without(Flag::ToFinalize).with(Flag::StandsIn, true)
                }
                1 => before.handle_taken(),
                _ if before.has(Flag::Untracked)
                    || before.has(Flag::Uninit)
                    || before.is_being_finalized() =>
                {
                    before.handle_taken()
                }
                _ => before
                    .handle_taken()
                    .with(Flag::Buffered, true)
                    .without(Flag::Exclusive),
            })
        };
        let Ok((before, after)) = self.update(Ordering::Release, step) else {
            return Dropped::Nothing;
        };
        if before.count() == 1 {
            return if after.count() == 1 {
                fence(Ordering::Acquire);
                Dropped::Finalize
            } else {
                self.last(before)
            };
        }
        if after.0 & (Flag::Buffered as u64) & !before.0 != 0 {
            Dropped::Candidate
        } else if after.count() == 1 && after.is_being_finalized() {
            Dropped::PinOnly
        } else {
            Dropped::Nothing
        }
    }

    /// The last handle went. Acquire: all that was done with the others comes before the end of the
    /// value.
    #[inline]
    fn last(&self, before: Bits) -> Dropped {
        fence(Ordering::Acquire);
        Dropped::Last(Self::claims(before))
    }

    /// No buffer gets hold of an object whose count is zero.
    #[inline]
    const fn claims(before: Bits) -> Claims {
        if before.has(Flag::Buffered) {
            Claims::Shared
        } else {
            Claims::Sole
        }
    }

    /// The finalizers that the last handle stood in for have run.
    pub(crate) fn finalized(&self) {
        self.0
            .fetch_and(!(Flag::StandsIn as u64), Ordering::Relaxed);
    }

    /// Says that the finalizers run now, if they have not. The object stays as it is meanwhile: the
    /// caller has it pinned.
    pub(crate) fn finalize(&self) -> bool {
        let before = self
            .0
            .fetch_and(!(Flag::ToFinalize as u64), Ordering::Relaxed);
        before & Flag::ToFinalize as u64 != 0
    }

    /// The value is gone, and a buffer has the object. Whether its memory is to be freed now: if
    /// not, who takes it out of the buffer does that.
    ///
    /// AcqRel: who frees it comes after what the other one did.
    #[must_use]
    pub(crate) fn hand_off(&self) -> bool {
        let before = Bits(self.0.fetch_or(Flag::Dropped as u64, Ordering::AcqRel));
        !before.has(Flag::Buffered)
    }

    /// One handle more, for who has a weak one. Whether there is one.
    ///
    /// An object that is being scanned is marked, under the mutex under which the collector asks for
    /// marks: else it might have asked a moment before. It is under this mutex, too, that weak handles of
    /// what is saved end: so `commit` locks it, and then asks whether the one at hand has. Acquire: a
    /// handle that is upgraded before the value is published is none.
    pub(crate) fn upgrade<G>(&self, commit: impl FnOnce() -> Option<G>) -> bool {
        const UNUSUAL: u64 = Flag::Scanning as u64 | Flag::Saved as u64;
        let is_there = |before: Bits| before.count() > 0 && !before.has(Flag::Dead);
        let step = |before: Bits| {
            (is_there(before) && before.0 & UNUSUAL == 0).then(|| before.handle_added())
        };
        match self.update(Ordering::Acquire, step) {
            Ok((before, _)) => {
                Self::check_limit(before);
                true
            }
            Err(before) if is_there(before) => {
                commit().is_some_and(|_guard| self.upgrade_under_mutex())
            }
            Err(_) => false,
        }
    }

    #[cold]
    fn upgrade_under_mutex(&self) -> bool {
        let upgraded = self.update(Ordering::Acquire, |before| {
            let is_there = before.count() > 0 && !before.has(Flag::Dead);
            let is_touched = before.has(Flag::Touched) || before.has(Flag::Scanning);
            is_there.then(|| before.handle_added().with(Flag::Touched, is_touched))
        });
        upgraded
            .map(|(before, _)| Self::check_limit(before))
            .is_ok()
    }

    fn check_limit(before: Bits) {
        if before.0 & LIMIT != 0 {
            std::process::abort();
        }
    }

    /// Lends the value to the caller, who has a handle, if that is the only one. There may be weak
    /// handles: who keeps them from being made, and finds none, asks again, for one may have been
    /// upgraded since, and what came of it dropped, which ends the loan.
    ///
    /// Acquire: all that was done with other handles comes first, and all that the collector read.
    pub(crate) fn lend(&self) -> Access {
        let lent = self.update(Ordering::Acquire, |before| {
            let is_only = before.count() == 1 && !before.has(Flag::Pinned);
            is_only.then(|| before.with(Flag::Exclusive, !before.has(Flag::Untracked)))
        });
        match lent {
            Ok(_) => Access::Granted(()),
            Err(before) => Self::refusal(before),
        }
    }

    /// Takes back what [`lend`](Self::lend) granted, before anything was done with it.
    ///
    /// Release: an earlier loan may have left the flag, and what was written then comes before the
    /// collector looks.
    pub(crate) fn take_back(&self) {
        self.0
            .fetch_and(!(Flag::Exclusive as u64), Ordering::Release);
    }

    /// Gives up the only handle, for the value itself.
    ///
    /// Acquire, as for [`lend`](Self::lend).
    pub(crate) fn unwrap(&self) -> Access<Claims> {
        let taken = self.update(Ordering::Acquire, |before| {
            let is_only = before.count() == 1 && !before.has(Flag::Pinned);
            is_only.then(|| before.handle_taken())
        });
        match taken {
            Ok((before, _)) => Access::Granted(Self::claims(before)),
            Err(before) => Self::refusal(before),
        }
    }

    /// The pin counts, but for as long as the collector only looks.
    fn refusal<T>(before: Bits) -> Access<T> {
        match before.count() {
            2 if before.has(Flag::Scanning) => Access::Later,
            _ => Access::Refused,
        }
    }

    /// Pins a candidate, which has been taken out of a buffer, to be scanned.
    ///
    /// Acquire: it comes after the drop that made it a candidate. What was lent out is left as it is:
    /// it had a single handle then, in somebody's hands, and the next drop makes it a candidate again.
    /// So is what another collection has pinned. The flag goes in the step that finds it so, or a drop
    /// that comes in between would rely on it.
    pub(crate) fn take(&self) -> Taken {
        let taken = self.update(Ordering::AcqRel, |before| {
            debug_assert!(before.is_ended() || !before.has(Flag::Dropped));
            if before.count() == 0 || before.has(Flag::Dead) {
                None
            } else if before.has(Flag::Pinned) || !before.may_be_looked_into() {
                Some(before.without(Flag::Buffered))
            } else {
                Some(before.pinned_for_scan())
            }
        });
        match taken {
            Ok((_, after)) if after.has(Flag::Scanning) => Taken::Pinned(after),
            Ok(_) => Taken::Left,
            Err(_) => self.leave(),
        }
    }

    /// The buffer gives up its claim to an object that is gone, or about to go.
    ///
    /// AcqRel: see [`hand_off`](Self::hand_off).
    fn leave(&self) -> Taken {
        let before = Bits(self.0.fetch_and(!(Flag::Buffered as u64), Ordering::AcqRel));
        if before.has(Flag::Dropped) {
            Taken::Free
        } else {
            Taken::Left
        }
    }

    /// Pins an object that a handle was found to, to be scanned; returns the word before. `None` if it
    /// is in other hands.
    ///
    /// The handle keeps it: it lies in a value that is pinned, and whose lock is held. Acquire: the
    /// handle may be older than the value, which was initialized by another one.
    pub(crate) fn pin(&self) -> Option<Bits> {
        let now = self.peek();
        if now.has(Flag::Pinned) || !now.is_ordinary() {
            // Only a collection pins, and there is one at a time: nobody pins it in between.
            return None;
        }
        let pins = 1 + Flag::Scanning as u64 + Flag::Pinned as u64;
        let before = Bits(self.0.fetch_add(pins, Ordering::Acquire));
        if before.has(Flag::Touched) {
            // A mark that was late for an earlier scan.
            self.0.fetch_and(!(Flag::Touched as u64), Ordering::Relaxed);
        }
        Some(before)
    }

    /// Pins an object that was found by walking the heap, whose memory is there meanwhile; returns the
    /// word before. `None` if it is not there, or in other hands.
    ///
    /// The pin is that of a scan, so that who wants to be the only one with access waits for its end.
    ///
    /// Acquire: it comes after the value was written, and its type described.
    pub(crate) fn pin_found(&self) -> Option<Bits> {
        let pinned = self.update(Ordering::Acquire, |before| {
            let is_there = before.is_ordinary() && !before.has(Flag::Pinned);
            is_there.then(|| before.pinned_for_scan())
        });
        pinned.ok().map(|(before, _)| before)
    }

    /// Scans a pinned object again. Says whether it was touched before.
    ///
    /// Acquire: it comes after what was done to the value since.
    pub(crate) fn scan_again(&self) -> bool {
        let again = self.update(Ordering::Acquire, |before| {
            Some(before.with(Flag::Scanning, true).without(Flag::Touched))
        });
        debug_assert!(again.is_ok_and(|(before, _)| before.has(Flag::Pinned)));
        again.is_ok_and(|(before, _)| before.has(Flag::Touched))
    }

    /// Ends a scan without unpinning.
    ///
    /// Release: what was read of the value comes before it is lent out.
    pub(crate) fn end_scan(&self) {
        self.0
            .fetch_and(!(Flag::Scanning as u64), Ordering::Release);
    }

    /// Takes back a pin.
    ///
    /// A candidate that the collector took out of a buffer is given with the word that it had then. It is
    /// `settled`, and none any more, if that is unchanged: else it must stay one, whatever its count
    /// is, for a drop may have found the flag set, and left the object to the buffer that it was in.
    ///
    /// Release: what was read of the value comes before it is lent out or dropped.
    pub(crate) fn unpin(&self, taken: Option<Bits>, may_settle: bool) -> Unpinned {
        let unpinned = self.update(Ordering::Release, |before| {
            let after = before.without(Flag::Scanning).without(Flag::Pinned);
            if before.count() == 1 {
                return Some(after.with(
                    Flag::Buffered,
                    before.has(Flag::Buffered) && taken.is_none(),
                ));
            }
            let after = after.handle_taken();
            let is_settled = may_settle && taken == Some(before);
            Some(if is_settled {
                after.without(Flag::Buffered)
            } else {
                after
            })
        });
        match unpinned {
            Ok((before, _)) if before.count() == 1 => Unpinned::Last,
            Ok((before, after)) if before.has(Flag::Buffered) && !after.has(Flag::Buffered) => {
                Unpinned::Settled
            }
            _ => Unpinned::Lives,
        }
    }

    /// Turns the pin of garbage into a handle, if it is the only count: says whether it was. The
    /// handle is to be dropped. With `is_taken` the object was in a buffer that the collector emptied, which
    /// gives up its claim: nobody else would free the memory, and the next drop but that of the last handle
    /// makes it a candidate again.
    ///
    /// Only the collector whose pin it is may ask, after the end of the scan.
    pub(crate) fn unpin_last(&self, is_taken: bool) -> bool {
        let unpinned = self.update(Ordering::Relaxed, |before| {
            let is_last =
                before.count() == 1 && before.has(Flag::Pinned) && !before.has(Flag::Dead);
            let is_buffered = before.has(Flag::Buffered) && !is_taken;
            let after = before
                .without(Flag::Pinned)
                .with(Flag::Buffered, is_buffered);
            is_last.then_some(after)
        });
        unpinned.is_ok()
    }

    /// Makes a candidate of an object that was none; says whether it was none.
    ///
    /// Release: see [`take_back`](Self::take_back).
    pub(crate) fn nominate(&self) -> bool {
        let nominated = self.update(Ordering::Release, |before| {
            let after = before.with(Flag::Buffered, true).without(Flag::Exclusive);
            (!before.has(Flag::Buffered) && !before.has(Flag::Untracked)).then_some(after)
        });
        nominated.is_ok()
    }

    /// Marks garbage, under the mutex of upgrades. With `is_taken` it was in the buffer that the
    /// collector emptied, which gives up its claim.
    pub(crate) fn condemn(&self, is_taken: bool) {
        let condemned = self.update(Ordering::AcqRel, |before| {
            let after = before.with(Flag::Dead, true);
            Some(if is_taken {
                after.without(Flag::Buffered)
            } else {
                after
            })
        });
        debug_assert!(condemned.is_ok_and(|(before, _)| before.has(Flag::Pinned)));
    }

    /// Makes an object, which was untracked, a tracked one, for who has a handle: whose drop makes it a
    /// candidate then. A drop of another one that is in progress may have seen it as it was.
    ///
    /// Release: who takes it as a candidate, or pins it, finds its visit word.
    pub(crate) fn track(&self, epoch: u32) {
        let tracked = self.update(Ordering::Release, |before| {
            Some(before.without(Flag::Untracked).with_epoch(epoch))
        });
        debug_assert!(tracked.is_ok());
    }

    /// Ends the scan of garbage that is to be saved, under the mutex of upgrades: the weak handles that
    /// it has have just ended.
    ///
    /// Release: who sees the flag sees that they have.
    pub(crate) fn save(&self) {
        let saved = self.update(Ordering::Release, |before| {
            let after = before.with(Flag::Saved, true);
            Some(after.without(Flag::Scanning))
        });
        debug_assert!(saved.is_ok_and(|(before, _)| before.has(Flag::Pinned)));
    }

    /// Turns the pin of what was saved into a handle. With `is_taken` it was in the buffer that the
    /// collector emptied, which gives up its claim.
    ///
    /// Release: see [`take_back`](Self::take_back).
    pub(crate) fn keep(&self, is_taken: bool) {
        let kept = self.update(Ordering::Release, |before| {
            let is_buffered = before.has(Flag::Buffered) && !is_taken;
            let after = before.without(Flag::Pinned).without(Flag::Exclusive);
            Some(after.with(Flag::Buffered, is_buffered))
        });
        debug_assert!(kept.is_ok_and(|(before, _)| before.has(Flag::Pinned)));
    }

    /// Gives an object that is there another birth epoch.
    pub(crate) fn set_epoch(&self, change: impl Fn(u32) -> u32) {
        let is_there = |bits: Bits| bits.count() > 0;
        let _ = self.update(Ordering::Relaxed, |before| {
            is_there(before).then(|| before.with_epoch(change(before.epoch())))
        });
    }
}

impl Bits {
    const fn pinned_for_scan(self) -> Self {
        self.handle_added()
            .with(Flag::Scanning, true)
            .with(Flag::Pinned, true)
            .without(Flag::Touched)
    }
}
