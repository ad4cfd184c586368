//! A thread-local that goes after the shared heap has noticed the thread's end makes an object and
//! keeps it; garbage that is left by the last thread is finalized at its end all the same.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};
use std::thread;

use gordian::sync::{Gc, gc};
use gordian::{Finalize, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Ring(Mutex<Option<Gc<Ring>>>);

impl Finalize for Ring {
    fn finalize(&self) {
        println!("garbage");
    }
}

/// What can be in a cycle, and is not.
#[derive(Trace)]
struct Node(Option<Gc<Ring>>);

static KEPT: Mutex<Vec<Gc<Node>>> = Mutex::new(Vec::new());

struct Makes;

impl Drop for Makes {
    fn drop(&mut self) {
        let Ok(mut kept) = KEPT.lock() else {
            return;
        };
        kept.push(Gc::new(Node(None)));
        println!(
            "made {}",
            kept.iter().filter(|node| node.0.is_none()).count()
        );
    }
}

thread_local! {
    static EARLY: RefCell<Option<Makes>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<Makes>> = const { RefCell::new(None) };
}

fn main() {
    gc::disable();
    let thread = thread::spawn(|| {
        // Whichever order locals are destroyed in, one of them goes after the heap's.
        EARLY.set(Some(Makes));
        drop(Gc::new(Node(None)));
        LATE.set(Some(Makes));
    });
    thread.join().expect("the thread ends");
    let thread = thread::spawn(|| {
        let ring = Gc::new(Ring(Mutex::new(None)));
        *ring.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ring.clone());
    });
    thread.join().expect("the thread ends");
    println!("main returns");
}
