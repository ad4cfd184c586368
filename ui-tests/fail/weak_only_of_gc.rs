//! A weak handle leads to an object: a plain value has none.

use gordian::Gc;

fn main() {
    let name = String::from("a");
    let _weak = Gc::downgrade(&name);
}
