//! slotmap: objects in a table, keys for links, and everything removed by hand.

use slotmap::{DefaultKey, SlotMap};

use crate::heap::{ByHand, Heap, Leaves, Triple};

pub(crate) struct Slots<V, const N: usize> {
    nodes: SlotMap<DefaultKey, Node<V, N>>,
}

pub(crate) struct Node<V, const N: usize> {
    value: V,
    links: [Option<DefaultKey>; N],
}

impl<V, const N: usize> Default for Slots<V, N> {
    fn default() -> Self {
        Self {
            nodes: SlotMap::new(),
        }
    }
}

impl<V: 'static, const N: usize> Heap<V, N> for Slots<V, N> {
    const BY_HAND: ByHand = ByHand::Always;
    const COUNTS: bool = false;

    type Handle = DefaultKey;
    type Table = Vec<DefaultKey>;

    #[inline]
    fn node(&mut self, value: V) -> DefaultKey {
        let links = [None; N];
        self.nodes.insert(Node { value, links })
    }

    #[inline]
    fn value<'a>(&'a self, node: &'a DefaultKey) -> &'a V {
        &self.nodes[*node].value
    }

    #[inline]
    fn set(&mut self, from: &DefaultKey, slot: usize, to: Option<DefaultKey>) {
        self.nodes[*from].links[slot] = to;
    }

    #[inline]
    fn take(&mut self, from: &DefaultKey, slot: usize) -> Option<DefaultKey> {
        self.nodes.get_mut(*from)?.links[slot].take()
    }

    #[inline]
    fn release(&mut self, node: DefaultKey) {
        self.nodes.remove(node);
    }

    fn release_all(&mut self, table: Vec<DefaultKey>) {
        for node in table {
            self.nodes.remove(node);
        }
    }
}

/// The table of the leaves.
#[derive(Default)]
pub(crate) struct LeafSlots {
    leaves: SlotMap<DefaultKey, Triple>,
}

impl Leaves for LeafSlots {
    type Leaf = DefaultKey;

    #[inline]
    fn leaf(&mut self, value: Triple) -> DefaultKey {
        self.leaves.insert(value)
    }

    #[inline]
    fn release_leaf(&mut self, leaf: DefaultKey) {
        self.leaves.remove(leaf);
    }
}
