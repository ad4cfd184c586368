//! Nobody can know which field of a union is valid.

use gordian::Trace;

#[derive(Trace)]
union Number {
    whole: u64,
    float: f64,
}

fn main() {}
