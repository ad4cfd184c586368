//! No shared handle disappears behind an `Arc`, where it could be reported twice.

use std::sync::Arc;

use gordian::{sync::Gc, Trace};

#[derive(Trace)]
struct Shared {
    node: Arc<Gc<u32>>,
}

fn main() {}
