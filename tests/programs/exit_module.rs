//! Ends with cycles that another module made: a dead one, and two that statics hold.
#![expect(clippy::print_stdout, reason = "the test reads it")]

mod other {
    use std::cell::RefCell;

    use gordian::{Finalize, Gc, Trace};

    #[derive(Trace)]
    #[trace(finalize)]
    pub(crate) struct Node {
        name: &'static str,
        edge: RefCell<Option<Gc<Node>>>,
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
            edge: RefCell::default(),
        });
        *node.edge.borrow_mut() = Some(node.clone());
        node
    }
}

fn main() {
    // A static is destroyed in an order that depends on its first use: one before and one after
    // that of the heap.
    other::EARLIER.with_borrow(|held| assert!(held.is_none()));
    drop(other::cycle("dead cycle of a module"));
    other::EARLIER.set(Some(other::cycle("held by an earlier static")));
    other::LATER.set(Some(other::cycle("held by a later static")));
    println!("main returns");
}
