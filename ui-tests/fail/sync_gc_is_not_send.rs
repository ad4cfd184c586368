//! A handle of something that is not `Send` and `Sync` is not `Send`.

use std::any::Any;

use gordian::sync::Gc;

fn promises<T: Send>() {}

fn main() {
    promises::<Gc<dyn Any + Sync>>();
}
