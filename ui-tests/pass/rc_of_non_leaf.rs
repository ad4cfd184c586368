//! An `Rc` of a leaf holds no handle.

use std::rc::Rc;

use gordian::Trace;

#[derive(Trace)]
#[trace(leaf)]
struct Texture {
    pixels: Vec<u8>,
}

#[derive(Trace)]
struct Shared {
    texture: Rc<Texture>,
}

fn main() {}
