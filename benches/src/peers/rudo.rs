//! rudo-gc, which finds handles on the stack and inside objects, and nowhere else.

use std::ops::Deref;
use std::ptr::NonNull;

use rudo_gc::{Gc, GcBox, GcCapture, GcCell, Trace, Visitor, collect_full};

use super::pointer::pointer_heap;
use crate::heap::Table;

#[derive(Default)]
pub(crate) struct Rudo;

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: GcCell<[Option<Gc<Node<V, N>>>; N]>,
}

// The derives do not take generic types.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: 'static, const N: usize> Trace for Node<V, N> {
    fn trace(&self, visitor: &mut impl Visitor) {
        self.links.trace(visitor);
    }
}

impl<V: 'static, const N: usize> GcCapture for Node<V, N> {
    fn capture_gc_ptrs(&self) -> &[NonNull<GcBox<()>>] {
        &[]
    }

    fn capture_gc_ptrs_into(&self, pointers: &mut Vec<NonNull<GcBox<()>>>) {
        self.links.capture_gc_ptrs_into(pointers);
    }
}

/// A `Vec` of handles inside an object, since the collector does not see them in a plain one.
pub(crate) struct Rooted<H: Trace + 'static>(Gc<GcCell<Vec<H>>>);

impl<H: Trace + GcCapture + 'static> Table<H> for Rooted<H> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Gc::new(GcCell::new(Vec::with_capacity(capacity))))
    }

    fn push(&mut self, handle: H) {
        self.0.borrow_mut().push(handle);
    }

    fn handles(&self) -> impl Deref<Target = Vec<H>> {
        self.0.borrow()
    }
}

pointer_heap!(Rudo, Gc, GcCell, Rooted, {
    fn collect(&mut self) {
        collect_full();
    }
});
