//! No handle disappears behind an `Rc`, where it could be reported twice.

use std::rc::Rc;

use gordian::{Gc, Trace};

#[derive(Trace)]
struct Shared {
    node: Rc<Gc<u32>>,
}

fn main() {}
