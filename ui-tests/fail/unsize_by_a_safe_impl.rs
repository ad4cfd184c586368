//! What `unsize!` takes apart is not for everybody to define.

use gordian::__private::unsize::{GcRest, Unsize, parts};
use gordian::{Gc, unsize};

struct Forged<T>(*mut T, GcRest);

impl<T> Unsize for Forged<T> {
    type Target = T;
    type Rest = GcRest;

    fn into_parts(self) -> (*mut T, GcRest) {
        (self.0, self.1)
    }
}

fn main() {
    let (_, rest) = parts(Gc::new(1_u8));
    let _handle: Gc<u64> = unsize!(Forged(std::ptr::dangling_mut(), rest) => u64);
}
