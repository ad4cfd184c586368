//! Ends by `std::process::exit`, after `gc::shutdown` has seen to what is left.

use std::process;
use std::sync::Mutex;

use gordian::{Finalize, Trace};

use super::{Gc, gc};

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

pub(crate) fn main() -> ! {
    let node = Gc::new(Node {
        edge: Mutex::default(),
    });
    *node.edge.lock().unwrap() = Some(node.clone());
    drop(node);
    gc::shutdown();
    println!("exit");
    process::exit(3);
}
