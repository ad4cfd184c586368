//! A `Gc` keeps the lifetimes in its value.

use gordian::Gc;

fn keep(name: Gc<&'static str>) -> Gc<&'static str> {
    name
}

fn main() {
    let _ = keep;
}
