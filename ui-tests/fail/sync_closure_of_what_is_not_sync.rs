//! What threads share is `Sync`, captures too.

use gordian::sync::{Gc, closure};
use std::cell::Cell;

fn main() {
    let count = Cell::new(0);
    let counts = closure!([count] || count.set(count.get() + 1));
    let _shared = Gc::new(counts);
}
