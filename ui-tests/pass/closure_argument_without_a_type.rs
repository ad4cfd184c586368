//! A type that is written out.

use gordian::closure;

fn main() {
    let double = closure!([] |n: i32| n * 2);
    assert_eq!(double.call((1,)), 2);
}
