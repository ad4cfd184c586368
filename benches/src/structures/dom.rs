//! Document trees: each node holds its parent, its first and last child, and both siblings.

use crate::heap::Heap;

const PARENT: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;
const PREVIOUS: usize = 3;
const NEXT: usize = 4;

/// How many children an element has.
const CHILDREN: usize = 10;

/// How many nodes there are in a document with so many levels.
pub(crate) fn size(levels: u32) -> usize {
    (0..levels).map(|level| CHILDREN.pow(level)).sum()
}

/// A document with so many levels, in the order a parser would make it.
pub(crate) fn build<V: From<u32>, H: Heap<V, 5>>(heap: &mut H, levels: u32) -> H::Handle {
    let root = heap.node(V::from(levels));
    add_children(heap, &root, levels);
    root
}

fn add_children<V: From<u32>, H: Heap<V, 5>>(heap: &mut H, parent: &H::Handle, levels: u32) {
    if levels <= 1 {
        return;
    }
    for _ in 0..CHILDREN {
        let child = heap.node(V::from(levels - 1));
        append(heap, parent, &child);
        add_children(heap, &child, levels - 1);
    }
}

fn append<V, H: Heap<V, 5>>(heap: &mut H, parent: &H::Handle, child: &H::Handle) {
    heap.set(child, PARENT, Some(parent.clone()));
    match heap.take(parent, LAST) {
        Some(previous) => {
            heap.set(&previous, NEXT, Some(child.clone()));
            heap.set(child, PREVIOUS, Some(previous));
        }
        None => heap.set(parent, FIRST, Some(child.clone())),
    }
    heap.set(parent, LAST, Some(child.clone()));
}

/// Gives up a document node by node.
pub(crate) fn discard<V, H: Heap<V, 5>>(heap: &mut H, root: H::Handle) {
    let mut next = heap.take(&root, FIRST);
    while let Some(child) = next {
        next = heap.take(&child, NEXT);
        discard(heap, child);
    }
    heap.discard(root);
}
