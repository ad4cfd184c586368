//! A handle of something that is `Send` and `Sync` is `Send`.

use std::any::Any;

use gordian::sync::Weak;

fn promises<T: Send>() {}

fn main() {
    promises::<Weak<dyn Any + Send + Sync>>();
}
