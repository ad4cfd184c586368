//! Hooks and sinks of the shared heap hold what threads share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use gordian::sync::gc;

fn main() {
    let count = AtomicUsize::new(0);
    let _hook = gc::on_collect(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
    let lines = Arc::new(0);
    gc::set_debug_sink(move |line| assert!(line.len() > *lines));
}
