//! What threads share is `Sync`, captures too.

use gordian::sync::{Gc, closure};
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let count = AtomicUsize::new(0);
    let counts = closure!([count] || count.fetch_add(1, Ordering::Relaxed));
    let _shared = Gc::new(counts);
}
