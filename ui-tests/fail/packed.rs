//! There are no references to the fields of a packed struct.

use gordian::Trace;

#[derive(Trace)]
#[repr(C, packed(2))]
struct Pixel {
    color: u32,
    alpha: u8,
}

fn main() {}
