//! Two threads can share the value.

use gordian::Gc;

fn share<T: Sync>(_: &T) {}

fn main() {
    let name = Gc::new(String::from("a"));
    share::<String>(&name);
}
