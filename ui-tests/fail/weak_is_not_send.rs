//! A `Weak` stays on its thread, as its `Gc` does.

use gordian::Gc;

fn send<T: Send>(_: T) {}

fn main() {
    let name = Gc::new(String::from("a"));
    send(Gc::downgrade(&name));
}
