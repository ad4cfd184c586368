//! Destructors and cycles: an old note on Python 2.6, replayed.
//!
//! An object that points to itself is not freed by counting. In Python 2.6 the collector would not
//! touch it either if it had a destructor, and left it in `gc.garbage` for good. Since PEP 442
//! (Python 3.4) it runs the destructor and frees the object, and so does this crate. What is in
//! `garbage` here was put there because `LEAK` says that it should.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::cell::RefCell;

use gordian::gc::{self, DebugFlags};
use gordian::{Finalize, Gc, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct ClassyClass {
    me: RefCell<Option<Gc<ClassyClass>>>,
}

impl ClassyClass {
    fn new() -> Gc<Self> {
        println!("I live!");
        Gc::new(Self {
            me: RefCell::default(),
        })
    }

    fn make_a_self_reference(this: &Gc<Self>) {
        *this.me.borrow_mut() = Some(this.clone());
        println!("I point to myself");
    }
}

impl Finalize for ClassyClass {
    fn finalize(&self) {
        println!("I have been garbage collected");
    }
}

fn no_self_reference() {
    ClassyClass::new();
}

fn self_reference() {
    ClassyClass::make_a_self_reference(&ClassyClass::new());
}

/// Forgets what was saved, as the end of the program would.
fn clear_garbage() {
    gc::set_debug(DebugFlags::NONE);
    gc::garbage().clear();
    println!("Freed in the end: {}", gc::collect());
}

fn main() {
    gc::disable();
    gc::set_debug_sink(|line| println!("{line}"));

    gc::set_debug(DebugFlags::LEAK);
    println!("== Without a reference to itself ==");
    no_self_reference();
    println!("Garbage {:?}", &*gc::garbage());

    println!("\n== With a reference to itself ==");
    self_reference();
    println!("Garbage {:?}", &*gc::garbage());

    println!("= A full collection =");
    println!("Found: {}", gc::collect());
    let garbage = gc::garbage();
    println!("Garbage {:?}", &*garbage);
    let object = garbage[0].downcast_ref::<ClassyClass>().expect("it is one");
    let me = object.me.borrow().clone().expect("it is intact");
    println!("Finalized, and still intact: {}", gc::is_finalized(&me));
    drop((me, garbage));
    println!("(Python 2.6: uncollectable for good, its destructor never run. PEP 442 ended that.)");
    clear_garbage();

    println!("\n== LEAK and STATS ==");
    gc::set_debug(DebugFlags::LEAK | DebugFlags::STATS);
    self_reference();
    gc::collect();
    clear_garbage();

    println!("\n== Without flags ==");
    self_reference();
    println!("Found: {}", gc::collect());
    println!("Garbage {:?}", &*gc::garbage());
}
