//! Chains and rings of any length on a small stack.
//!
//! Ten million nodes on 64 KiB, which is what a release build promises. A build without
//! optimization needs several times the stack for the same calls, and more time: one million nodes
//! on 256 KiB.

use std::cell::RefCell;
use std::thread;

use gordian::{Gc, Trace, gc};

const NODES: usize = if cfg!(debug_assertions) {
    1_000_000
} else {
    10_000_000
};
const STACK: usize = if cfg!(debug_assertions) {
    256 << 10
} else {
    64 << 10
};

#[derive(Trace)]
struct Node {
    next: RefCell<Option<Gc<Node>>>,
}

impl Node {
    fn new(next: Option<Gc<Self>>) -> Gc<Self> {
        Gc::new(Self {
            next: RefCell::new(next),
        })
    }
}

/// A chain's last and first node.
fn chain() -> (Gc<Node>, Gc<Node>) {
    let last = Node::new(None);
    let first = (1..NODES).fold(last.clone(), |next, _| Node::new(Some(next)));
    (last, first)
}

fn on_small_stack(test: fn()) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(test);
    thread
        .expect("no thread was started")
        .join()
        .expect("the thread panicked");
}

/// A chain is dropped by counting.
#[test]
fn chain_is_dropped() {
    on_small_stack(|| {
        gc::disable();
        let (last, first) = chain();
        let weak = Gc::downgrade(&first);
        let last = {
            let strong = last;
            Gc::downgrade(&strong)
        };
        assert_eq!(gc::objects(None).len(), NODES);
        drop(first);
        assert!(weak.upgrade().is_none() && last.upgrade().is_none());
        assert_eq!(gc::objects(None).len(), 0);
        assert_eq!(gc::collect(), 0);
    });
}

/// A chain that is held is looked at and kept.
#[test]
fn chain_is_traced() {
    on_small_stack(|| {
        gc::disable();
        let (_, first) = chain();
        drop(first.clone());
        assert_eq!(gc::collect(), 0);
        assert_eq!(gc::objects(None).len(), NODES);
    });
}

/// A ring is collected.
#[test]
fn ring_is_collected() {
    on_small_stack(|| {
        gc::disable();
        let (last, first) = chain();
        let weak = Gc::downgrade(&last);
        *last.next.borrow_mut() = Some(first);
        drop(last);
        assert!(weak.upgrade().is_some());
        assert_eq!(gc::collect(), NODES);
        assert!(weak.upgrade().is_none());
        assert_eq!(gc::objects(None).len(), 0);
    });
}
