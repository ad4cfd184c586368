//! What is not in the list is not captured: the collector could not see it.

use gordian::{Gc, closure};

fn main() {
    let named = Gc::new(1);
    let unnamed = Gc::new(2);
    let _sum = closure!([named] |n: i32| **named + *unnamed + n);
}
