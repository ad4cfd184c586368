//! A `sync::Gc` does not shorten the lifetimes in its value: a finalizer relies on them.

use gordian::sync::Gc;

fn shorten<'a>(name: Gc<&'static str>) -> Gc<&'a str> {
    name
}

fn main() {
    let _ = shorten;
}
