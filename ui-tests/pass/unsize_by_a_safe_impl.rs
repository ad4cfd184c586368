//! The neighbour: handles can be taken apart, in crates without unsafe code too.
#![forbid(unsafe_code)]

use gordian::{Gc, Weak, unsize};

fn main() {
    let handle: Gc<[u8]> = unsize!(Gc::new([1_u8]) => [u8]);
    let _weak: Weak<[u8]> = unsize!(Gc::downgrade(&Gc::new([1_u8])) => [u8]);
    assert_eq!(handle[0], 1);
}
