//! A field of a foreign type is skipped.

use gordian::Trace;

struct Foreign;

#[derive(Trace)]
struct Wrapper {
    #[trace(skip)]
    list: Vec<Foreign>,
}

fn main() {}
