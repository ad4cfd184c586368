//! What threads share has no `Cell` in it.

use std::cell::Cell;

use gordian::sync::Gc;

fn main() {
    let _number = Gc::new(Cell::new(1));
}
