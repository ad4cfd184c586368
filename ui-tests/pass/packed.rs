//! A packed struct without handles is a leaf: none of its fields is borrowed.

use gordian::Trace;

#[derive(Trace)]
#[trace(leaf)]
#[repr(C, packed(2))]
struct Pixel {
    color: u32,
    alpha: u8,
}

fn main() {}
