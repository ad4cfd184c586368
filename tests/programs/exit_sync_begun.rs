//! A thread begins while the last one ends: what it registers does not wait for that.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::sync::mpsc;
use std::thread;

use gordian::sync::{Gc, weak};

/// Registers a finalizer with an object that lives until the process has ended.
fn at_exit(function: impl FnOnce() + Send + 'static) {
    let object = Gc::new(1);
    weak::finalize(&object, function);
    let _leaked = Gc::into_raw(object);
}

fn main() {
    let (begun, begins) = mpsc::channel();
    let (later, has_later) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let first = thread::spawn(move || {
        at_exit(move || {
            let later_thread = thread::spawn(move || {
                at_exit(|| println!("of the later thread"));
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
            });
            later.send(later_thread).unwrap();
            begins.recv().unwrap();
            println!("of the first thread");
        });
    });
    first.join().unwrap();
    println!("the first thread has ended");
    go_on.send(()).unwrap();
    has_later.recv().unwrap().join().unwrap();
    println!("the later thread has ended");
}
