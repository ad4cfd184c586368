//! `std::sync::Arc`, whose cycles are broken by hand: what the others are compared with.

use std::sync::{Arc, Mutex};

use super::shared_heap;

pub(crate) struct Counted;

pub(crate) struct Node<V, const N: usize> {
    value: V,
    links: Mutex<[Option<Arc<Node<V, N>>>; N]>,
}

shared_heap!(Counted, Arc, Arc::new, |node| node, {
    const BY_HAND: bool = true;
});
