//! What diagnostics keep: the debug flags, where their output goes, and garbage that was saved.
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::gc::DebugFlags;
use crate::handle::Erased;

/// What gets each line of debug output.
pub(crate) type Sink = Rc<dyn Fn(&str)>;

/// See the module.
pub(crate) struct Diagnosis {
    pub(crate) flags: Cell<DebugFlags>,
    sink: RefCell<Option<Sink>>,
    saved: RefCell<Vec<Rc<Erased>>>,
}

impl Diagnosis {
    pub(super) const fn new() -> Self {
        Self {
            flags: Cell::new(DebugFlags::NONE),
            sink: RefCell::new(None),
            saved: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn has(&self, flag: DebugFlags) -> bool {
        self.flags.get().contains(flag)
    }

    /// What gets the output, unless it is standard error.
    pub(crate) fn sink(&self) -> Option<Sink> {
        self.sink.borrow().clone()
    }

    /// Exchanges it. The caller drops the old one, with no borrow held.
    #[must_use]
    pub(crate) fn replace_sink(&self, sink: Option<Sink>) -> Option<Sink> {
        self.sink.replace(sink)
    }

    pub(crate) fn save(&self, object: Erased) {
        self.saved.borrow_mut().push(Rc::new(object));
    }

    /// The garbage that was saved.
    pub(crate) fn saved(&self) -> Vec<Rc<Erased>> {
        self.saved.borrow().clone()
    }

    /// Gives it up. The caller drops it, with no borrow held.
    #[must_use]
    pub(crate) fn take_saved(&self) -> Vec<Rc<Erased>> {
        self.saved.take()
    }
}
