//! `std::rc::Rc`, whose cycles are broken by hand: what the others are compared with.

use std::cell::RefCell;
use std::rc::Rc;

use super::pointer::pointer_heap;
use crate::heap::ByHand;

#[derive(Default)]
pub(crate) struct Counted;

pub(crate) struct Node<V, const N: usize> {
    value: V,
    links: RefCell<[Option<Rc<Node<V, N>>>; N]>,
}

impl<V, const N: usize> Node<V, N> {
    /// Cuts the links one by one: what they lead to may go at once, and look at this node.
    fn cut(&self) {
        for slot in 0..N {
            let link = self.links.borrow_mut()[slot].take();
            drop(link);
        }
    }
}

pointer_heap!(Counted, Rc, RefCell, Vec, {
    const BY_HAND: ByHand = ByHand::Cycles;

    fn discard(&mut self, node: Self::Handle) {
        node.cut();
    }

    fn discard_all(&mut self, table: Self::Table) {
        for node in &table {
            node.cut();
        }
    }
});
