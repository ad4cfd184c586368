//! A leaf on the heap has weak handles like everything else.

use gordian::{Gc, Weak};

fn main() {
    let number = Gc::new(5);
    let _: Weak<i32> = Gc::downgrade(&number);
}
