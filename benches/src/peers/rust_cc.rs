//! rust-cc.

use std::cell::RefCell;

use rust_cc::{Cc, Context, Finalize, Trace, collect_cycles};

use super::pointer::pointer_heap;

#[derive(Default)]
pub(crate) struct RustCc;

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: RefCell<[Option<Cc<Node<V, N>>>; N]>,
}

impl<V: 'static, const N: usize> Finalize for Node<V, N> {}

// What the derive writes, which demands that the type of each field is `Trace`: without end for a
// generic type that contains itself.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: 'static, const N: usize> Trace for Node<V, N> {
    fn trace(&self, context: &mut Context<'_>) {
        self.links.trace(context);
    }
}

pointer_heap!(RustCc, Cc, RefCell, Vec, {
    fn collect(&mut self) {
        collect_cycles();
    }
});
