//! The other way round it is fine: the local object holds the shared one.

use gordian::{sync, Gc};

fn main() {
    let _name = Gc::new(sync::Gc::new(String::from("a")));
}
