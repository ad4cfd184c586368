//! A `sync::Weak` does not shorten the lifetimes in its value: a finalizer relies on them.

use gordian::sync::Weak;

fn shorten<'a>(name: Weak<&'static str>) -> Weak<&'a str> {
    name
}

fn main() {
    let _ = shorten;
}
