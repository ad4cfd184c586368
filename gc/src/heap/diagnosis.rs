//! What diagnostics keep: the debug flags, where their output goes, and garbage that was saved.
#![forbid(unsafe_code)]

use crate::gc::DebugFlags;

/// See the module. Lent out for short times in which no user code runs, so that what is taken out of it is
/// dropped afterwards.
pub(crate) struct Diagnosis<S, G> {
    pub(crate) flags: DebugFlags,
    /// What gets each line of output, unless it is standard error.
    pub(crate) sink: Option<S>,
    pub(crate) saved: Vec<G>,
}

impl<S, G> Diagnosis<S, G> {
    pub(super) const fn new() -> Self {
        Self {
            flags: DebugFlags::NONE,
            sink: None,
            saved: Vec::new(),
        }
    }
}
