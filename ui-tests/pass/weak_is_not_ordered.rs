//! A `Gc` has the order of its value.

use gordian::Gc;

fn main() {
    let (a, b) = (Gc::new(1), Gc::new(2));
    let _ = Gc::downgrade(&a).upgrade() < Gc::downgrade(&b).upgrade();
}
