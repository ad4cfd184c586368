//! A type none of whose fields is traced is a leaf.

use gordian::Trace;

#[derive(Trace)]
#[trace(leaf)]
struct Texture {
    pixels: Vec<u8>,
}

fn main() {}
