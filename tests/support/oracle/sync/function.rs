//! What a closure is on the heap of a thread; the library has none for threads that share a heap.

use std::sync::atomic::{AtomicBool, Ordering};

use gordian::Trace;

use super::super::{Action, Run};
use super::Slot;

/// What a closure has captured, until it is closed and no call is in progress.
#[derive(Trace)]
pub(super) struct Function<C> {
    captures: Slot<Option<C>>,
    is_closed: AtomicBool,
}

pub(super) fn function<C: Run>(captures: C) -> Function<C> {
    Function {
        captures: Slot::new(Some(captures)),
        is_closed: AtomicBool::new(false),
    }
}

impl<C: Run> Function<C> {
    pub(super) fn try_call(&self, (id, action): (usize, Action)) -> Option<()> {
        if self.is_closed.load(Ordering::Relaxed) {
            return None;
        }
        let _end = EndOfCall(self);
        let captures = self.captures.borrow();
        captures.as_ref().map(|captures| captures.run(id, action))
    }
}

impl<C> Function<C> {
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.drop_captures_if_closed();
    }

    fn drop_captures_if_closed(&self) {
        if self.is_closed.load(Ordering::Relaxed) {
            drop(self.captures.try_take());
        }
    }
}

struct EndOfCall<'a, C>(&'a Function<C>);

impl<C> Drop for EndOfCall<'_, C> {
    fn drop(&mut self) {
        self.0.drop_captures_if_closed();
    }
}
