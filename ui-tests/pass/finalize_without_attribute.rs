//! `impl Finalize` with `#[trace(finalize)]` beside the derive.

use gordian::{Finalize, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Session {
    id: u32,
}

impl Finalize for Session {
    fn finalize(&self) {}
}

fn main() {}
