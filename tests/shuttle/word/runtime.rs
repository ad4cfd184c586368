//! Who explores the heap of `tests/loom/word` here: shuttle.

pub(crate) use gordian_shuttle::cell;
pub(crate) use shuttle::{hint, sync, thread};

/// Loom has to keep loads in view. Shuttle has not.
#[derive(Default, Debug)]
pub(crate) struct Loads;

impl Loads {
    #[expect(clippy::unused_self, reason = "loom's is not empty")]
    pub(crate) fn note(&self) {}
}
