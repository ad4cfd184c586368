//! A `Weak` has no order: what it leads to can go at any time.

use gordian::Gc;

fn main() {
    let (a, b) = (Gc::new(1), Gc::new(2));
    let _ = Gc::downgrade(&a) < Gc::downgrade(&b);
}
