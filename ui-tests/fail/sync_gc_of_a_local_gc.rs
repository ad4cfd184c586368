//! What threads share holds no handle of a single thread.

use gordian::{sync, Gc};

fn main() {
    let _name = sync::Gc::new(Gc::new(String::from("a")));
}
