//! A callback may hold what can go to another thread.

use std::sync::Arc;

use gordian::sync::Gc;

fn main() {
    let (name, log) = (Gc::new(1), Arc::new(()));
    let _weak = Gc::downgrade_with(&name, move || drop(log));
}
