//! A capture whose type derives `Trace`.

use gordian::{Gc, Trace, closure};

#[derive(Trace)]
struct Node {
    next: Option<Gc<u32>>,
}

fn main() {
    let node = Node { next: None };
    let is_last = closure!([node] || node.next.is_none());
    assert!(is_last.call(()));
}
