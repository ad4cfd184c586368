//! An attribute is given once.

use gordian::Trace;

#[derive(Trace)]
#[trace(leaf)]
#[trace(leaf)]
struct Texture {
    pixels: Vec<u8>,
}

fn main() {}
