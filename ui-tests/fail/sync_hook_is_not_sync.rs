//! Hooks and sinks of the shared heap run on any thread, and on several at once.

use std::cell::Cell;
use std::rc::Rc;

use gordian::sync::gc;

fn main() {
    let count = Cell::new(0);
    let _hook = gc::on_collect(move |_| count.set(count.get() + 1));
    let lines = Rc::new(0);
    gc::set_debug_sink(move |line| assert!(line.len() > *lines));
}
