//! A weak handle leads to an object.

use gordian::Gc;

fn main() {
    let name = Gc::new(String::from("a"));
    let _weak = Gc::downgrade(&name);
}
