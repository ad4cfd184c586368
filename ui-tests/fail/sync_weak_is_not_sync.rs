//! A handle of something that is not `Send` and `Sync` is not `Sync`.

use std::any::Any;

use gordian::sync::Weak;

fn promises<T: Sync>() {}

fn main() {
    promises::<Weak<dyn Any + Send>>();
}
