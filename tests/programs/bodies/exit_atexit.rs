//! Ends with finalizers that wait for the exit; one of them registers another and panics.

use super::{Gc, weak};

pub(crate) fn main() {
    let object = Gc::new(1);
    let f1 = weak::finalize(&object, || println!("f1"));
    let f2 = weak::finalize(&object, || println!("f2"));
    let f3 = weak::finalize(&object, {
        let object = Gc::downgrade(&object);
        move || {
            let object = object.upgrade().expect("the object never dies");
            let _g1 = weak::finalize(&object, || println!("g1"));
            println!("f3 error");
            panic!("panic of f3");
        }
    });
    let f4 = weak::finalize(&object, || println!("f4"));
    f2.set_atexit(false);
    assert!(f1.atexit() && !f2.atexit() && f3.atexit() && f4.atexit());
    assert!(f1.alive() && f2.alive() && f3.alive() && f4.alive());
    // The object lives until the process has ended.
    let _leaked = Gc::into_raw(object);
}
