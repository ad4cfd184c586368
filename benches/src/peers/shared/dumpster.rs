//! dumpster's shared half.

use std::sync::Mutex;

use dumpster::sync::{Gc, collect};
use dumpster::{TraceWith, Visitor};

use super::shared_heap;

pub(crate) struct Dumpster;

pub(crate) struct Node<V: Send + Sync + 'static, const N: usize> {
    value: V,
    links: Mutex<[Option<Gc<Node<V, N>>>; N]>,
}

// The derive has no way to leave out a field.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: Send + Sync + 'static, W: Visitor, const N: usize> TraceWith<W> for Node<V, N> {
    #[inline]
    fn accept(&self, visitor: &mut W) -> Result<(), ()> {
        self.links.accept(visitor)
    }
}

shared_heap!(Dumpster, Gc, Gc::new, |node| node, {
    fn collect() {
        collect();
    }
});
