//! Ends with cycles that another module made: a dead one, and two that statics hold.

use super::Gc;

mod other {
    use std::cell::RefCell;
    use std::sync::Mutex;

    use gordian::{Finalize, Trace};

    use super::Gc;

    #[derive(Trace)]
    #[trace(finalize)]
    pub(crate) struct Node {
        name: &'static str,
        edge: Mutex<Option<Gc<Node>>>,
    }

    impl Finalize for Node {
        fn finalize(&self) {
            println!("finalized: {}", self.name);
        }
    }

    thread_local! {
        pub(crate) static EARLIER: RefCell<Option<Gc<Node>>> = const { RefCell::new(None) };
        pub(crate) static LATER: RefCell<Option<Gc<Node>>> = const { RefCell::new(None) };
    }

    pub(crate) fn cycle(name: &'static str) -> Gc<Node> {
        let node = Gc::new(Node {
            name,
            edge: Mutex::default(),
        });
        *node.edge.lock().unwrap() = Some(node.clone());
        node
    }
}

pub(crate) fn main() {
    // A static is destroyed in an order that depends on its first use: one before and one after
    // that of the heap.
    other::EARLIER.with_borrow(|held| assert!(held.is_none()));
    drop(other::cycle("dead cycle of a module"));
    other::EARLIER.set(Some(other::cycle("held by an earlier static")));
    other::LATER.set(Some(other::cycle("held by a later static")));
    println!("main returns");
}
