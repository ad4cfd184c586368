//! Walks: reading the shared heap for somebody who asks about it.
//!
//! A walk has the detector, so that nobody else pins, and pins what it finds: an object whose last
//! handle goes meanwhile is released when the walk is over, by the thread that walks.

use super::garbage::{Afterwards, Detecting};
use crate::heap::process::{self, Mutator};
use crate::heap::shared as memory;
use crate::object::shared::{Bits, Header, Unpinned};
use crate::object::{Edge, Object};

/// Calls `f` while no collection looks at the heap, and no other walk. Not on a thread in whose look or
/// walk this comes about, by a panic hook: that gets `None`.
pub(crate) fn between_looks<R>(f: impl FnOnce() -> R) -> Option<R> {
    Mutator::with(|mutator| {
        if mutator.detecting.get() {
            return None;
        }
        let _detecting = Detecting::begin(mutator, process::detector());
        Some(f())
    })
}

/// Calls `f` with every object that is ordinary and in nobody's hands, tracked or not, with its header
/// and what its word said before it was pinned. `f` is not to make or free shared objects, nor to wait.
pub(crate) fn for_each_object(mut f: impl FnMut(Object, &Header, Bits)) {
    let afterwards = between_looks(|| {
        let mut afterwards = Afterwards::default();
        memory::for_each_object(|object| {
            // SAFETY: its memory is there while it is shown to us, and the header is what is read.
            let header = unsafe { object.shared() };
            let Some(bits) = header.word.pin_found() else {
                return;
            };
            f(object, header, bits);
            // Before the pin goes: [live], [typed].
            // SAFETY: just so.
            let edge = Edge::new(object, unsafe { header.info().layout(object) });
            if header.word.unpin(None, false) == Unpinned::Last {
                afterwards.handles.push(edge);
            }
        });
        afterwards
    });
    if let Some(afterwards) = afterwards {
        afterwards.run();
    }
}
