//! A cell among the captures.

use std::cell::Cell;

use gordian::closure;

fn main() {
    let count = Cell::new(0);
    let next = closure!([count] || count.replace(count.get() + 1));
    assert_eq!((next.call(()), next.call(())), (0, 1));
}
