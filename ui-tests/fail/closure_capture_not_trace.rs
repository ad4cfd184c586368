//! What is captured is traced.

use gordian::{Gc, closure};

struct Node {
    next: Option<Gc<u32>>,
}

fn main() {
    let node = Node { next: None };
    let _is_last = closure!([node] || node.next.is_none());
}
