//! gc, the mark-and-sweep collector of the first years of Rust.

use gc::{Finalize, Gc, GcCell, Trace, force_collect};

use super::pointer::pointer_heap;

#[derive(Default)]
pub(crate) struct MarkSweep;

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: GcCell<[Option<Gc<Node<V, N>>>; N]>,
}

impl<V: 'static, const N: usize> Finalize for Node<V, N> {}

// What the derive writes, which demands that the type of each field is `Trace`: without end for a
// generic type that contains itself.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: 'static, const N: usize> Trace for Node<V, N> {
    unsafe fn trace(&self) {
        // SAFETY: from the caller.
        unsafe { self.links.trace() };
    }

    unsafe fn root(&self) {
        // SAFETY: from the caller.
        unsafe { self.links.root() };
    }

    unsafe fn unroot(&self) {
        // SAFETY: from the caller.
        unsafe { self.links.unroot() };
    }

    fn finalize_glue(&self) {
        self.finalize();
        self.links.finalize_glue();
    }
}

pointer_heap!(MarkSweep, Gc, GcCell, Vec, {
    fn collect(&mut self) {
        force_collect();
    }
});
