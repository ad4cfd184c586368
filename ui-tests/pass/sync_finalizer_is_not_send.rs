//! A finalizer may hold what can go to another thread; what it returns may stay there.

use std::rc::Rc;
use std::sync::Arc;

use gordian::sync::{weak, Gc};

fn main() {
    let (name, log) = (Gc::new(1), Arc::new(()));
    weak::finalize(&name, move || {
        drop(log);
        Rc::new(())
    });
}
