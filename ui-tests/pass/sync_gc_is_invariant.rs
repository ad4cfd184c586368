//! A `sync::Gc` keeps the lifetimes in its value.

use gordian::sync::Gc;

fn keep(name: Gc<&'static str>) -> Gc<&'static str> {
    name
}

fn main() {
    let _ = keep;
}
