//! What a collection has in its hands.

use crate::object::shared::{Bits, Flag, Word};
use crate::object::{Edge, Object};

/// An object that a collection has pinned.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) edge: Edge,
    /// Its word as it was then, if it was taken out of a buffer.
    pub(crate) taken: Option<Bits>,
    /// Whether it has been touched since, so that it has to stay a candidate if it lives.
    pub(crate) is_touched: bool,
}

impl Member {
    pub(crate) fn object(self) -> Object {
        self.edge.object()
    }

    pub(crate) fn word(&self) -> &Word {
        // SAFETY: [live]: pinned.
        &unsafe { self.object().shared() }.word
    }

    /// Whether it is in a buffer that the collection has not taken it out of.
    pub(crate) fn is_in_a_buffer(&self) -> bool {
        self.taken.is_none() && self.word().read().has(Flag::Buffered)
    }
}
