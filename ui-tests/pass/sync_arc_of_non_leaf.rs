//! An `Arc` of a leaf holds no handle.

use std::sync::Arc;

use gordian::{sync::Gc, Trace};

#[derive(Trace)]
struct Shared {
    node: Gc<Arc<u32>>,
}

fn main() {}
