//! What a collection has in its hands.

use super::release;
use crate::object::shared::{Bits, Claims, Flag, Word};
use crate::object::{Edge, Object};

/// An object that a collection has pinned.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) edge: Edge,
    /// Its word as it was then, if it was taken out of a buffer.
    pub(super) taken: Option<Bits>,
    /// Whether it has been touched since, so that it has to stay a candidate if it lives.
    pub(super) is_touched: bool,
}

impl Member {
    pub(super) fn object(self) -> Object {
        self.edge.object()
    }

    pub(super) fn word(&self) -> &Word {
        // SAFETY: [live]: pinned.
        &unsafe { self.object().shared() }.word
    }

    /// Whether it is in a buffer that the collection has not taken it out of.
    pub(super) fn is_in_a_buffer(&self) -> bool {
        self.taken.is_none() && self.word().read().has(Flag::Buffered)
    }

    /// Gives up the claim that the pin is.
    ///
    /// # Safety
    ///
    /// It is garbage, and its value is gone.
    pub(super) unsafe fn forget(self) {
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
