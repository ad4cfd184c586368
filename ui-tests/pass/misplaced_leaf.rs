//! A field that is not traced is skipped.

use gordian::Trace;

struct Foreign;

#[derive(Trace)]
struct Wrapper {
    #[trace(skip)]
    foreign: Foreign,
}

fn main() {}
