//! The same without the `Drop`.

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

impl<T: ?Sized> Node<T> {
    pub fn print(&mut self) {
        println!("{:?}", self.next);
    }
}

fn main() {}
