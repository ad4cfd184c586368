//! bacon_rajan_cc, whose collector the program must start.

use std::cell::RefCell;

use bacon_rajan_cc::{Cc, Trace, Tracer, collect_cycles, number_of_roots_buffered};

use super::pointer::pointer_heap;
use crate::heap::Pacer;

/// After how many objects it is time to collect in any case: what dies in one piece leaves a
/// single root in the buffer.
const MADE: usize = 100_000;

#[derive(Default)]
pub(crate) struct BaconRajan {
    made: usize,
}

pub(crate) struct Node<V: 'static, const N: usize> {
    value: V,
    links: RefCell<[Option<Cc<Node<V, N>>>; N]>,
}

impl<V: 'static, const N: usize> Trace for Node<V, N> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        for link in self.links.borrow().iter().flatten() {
            link.trace(tracer);
        }
    }
}

pointer_heap!(BaconRajan, Cc, RefCell, Vec, {
    fn collect(&mut self) {
        collect_cycles();
    }

    fn breathe(&mut self, made: usize) {
        self.made += made;
        if number_of_roots_buffered() > Pacer::LEAST || self.made > MADE {
            self.made = 0;
            collect_cycles();
        }
    }
});
