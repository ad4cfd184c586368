//! A handle of something that is `Send` and `Sync` is `Sync`.

use std::any::Any;

use gordian::sync::Weak;

fn promises<T: Sync>() {}

fn main() {
    promises::<Weak<dyn Any + Send + Sync>>();
}
