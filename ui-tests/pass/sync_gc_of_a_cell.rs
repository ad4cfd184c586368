//! What threads share may have a `Mutex` in it.

use std::sync::Mutex;

use gordian::sync::Gc;

fn main() {
    let _number = Gc::new(Mutex::new(1));
}
