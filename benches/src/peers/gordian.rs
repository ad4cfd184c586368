//! This repository's crate.

use std::cell::RefCell;

use gordian::{Gc, Trace};

use super::pointer::pointer_heap;

#[derive(Default)]
pub(crate) struct Gordian;

#[derive(Trace)]
#[trace(bound = "V: 'static")]
pub(crate) struct Node<V, const N: usize> {
    #[trace(skip)]
    value: V,
    links: RefCell<[Option<Gc<Node<V, N>>>; N]>,
}

pointer_heap!(Gordian, Gc, RefCell, Vec, {
    fn collect(&mut self) {
        gordian::collect();
    }

    fn collect_young(&mut self) -> bool {
        gordian::gc::collect_generation(0);
        true
    }
});
