//! boa_gc, the collector of the JavaScript engine Boa.

use boa_gc::{Finalize, Gc, GcRefCell, Trace, Tracer, force_collect};

use super::pointer::pointer_heap;

#[derive(Default)]
pub(crate) struct Boa;

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: GcRefCell<[Option<Gc<Node<V, N>>>; N]>,
}

impl<V: 'static, const N: usize> Finalize for Node<V, N> {}

// What the derive writes, which demands that the type of each field is `Trace`: without end for a
// generic type that contains itself.
// SAFETY: all handles of the node are in `links`.
unsafe impl<V: 'static, const N: usize> Trace for Node<V, N> {
    unsafe fn trace(&self, tracer: &mut Tracer) {
        // SAFETY: from the caller.
        unsafe { self.links.trace(tracer) };
    }

    unsafe fn trace_non_roots(&self) {
        // SAFETY: from the caller.
        unsafe { self.links.trace_non_roots() };
    }

    fn run_finalizer(&self) {
        self.finalize();
        self.links.run_finalizer();
    }
}

pointer_heap!(Boa, Gc, GcRefCell, Vec, {
    fn collect(&mut self) {
        force_collect();
    }
});
