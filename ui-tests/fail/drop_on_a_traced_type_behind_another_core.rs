//! A crate that calls itself `core` hides the trait `Drop` from the derive, but not from the
//! compiler.

extern crate self as core;

use gordian::{Gc, Trace};

pub mod ops {
    pub trait Drop {}
}

pub mod marker {
    pub use std::marker::Sized;
}

#[derive(Trace)]
struct Node {
    next: Option<Gc<Node>>,
}

impl Drop for Node {
    fn drop(&mut self) {}
}

fn main() {}
