//! Ends with garbage of the shared heap that was saved, on a thread that is not the last one, and with
//! more of it that is found at the end: all goes, and nothing is saved then.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::sync::Mutex;
use std::thread;

use gordian::sync::gc::{self, DebugFlags};
use gordian::sync::{Gc, Weak};
use gordian::{Finalize, Trace};

#[derive(Trace)]
#[trace(leaf)]
struct Probe(&'static str);

impl Drop for Probe {
    fn drop(&mut self) {
        println!("{} is dropped", self.0);
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Ring {
    me: Mutex<Vec<Gc<Ring>>>,
    probe: Probe,
}

impl Finalize for Ring {
    fn finalize(&self) {
        println!("{} is finalized", self.probe.0);
        // It wants to be saved, and to be left there.
        gc::set_debug(DebugFlags::SAVEALL);
    }
}

fn garbage(name: &'static str) -> Weak<Ring> {
    let ring = Gc::new(Ring {
        me: Mutex::default(),
        probe: Probe(name),
    });
    let weak = Gc::downgrade(&ring);
    if let Ok(mut me) = ring.me.lock() {
        me.push(ring.clone());
    }
    weak
}

fn main() {
    gc::disable();
    gc::set_debug(DebugFlags::SAVEALL);
    gc::set_debug_sink({
        // A handle that nobody drops: what statics hold stays.
        let held = Gc::new(1);
        move |line| println!("{line} {held}")
    });
    let thread = thread::spawn(|| {
        garbage("saved");
        println!("{} is collected", gc::collect());
        // What nobody has asked for by the end of this thread is the others' concern.
        garbage("left");
    });
    if thread.join().is_err() {
        println!("the thread panicked");
    }
    println!("{} is saved", gc::garbage().len());
    println!("main returns");
}
