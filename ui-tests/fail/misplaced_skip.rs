//! `skip` is for fields and variants; the word for a type is `leaf`.

use gordian::Trace;

#[derive(Trace)]
#[trace(skip)]
struct Texture {
    pixels: Vec<u8>,
}

fn main() {}
