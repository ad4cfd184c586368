//! A `weak::Finalizer`, which gives out handles, does not shorten the lifetimes in their value.

use gordian::{sync, weak};

fn shorten<'a, F>(name: weak::Finalizer<&'static str, F>) -> weak::Finalizer<&'a str, F> {
    name
}

fn shorten_shared<'a, F>(
    name: sync::weak::Finalizer<&'static str, F>,
) -> sync::weak::Finalizer<&'a str, F> {
    name
}

fn main() {
    let _ = (shorten::<fn()>, shorten_shared::<fn()>);
}
