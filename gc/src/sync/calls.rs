//! The calls of a closure that threads share, and its end: who drops its captures.
//!
//! A call in progress keeps the captures. A closed closure loses them as soon as no call is in progress:
//! whoever closes it, or ends the last call, is told to drop them. Then nobody uses them, and nobody will. Who
//! comes late, and finds the closure closed, does not use them, but counts as a call all the same while he is
//! there; so he may be told, too, be it while another one drops them. Models run this very source.

use super::atomic::{AtomicUsize, Ordering};

/// See the module: how many calls are in progress, in multiples of [`CALL`], and [`CLOSED`].
pub(super) struct Calls(AtomicUsize);

const CLOSED: usize = 1;
const CALL: usize = 2;

/// Whether a call may use the captures.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Begun {
    InTime,
    /// The closure was closed before.
    Late,
}

/// Who has just ended a call, or closed the closure, drops the captures if he is told so.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Captures {
    /// Others use them still, or the closure is not closed.
    Stay,
    /// Nobody uses them any more, and what was done with them comes before.
    Go,
}

impl Calls {
    pub(super) fn new(is_closed: bool) -> Self {
        Self(AtomicUsize::new(if is_closed { CLOSED } else { 0 }))
    }

    pub(super) fn is_closed(&self) -> bool {
        // Ordering: Acquire, so that who sees it sees what the thread that closed it has done before.
        self.0.load(Ordering::Acquire) & CLOSED != 0
    }

    /// A call begins, to be [ended](Self::end).
    pub(super) fn begin(&self) -> Begun {
        // Ordering: Relaxed. Who comes in time has the captures since he has the closure, and who comes late
        // acquires what was done before when he ends the call.
        let before = self.0.fetch_add(CALL, Ordering::Relaxed);
        if before & CLOSED == 0 {
            Begun::InTime
        } else {
            Begun::Late
        }
    }

    /// A call ends.
    pub(super) fn end(&self) -> Captures {
        // Ordering: AcqRel. Release: the use of the captures comes before their end. Acquire: so do the uses
        // of others, whose ends are Release; and what came before `close`, for who came late.
        match self.0.fetch_sub(CALL, Ordering::AcqRel) {
            before if before == CALL + CLOSED => Captures::Go,
            _ => Captures::Stay,
        }
    }

    /// Closes the closure.
    pub(super) fn close(&self) -> Captures {
        // Ordering: AcqRel. Release pairs with the Acquire of `is_closed` and `end`, Acquire with the
        // Release of `end`.
        match self.0.fetch_or(CLOSED, Ordering::AcqRel) {
            before if before < CALL => Captures::Go,
            _ => Captures::Stay,
        }
    }
}
