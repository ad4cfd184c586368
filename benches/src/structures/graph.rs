//! Random graphs: each node has four links to nodes picked at random.

use super::Random;
use crate::heap::{Heap, Table};

const LINKS: usize = 4;

/// A graph of `count` nodes, with a handle to each.
pub(crate) fn build<V: From<u32>, H: Heap<V, LINKS>>(heap: &mut H, count: usize) -> H::Table {
    let mut table = H::Table::with_capacity(count);
    for number in 0..count {
        let node = heap.node(V::from(number as u32));
        table.push(node);
    }
    let mut random = Random::new(1);
    let nodes = table.handles();
    for node in &*nodes {
        for slot in 0..LINKS {
            let target = nodes[random.below(count)].clone();
            heap.set(node, slot, Some(target));
        }
    }
    drop(nodes);
    table
}
