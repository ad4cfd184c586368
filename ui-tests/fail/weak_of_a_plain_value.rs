//! Only what lies on the heap has weak handles.

use gordian::{Gc, Weak};

fn main() {
    let number = 5;
    let _: Weak<i32> = Gc::downgrade(&number);
}
