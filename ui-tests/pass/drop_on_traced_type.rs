//! What `Drop` would have done is done by a finalizer, while the value is still whole.

use gordian::{Finalize, Gc, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Node {
    next: Option<Gc<Node>>,
}

impl Finalize for Node {
    fn finalize(&self) {}
}

fn main() {}
