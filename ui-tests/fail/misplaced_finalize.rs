//! `finalize` is for types: a finalizer belongs to a whole value.

use gordian::{Finalize, Trace};

#[derive(Trace)]
struct Session {
    #[trace(finalize)]
    id: u32,
}

impl Finalize for Session {
    fn finalize(&self) {}
}

fn main() {}
