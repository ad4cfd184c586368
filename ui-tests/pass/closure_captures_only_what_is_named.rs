//! Both captures are in the list; constants and functions need not be.

use gordian::{Gc, closure};

const CONSTANT: i32 = 3;

fn main() {
    let named = Gc::new(1);
    let also_named = Gc::new(2);
    let sum = closure!([named, also_named] |n: i32| **named + **also_named + CONSTANT.max(n));
    assert_eq!(sum.call((1,)), 6);
}
