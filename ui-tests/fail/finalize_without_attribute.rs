//! `impl Finalize` needs `#[trace(finalize)]`, or the finalizer would never run.

use gordian::{Finalize, Trace};

#[derive(Trace)]
struct Session {
    id: u32,
}

impl Finalize for Session {
    fn finalize(&self) {}
}

fn main() {}
