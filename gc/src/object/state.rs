//! The state word of a header, as plain bits: strong count, phase, loud bit.
#![forbid(unsafe_code)]

/// Where an object is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Phase {
    /// An ordinary object. `place` is its birth epoch.
    Live = 0,
    /// In the candidate buffer. `place` names its slot there.
    Candidate = 1,
    /// Garbage under finalization, pinned by one count. `place` is its index in the batch.
    Condemned = 2,
    /// Garbage whose weak handles are cleared, pinned. `place` is its birth epoch if it was
    /// `Condemned` before, else it means nothing any more.
    Doomed = 3,
    /// The value is not written yet.
    Uninit = 4,
    /// Released: its count is zero, it waits for its turn or is being dropped.
    Dying = 5,
    /// A tombstone: the value is gone, weak handles keep the memory.
    Dead = 6,
    /// A slot of a block without an object.
    Vacant = 7,
}

impl Phase {
    const fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::Live,
            1 => Self::Candidate,
            2 => Self::Condemned,
            3 => Self::Doomed,
            4 => Self::Uninit,
            5 => Self::Dying,
            6 => Self::Dead,
            _ => Self::Vacant,
        }
    }
}

/// A value of the state word: `loud << 31 | field << 3 | phase`.
///
/// The loud bit says that a drop to a count above zero needs further thought; an object without it
/// is quiet. The field of a loud object is the count, that of a quiet one is one less. So the
/// subtraction of a drop leaves the sign, which the loud bit is, just where there is something to
/// do: where it was, and where the count of a quiet object becomes zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State(pub(crate) u32);

const PHASE: u32 = 0b111;
const COUNT_SHIFT: u32 = 3;
const ONE: u32 = 1 << COUNT_SHIFT;
const LOUD: u32 = 1 << 31;
const COUNT: u32 = !(PHASE | LOUD);
/// Counts with this bit, among them zero, have their limit checked.
const NEAR_LIMIT: u32 = 1 << 30;

/// The phase bits that are clear in an ordinary object.
const NOT_ORDINARY: u32 = 0b110;
const _: () = assert!(Phase::Live as u32 & NOT_ORDINARY == 0);
const _: () = assert!(Phase::Candidate as u32 & NOT_ORDINARY == 0);

/// The largest strong count; one clone more aborts. The field of a loud object is below all ones,
/// and one more is for the collector's pin.
const MAX_COUNT: u32 = if cfg!(gordian_shrink) {
    1 << 12
} else {
    (COUNT >> COUNT_SHIFT) - 2
};

impl State {
    /// The state of an object that is given up: its count is zero.
    pub(crate) const DYING: Self = Self::new(0, Phase::Dying, true);

    /// The state of a slot without an object.
    pub(crate) const VACANT: Self = Self::new(0, Phase::Vacant, true);

    /// The state of a given count and phase. `untracked` matters for [`Phase::Live`] alone, where
    /// it makes an object quiet; the other phases imply it.
    #[inline]
    pub(crate) const fn new(count: u32, phase: Phase, untracked: bool) -> Self {
        let is_loud = match phase {
            Phase::Live => !untracked,
            Phase::Condemned => true,
            _ => false,
        };
        if is_loud {
            Self(LOUD | count << COUNT_SHIFT | phase as u32)
        } else {
            Self::quiet(count, phase)
        }
    }

    #[inline]
    const fn quiet(count: u32, phase: Phase) -> Self {
        Self(count.wrapping_sub(1) << COUNT_SHIFT & COUNT | phase as u32)
    }

    #[inline]
    pub(crate) const fn count(self) -> u32 {
        let quiet = !self.0 >> 31;
        ((self.0 & COUNT) + (quiet << COUNT_SHIFT)) << 1 >> (COUNT_SHIFT + 1)
    }

    /// The count without the collector's pin.
    #[inline]
    pub(crate) const fn unpinned_count(self) -> u32 {
        let pinned = matches!(self.phase(), Phase::Condemned | Phase::Doomed);
        self.count() - pinned as u32
    }

    #[inline]
    pub(crate) const fn phase(self) -> Phase {
        Phase::from_bits(self.0 & PHASE)
    }

    /// Whether the object is an ordinary one: `Live` or `Candidate`.
    #[inline]
    pub(crate) const fn is_ordinary(self) -> bool {
        self.0 & NOT_ORDINARY == 0
    }

    /// Phase `Doomed`, with a pin, for which there is always room.
    #[inline]
    pub(crate) const fn doomed(self) -> Self {
        Self::quiet(self.count() + 1, Phase::Doomed)
    }

    /// The same count in phase `Candidate`, of a loud state in phase `Live` that has handles.
    #[inline]
    pub(crate) const fn nominated(self) -> Self {
        debug_assert!(self.0 & LOUD != 0 && self.0 & PHASE == Phase::Live as u32);
        Self((self.0 & COUNT) - ONE + Phase::Candidate as u32)
    }

    /// One handle more, or `None` at the limit.
    #[inline]
    pub(crate) const fn incremented(self) -> Option<Self> {
        if cfg!(gordian_shrink) || self.0 & NEAR_LIMIT != 0 {
            return self.incremented_carefully();
        }
        Some(Self(self.0 + ONE))
    }

    /// Apart, so that the test before it stays the cheap one that it is.
    #[cold]
    #[inline(never)]
    const fn incremented_carefully(self) -> Option<Self> {
        if self.count() >= MAX_COUNT {
            return None;
        }
        Some(Self(
            self.0 & !COUNT | (self.0 & COUNT).wrapping_add(ONE) & COUNT,
        ))
    }

    /// One handle less. The count must be above zero. Whether the result is in order is the
    /// question of the next function.
    #[inline]
    pub(crate) const fn decremented(self) -> Self {
        debug_assert!(self.count() > 0, "a strong count below zero");
        Self(self.0.wrapping_sub(ONE))
    }

    /// Of a decremented state: whether the object was quiet and is still held, so that it is in
    /// order and nothing else is to be done.
    #[inline]
    pub(crate) const fn was_dropped_quietly(self) -> bool {
        self.0.cast_signed() >= 0
    }

    /// Of another decremented state: the same with a count of zero, if it was the last handle.
    #[inline]
    pub(crate) const fn last_dropped(self) -> Option<Self> {
        // The field of a loud object, or that of a quiet one, which has borrowed from its sign.
        let field = self.0 & COUNT;
        if field == 0 || field == COUNT {
            Some(Self(COUNT | self.0 & PHASE))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip() {
        for phase in [
            Phase::Live,
            Phase::Candidate,
            Phase::Condemned,
            Phase::Doomed,
            Phase::Uninit,
            Phase::Dying,
            Phase::Dead,
            Phase::Vacant,
        ] {
            for count in [0, 1, 2, MAX_COUNT - 1, MAX_COUNT] {
                let state = State::new(count, phase, false);
                assert_eq!((state.count(), state.phase()), (count, phase));
            }
        }
    }

    #[test]
    fn only_tracked_and_condemned_objects_are_loud() {
        for count in [2, MAX_COUNT] {
            let is_quiet = |phase, untracked| {
                let left = State::new(count, phase, untracked).decremented();
                let is_quiet = left.was_dropped_quietly();
                assert!(is_quiet || left.last_dropped().is_none());
                assert_eq!(left, State::new(count - 1, phase, untracked));
                is_quiet
            };
            assert!(!is_quiet(Phase::Live, false));
            assert!(is_quiet(Phase::Live, true));
            assert!(!is_quiet(Phase::Condemned, false));
            assert!(is_quiet(Phase::Candidate, false));
            assert!(is_quiet(Phase::Doomed, false));
        }
    }

    #[test]
    fn the_last_handle_is_noticed_whatever_the_object() {
        for phase in [Phase::Live, Phase::Candidate, Phase::Uninit] {
            for untracked in [false, true] {
                let left = State::new(1, phase, untracked).decremented();
                assert!(!left.was_dropped_quietly());
                let last = left.last_dropped().unwrap();
                assert_eq!((last.count(), last.phase()), (0, phase));
            }
        }
    }

    #[test]
    fn a_count_comes_back_from_zero() {
        let state = State::new(0, Phase::Uninit, false).incremented().unwrap();
        assert_eq!(state, State::new(1, Phase::Uninit, false));
    }

    #[test]
    fn there_is_room_for_a_pin() {
        let doomed = State::new(MAX_COUNT, Phase::Live, false).doomed();
        assert_eq!(doomed, State::new(MAX_COUNT + 1, Phase::Doomed, false));
        assert_eq!(doomed.unpinned_count(), MAX_COUNT);
        let condemned = State::new(MAX_COUNT + 1, Phase::Condemned, false);
        assert_eq!(condemned.unpinned_count(), MAX_COUNT);
        assert_eq!(condemned.decremented().last_dropped(), None);
    }

    #[test]
    fn the_limit_is_refused() {
        assert_eq!(
            State::new(MAX_COUNT, Phase::Live, false).incremented(),
            None
        );
        let below = State::new(MAX_COUNT - 1, Phase::Candidate, false)
            .incremented()
            .unwrap();
        assert_eq!(
            (below.count(), below.phase()),
            (MAX_COUNT, Phase::Candidate)
        );
        assert_eq!(below.decremented().count(), MAX_COUNT - 1);
    }
}
