//! Two threads cannot share a `Gc`: its count is not atomic.

use gordian::Gc;

fn share<T: Sync>(_: &T) {}

fn main() {
    let name = Gc::new(String::from("a"));
    share(&name);
}
