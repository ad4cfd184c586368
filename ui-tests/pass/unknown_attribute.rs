//! The word is `skip`.

use gordian::Trace;

#[derive(Trace)]
struct Cache {
    #[trace(skip)]
    bytes: std::thread::ThreadId,
}

fn main() {}
