//! A handle of something that is not `Send` and `Sync` is not `Sync`.

use std::any::Any;

use gordian::sync::Gc;

fn promises<T: Sync>() {}

fn main() {
    promises::<Gc<dyn Any + Send>>();
}
