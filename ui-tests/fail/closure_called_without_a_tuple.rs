//! The arguments of a call are a tuple.

use gordian::closure;

fn main() {
    let double = closure!([] |n: i32| n * 2);
    double.call(1);
}
