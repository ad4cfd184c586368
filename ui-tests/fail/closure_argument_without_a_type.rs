//! The types of arguments are written out.

use gordian::closure;

fn main() {
    let double = closure!([] |n| n * 2);
    assert_eq!(double.call((1,)), 2);
}
