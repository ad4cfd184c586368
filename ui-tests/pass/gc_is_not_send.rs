//! The value can go to another thread.

use gordian::Gc;

fn send<T: Send>(_: T) {}

fn main() {
    let name = Gc::new(String::from("a"));
    send(String::clone(&name));
}
