//! A bound that only the derived impl has does not make room for `Drop`.

use gordian::Trace;

#[derive(Trace)]
struct Holder<T> {
    value: T,
}

impl<T> Drop for Holder<T> {
    fn drop(&mut self) {}
}

fn main() {}
