//! Ends with a dead cycle on the heap.

use std::sync::Mutex;

use gordian::{Finalize, Trace};

use super::Gc;

#[derive(Trace)]
#[trace(finalize)]
struct Node {
    edge: Mutex<Option<Gc<Node>>>,
}

impl Finalize for Node {
    fn finalize(&self) {
        println!("finalized");
    }
}

pub(crate) fn main() {
    let node = Gc::new(Node {
        edge: Mutex::default(),
    });
    *node.edge.lock().unwrap() = Some(node.clone());
    println!("main returns");
}
