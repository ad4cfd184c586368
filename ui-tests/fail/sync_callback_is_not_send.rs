//! A callback runs on any thread, so it holds nothing that belongs to one.

use std::rc::Rc;

use gordian::sync::Gc;

fn main() {
    let (name, log) = (Gc::new(1), Rc::new(()));
    let _weak = Gc::downgrade_with(&name, move || drop(log));
}
