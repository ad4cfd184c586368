//! An enum knows which of its fields is valid.

use gordian::Trace;

#[derive(Trace)]
enum Number {
    Whole(u64),
    Float(f64),
}

fn main() {}
