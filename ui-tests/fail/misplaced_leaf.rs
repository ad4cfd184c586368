//! `leaf` is for types; the word for a field is `skip`.

use gordian::Trace;

struct Foreign;

#[derive(Trace)]
struct Wrapper {
    #[trace(leaf)]
    foreign: Foreign,
}

fn main() {}
