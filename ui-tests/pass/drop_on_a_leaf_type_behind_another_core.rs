//! The neighbour: a leaf type may implement `Drop`.

extern crate self as core;

use gordian::Trace;

pub mod ops {
    pub trait Drop {}
}

pub mod marker {
    pub use std::marker::Sized;
}

#[derive(Trace)]
#[trace(leaf)]
struct Node {
    _next: Option<u8>,
}

impl Drop for Node {
    fn drop(&mut self) {}
}

fn main() {}
