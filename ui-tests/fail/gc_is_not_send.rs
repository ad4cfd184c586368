//! A `Gc` stays on its thread: its count is not atomic.

use gordian::Gc;

fn send<T: Send>(_: T) {}

fn main() {
    let name = Gc::new(String::from("a"));
    send(name);
}
