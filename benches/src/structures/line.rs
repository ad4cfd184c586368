//! Chains and rings: each node has one link, to the next one.

use crate::heap::Heap;

/// A chain of `count` nodes; the handle is that of its head, which was made last.
pub(crate) fn chain<V: From<u32>, H: Heap<V, 1>>(heap: &mut H, count: usize) -> H::Handle {
    let mut head = heap.node(V::from(0));
    for number in 1..count {
        let node = heap.node(V::from(number as u32));
        heap.set(&node, 0, Some(head));
        head = node;
    }
    head
}

/// A ring of `count` nodes.
pub(crate) fn ring<V: From<u32>, H: Heap<V, 1>>(heap: &mut H, count: usize) -> H::Handle {
    let first = heap.node(V::from(0));
    let mut last = first.clone();
    for number in 1..count {
        let node = heap.node(V::from(number as u32));
        heap.set(&last, 0, Some(node.clone()));
        last = node;
    }
    heap.set(&last, 0, Some(first.clone()));
    first
}

/// Gives up a chain or a ring node by node.
pub(crate) fn discard<V, H: Heap<V, 1>>(heap: &mut H, head: H::Handle) {
    let mut node = head;
    while let Some(next) = heap.take(&node, 0) {
        heap.discard(node);
        node = next;
    }
    heap.discard(node);
}
