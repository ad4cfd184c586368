//! Binary trees whose nodes hold their children and their parent.

use crate::heap::Heap;

const PARENT: usize = 0;
const CHILDREN: [usize; 2] = [1, 2];

/// How many nodes there are in a tree with so many levels.
pub(crate) fn size(levels: u32) -> usize {
    (1 << levels) - 1
}

/// A full tree with so many levels.
pub(crate) fn build<V: From<u32>, H: Heap<V, 3>>(heap: &mut H, levels: u32) -> H::Handle {
    let root = heap.node(V::from(levels));
    if levels > 1 {
        for slot in CHILDREN {
            let child = build(heap, levels - 1);
            heap.set(&child, PARENT, Some(root.clone()));
            heap.set(&root, slot, Some(child));
        }
    }
    root
}

/// Gives up a tree node by node.
pub(crate) fn discard<V, H: Heap<V, 3>>(heap: &mut H, root: H::Handle) {
    for slot in CHILDREN {
        if let Some(child) = heap.take(&root, slot) {
            discard(heap, child);
        }
    }
    heap.discard(root);
}
