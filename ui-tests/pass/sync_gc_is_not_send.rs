//! A handle of something that is `Send` and `Sync` is `Send`.

use std::any::Any;

use gordian::sync::Gc;

fn promises<T: Send>() {}

fn main() {
    promises::<Gc<dyn Any + Send + Sync>>();
}
