//! A handle of something that is `Send` and `Sync` is `Sync`.

use std::any::Any;

use gordian::sync::Gc;

fn promises<T: Sync>() {}

fn main() {
    promises::<Gc<dyn Any + Send + Sync>>();
}
