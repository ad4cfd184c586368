//! A `weak::Finalizer` keeps the lifetimes in its value.

use gordian::{sync, weak};

fn keep<F>(name: weak::Finalizer<&'static str, F>) -> weak::Finalizer<&'static str, F> {
    name
}

fn keep_shared<F>(
    name: sync::weak::Finalizer<&'static str, F>,
) -> sync::weak::Finalizer<&'static str, F> {
    name
}

fn main() {
    let _ = (keep::<fn()>, keep_shared::<fn()>);
}
