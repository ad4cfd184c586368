//! A type that holds no handles is a leaf, and a leaf can implement `Drop`.

use gordian::Trace;

#[derive(Trace)]
#[trace(leaf)]
struct Holder<T> {
    value: T,
}

impl<T> Drop for Holder<T> {
    fn drop(&mut self) {}
}

fn main() {}
