//! This repository's crate.

use std::sync::Mutex;

use gordian::Trace;
use gordian::sync::{self, Gc};

use super::shared_heap;

pub(crate) struct Gordian;

#[derive(Trace)]
#[trace(bound = "V: Send + Sync + 'static")]
pub(crate) struct Node<V, const N: usize> {
    #[trace(skip)]
    value: V,
    links: Mutex<[Option<Gc<Node<V, N>>>; N]>,
}

shared_heap!(Gordian, Gc, Gc::new, |node| node, {
    fn collect() {
        sync::collect();
    }

    fn collect_young() {
        sync::gc::collect_generation(0);
    }
});
