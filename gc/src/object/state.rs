//! The state word of a header, as plain bits: strong count, phase, quiet bit.
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
    /// Garbage whose weak handles are cleared, pinned. `place` is its index in the batch.
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

/// A value of the state word: `count << 4 | phase << 1 | quiet`.
///
/// The quiet bit says that a drop to a count above zero needs no further thought; it makes the
/// fast path of a drop one test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State(pub(crate) u32);

const COUNT_SHIFT: u32 = 4;
const ONE: u32 = 1 << COUNT_SHIFT;
const QUIET: u32 = 1;
/// The bits that are clear in the phases 0 and 1 only.
const ORDINARY_MASK: u32 = 0b1100;
const _: () = assert!(Phase::Live as u32 <= 1 && Phase::Candidate as u32 <= 1);

/// The largest strong count; one clone more aborts.
const MAX_COUNT: u32 = if cfg!(gordian_shrink) {
    1 << 12
} else {
    u32::MAX >> COUNT_SHIFT
};

impl State {
    /// The state of a slot without an object.
    pub(crate) const VACANT: Self = Self::new(0, Phase::Vacant, true);

    /// The state of a given count and phase. `quiet` matters for [`Phase::Live`] alone, where it
    /// marks an untracked object; the other phases imply it.
    pub(crate) const fn new(count: u32, phase: Phase, untracked: bool) -> Self {
        let quiet = match phase {
            Phase::Live => untracked,
            Phase::Condemned => false,
            _ => true,
        };
        Self(count << COUNT_SHIFT | (phase as u32) << 1 | quiet as u32)
    }

    #[inline]
    pub(crate) const fn count(self) -> u32 {
        self.0 >> COUNT_SHIFT
    }

    #[inline]
    pub(crate) const fn phase(self) -> Phase {
        Phase::from_bits(self.0 >> 1 & 7)
    }

    /// Whether the object is an ordinary one: `Live` or `Candidate`.
    #[inline]
    pub(crate) const fn is_ordinary(self) -> bool {
        self.0 & ORDINARY_MASK == 0
    }

    #[inline]
    pub(crate) const fn is_quiet(self) -> bool {
        self.0 & QUIET != 0
    }

    /// One handle more, or `None` at the limit.
    #[inline]
    pub(crate) const fn incremented(self) -> Option<Self> {
        if cfg!(gordian_shrink) && self.count() >= MAX_COUNT {
            return None;
        }
        match self.0.checked_add(ONE) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// One handle less. The count must be above zero.
    #[inline]
    pub(crate) const fn decremented(self) -> Self {
        debug_assert!(self.0 >= ONE, "a strong count below zero");
        Self(self.0 - ONE)
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
            for count in [0, 1, 2, MAX_COUNT] {
                let state = State::new(count, phase, false);
                assert_eq!((state.count(), state.phase()), (count, phase));
            }
        }
    }

    #[test]
    fn only_plain_tracked_and_condemned_objects_are_not_quiet() {
        assert!(!State::new(1, Phase::Live, false).is_quiet());
        assert!(State::new(1, Phase::Live, true).is_quiet());
        assert!(!State::new(1, Phase::Condemned, false).is_quiet());
        assert!(State::new(1, Phase::Candidate, false).is_quiet());
        assert!(State::new(1, Phase::Doomed, false).is_quiet());
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
