//! A `sync::Weak` keeps the lifetimes in its value.

use gordian::sync::Weak;

fn keep(name: Weak<&'static str>) -> Weak<&'static str> {
    name
}

fn main() {
    let _ = keep;
}
