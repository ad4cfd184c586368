//! Every field is `Trace` or skipped.

use gordian::Trace;

struct Foreign;

#[derive(Trace)]
struct Wrapper {
    list: Vec<Foreign>,
}

fn main() {}
