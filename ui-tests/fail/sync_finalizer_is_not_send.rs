//! A finalizer runs on any thread, so it holds nothing that belongs to one.

use std::rc::Rc;

use gordian::sync::{weak, Gc};

fn main() {
    let (name, log) = (Gc::new(1), Rc::new(()));
    weak::finalize(&name, move || drop(log));
}
