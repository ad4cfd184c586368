//! A path that looks like that of `Drop` may lead elsewhere: the type can be unsized, so that its
//! fields are not simply moved out, and still may not implement `Drop`.

extern crate self as core;

pub mod ops {
    pub trait Drop {}
}

pub mod marker {
    pub use std::marker::Sized;
}


use gordian::{Gc, Trace};

#[derive(Trace)]
struct Node<T: ?Sized> {
    next: Option<Gc<u32>>,
    tail: T,
}

impl<T: ?Sized> Drop for Node<T> {
    fn drop(&mut self) {
        println!("{:?}", self.next);
    }
}

fn main() {}
