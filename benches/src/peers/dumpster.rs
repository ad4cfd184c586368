//! dumpster's thread-local half.

use std::cell::RefCell;

use dumpster::unsync::{Gc, collect};
use dumpster::{TraceWith, Visitor};

use super::pointer::pointer_heap;

#[derive(Default)]
pub(crate) struct Dumpster;

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: RefCell<[Option<Gc<Node<V, N>>>; N]>,
}

// The derive has no way to leave out a field.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: 'static, W: Visitor, const N: usize> TraceWith<W> for Node<V, N> {
    #[inline]
    fn accept(&self, visitor: &mut W) -> Result<(), ()> {
        self.links.accept(visitor)
    }
}

pointer_heap!(Dumpster, Gc, RefCell, Vec, {
    fn collect(&mut self) {
        collect();
    }
});
