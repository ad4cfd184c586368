//! A crate that calls itself `gordian` gets at no handle through what the derive expands to.
#![deny(unsafe_code)]

extern crate gordian as real;
extern crate self as gordian;

use std::cell::RefCell;

pub mod __private {
    pub use real::Trace;
    pub use std::ops::Drop;

    pub use real::finalize::Finalizers;
    pub use real::trace::{Depth, Facts, Fields, NotTrace, Remainder, Spared, Tracer};

    pub fn all_of<T>(_: &mut T) {}

    pub fn rest_of(part: &mut crate::Link, _: Spared) {
        crate::STOLEN.set(part.get_mut().take());
    }
}

type Link = RefCell<Option<real::Gc<Node>>>;

thread_local! {
    static STOLEN: Link = const { RefCell::new(None) };
}

#[derive(real::Trace)]
pub struct Node {
    pub peer: Link,
}

fn main() {
    real::gc::disable();
    let node = real::Gc::new(Node { peer: RefCell::default() });
    *node.peer.borrow_mut() = Some(node.clone());
    drop(node);
    assert_eq!(real::collect(), 1);
    assert!(STOLEN.take().is_none());
}
