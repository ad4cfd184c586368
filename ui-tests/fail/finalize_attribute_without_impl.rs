//! `#[trace(finalize)]` needs `impl Finalize`.

use gordian::Trace;

#[derive(Trace)]
#[trace(finalize)]
struct Session {
    id: u32,
}

fn main() {}
