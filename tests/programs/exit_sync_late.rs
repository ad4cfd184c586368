//! Has to do with the shared heap in destructors of thread-locals that come after the end of a thread's
//! use of it.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::cell::RefCell;
use std::thread;

use gordian::sync::{Gc, weak};

/// Does something when it goes.
struct Late(&'static str);

impl Drop for Late {
    fn drop(&mut self) {
        let object = Gc::new(Vec::<Gc<i32>>::new());
        let name = self.0;
        if name == "registers" {
            weak::finalize(&object, move || println!("of the thread that {name}"));
        }
        let _leaked = Gc::into_raw(object);
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

/// Ends after the thread's last use of the heap, as it was there before the first one.
fn use_late(name: &'static str) {
    LATE.set(Some(Late(name)));
    drop(Gc::new(Vec::<Gc<i32>>::new()));
}

fn main() {
    thread::spawn(|| use_late("makes")).join().unwrap();
    thread::spawn(|| use_late("registers")).join().unwrap();
    use_late("registers");
    let object = Gc::new(1);
    weak::finalize(&object, || println!("of main"));
    let _leaked = Gc::into_raw(object);
    println!("main returns");
}
