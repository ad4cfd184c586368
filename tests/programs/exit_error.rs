//! Ends by returning an error, with a cycle on the heap.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::cell::RefCell;

use gordian::{Finalize, Gc, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Node {
    edge: RefCell<Option<Gc<Node>>>,
}

impl Finalize for Node {
    fn finalize(&self) {
        println!("finalized");
    }
}

fn main() -> Result<(), &'static str> {
    let node = Gc::new(Node {
        edge: RefCell::default(),
    });
    *node.edge.borrow_mut() = Some(node.clone());
    println!("main fails");
    Err("the error")
}
