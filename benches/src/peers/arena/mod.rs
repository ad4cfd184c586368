//! gc-arena, whose handles cannot leave the arena's `mutate`, and which collects outside it only.
//!
//! So it has its own versions of the workloads, under the same names. The structures are built by
//! the same code as everyone's, with [`InArena`] for a heap.

pub(crate) mod alive;
pub(crate) mod allocate;
pub(crate) mod chain;
pub(crate) mod churn;
pub(crate) mod dead;
pub(crate) mod freed;
pub(crate) mod handles;
pub(crate) mod memory;
pub(crate) mod trees;

use gc_arena::barrier::unlock;
use gc_arena::{Arena, Collect, Gc, Mutation, RefLock, Rootable};

use crate::heap::Heap;

/// How many objects are made in one `mutate`, where they are made one by one.
const STEP: usize = 100;

type NodePtr<'gc, V, const N: usize> = Gc<'gc, Node<'gc, V, N>>;

#[derive(Collect)]
#[collect(no_drop, bound = "where V: 'static")]
pub(crate) struct Node<'gc, V: 'static, const N: usize> {
    #[collect(require_static)]
    value: V,
    links: RefLock<[Option<NodePtr<'gc, V, N>>; N]>,
}

/// An arena whose root is a table of nodes.
type Nodes<V, const N: usize> = Arena<Rootable!['gc => Vec<NodePtr<'gc, V, N>>]>;

fn nodes<V: 'static, const N: usize>() -> Nodes<V, N> {
    Arena::new(|_| Vec::new())
}

/// Drops what the root holds, and collects everything.
fn clear<V: 'static, const N: usize>(arena: &mut Nodes<V, N>) {
    arena.mutate_root(|_, root| *root = Vec::new());
    arena.finish_cycle();
}

/// The heap that a structure is built on: the inside of an arena.
pub(crate) struct InArena<'gc>(&'gc Mutation<'gc>);

impl<'gc, V: 'static, const N: usize> Heap<V, N> for InArena<'gc> {
    const COUNTS: bool = false;

    type Handle = NodePtr<'gc, V, N>;
    type Table = Vec<Self::Handle>;

    #[inline]
    fn node(&mut self, value: V) -> Self::Handle {
        let links = RefLock::new([None; N]);
        Gc::new(self.0, Node { value, links })
    }

    #[inline]
    fn value<'a>(&'a self, node: &'a Self::Handle) -> &'a V {
        &node.value
    }

    #[inline]
    fn set(&mut self, from: &Self::Handle, slot: usize, to: Option<Self::Handle>) {
        unlock!(Gc::write(self.0, *from), Node, links).borrow_mut()[slot] = to;
    }

    #[inline]
    fn take(&mut self, from: &Self::Handle, slot: usize) -> Option<Self::Handle> {
        unlock!(Gc::write(self.0, *from), Node, links).borrow_mut()[slot].take()
    }
}
