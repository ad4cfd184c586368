//! Ends by `std::process::exit`, after `gc::shutdown` has seen to what is left.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::cell::RefCell;
use std::process;

use gordian::{Finalize, Gc, Trace, gc};

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

fn main() {
    let node = Gc::new(Node {
        edge: RefCell::default(),
    });
    *node.edge.borrow_mut() = Some(node.clone());
    drop(node);
    gc::shutdown();
    println!("exit");
    process::exit(3);
}
