//! A word that `#[trace(..)]` does not know is an error, not ignored.

use gordian::Trace;

#[derive(Trace)]
struct Cache {
    #[trace(ignore)]
    bytes: std::thread::ThreadId,
}

fn main() {}
