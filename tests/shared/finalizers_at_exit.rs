//! `weak::finalize` at the end of a thread.

use super::stage::{Log, Node, fresh, logging, state};
use super::{Gc, gc, to_the_end, weak};

/// doc weakref.rst
#[test]
fn z_07_function_that_holds_its_object() {
    let log = Log::default();
    to_the_end({
        let log = log.clone();
        move || {
            fresh();
            let object = Node::new("object", &log);
            let of_object = Gc::downgrade(&object);
            let f = weak::finalize(&object, {
                let (log, object) = (log.clone(), object.clone());
                move || log.add(format!("function of {}", object.name))
            });
            drop(object);
            assert_eq!(gc::collect(), 0);
            assert_eq!((state(&of_object), of_object.strong_count()), ("Some", 1));
            assert!(f.alive());
            drop((f, of_object));
            assert_eq!(gc::collect(), 0);
            log.add("end");
        }
    });
    assert_eq!(log.take(), ["end", "function of object", "drop object"]);
}

/// What does not run at one shutdown may run at the next, in the same order.
#[test]
fn finalizers_that_are_not_due_stay() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let both = ["first", "second"].map(|line| weak::finalize(&object, logging(&log, line)));
    both.iter()
        .for_each(|finalizer| finalizer.set_atexit(false));
    gc::shutdown();
    assert!(log.take().is_empty());
    both.iter().for_each(|finalizer| finalizer.set_atexit(true));
    gc::shutdown();
    assert_eq!(log.take(), ["second", "first"]);
    drop(object);
    assert_eq!(log.take(), ["drop object"]);
}

/// However often there was a shutdown before.
#[test]
fn finalizers_run_at_each_shutdown() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    for _ in 0..100 {
        weak::finalize(&object, logging(&log, "finalizer"));
        gc::shutdown();
        assert_eq!(log.take(), ["finalizer"]);
    }
}
