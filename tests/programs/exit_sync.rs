//! Ends with finalizers of shared objects that wait for the exit, of several threads; one of them
//! registers others and panics.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::sync::Mutex;
use std::thread;

use gordian::sync::{Gc, gc, weak};
use gordian::{Finalize, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Ring(Mutex<Option<Gc<Ring>>>);

impl Finalize for Ring {
    fn finalize(&self) {
        println!("garbage");
    }
}

fn main() {
    gc::disable();
    let ring = Gc::new(Ring(Mutex::new(None)));
    *ring.0.lock().unwrap() = Some(ring.clone());
    drop(ring);

    let object = Gc::new(1);
    let _f1 = weak::finalize(&object, || println!("f1"));
    let f2 = weak::finalize(&object, || println!("f2"));
    f2.set_atexit(false);
    let other = object.clone();
    let thread = thread::spawn(move || {
        weak::finalize(&other, || println!("of the thread"));
        // It lives until the process has ended.
        let _leaked = Gc::into_raw(other);
        println!("thread ends");
    });
    thread.join().unwrap();
    weak::finalize(&object, {
        let object = Gc::downgrade(&object);
        move || {
            let object = object.upgrade().expect("the object never dies");
            weak::finalize(&object, || println!("g1"));
            weak::finalize(&object, || println!("g2"));
            println!("f3 panics");
            panic!("panic of f3");
        }
    });
    weak::finalize(&object, || println!("f4"));
    let _leaked = Gc::into_raw(object);
    println!("main returns");
}
