//! The locks of `parking_lot`: read if they are free, in both heaps.

use gordian::sync;
use gordian::trace::Tracer;
use gordian::{Gc, Trace};
use parking_lot::{Mutex, RwLock};

#[test]
fn a_free_lock_is_read_and_a_taken_one_is_left_out() {
    let a = Gc::new(1);
    let address = Gc::as_ptr(&a).cast();
    let mutex = Mutex::new(a.clone());
    assert_eq!(Tracer::edges_of(&mutex), [address]);
    let guard = mutex.lock();
    assert!(Tracer::edges_of(&mutex).is_empty());
    drop(guard);
    let lock = RwLock::new(a.clone());
    let guard = lock.read();
    assert_eq!(Tracer::edges_of(&lock), [address]);
    drop(guard);
    let guard = lock.write();
    assert!(Tracer::edges_of(&lock).is_empty());
    drop(guard);
}

#[derive(Trace)]
struct Node {
    next: Mutex<Option<sync::Gc<Node>>>,
    others: RwLock<Vec<sync::Gc<Node>>>,
}

#[test]
fn shared_cycles_through_them_are_collected_unless_they_are_taken() {
    let node = || {
        sync::Gc::new(Node {
            next: Mutex::default(),
            others: RwLock::default(),
        })
    };
    let (a, b) = (node(), node());
    *a.next.lock() = Some(b.clone());
    b.others.write().push(a.clone());
    let weak = sync::Gc::downgrade(&a);
    drop(b);
    let guard = a.next.lock();
    sync::collect();
    assert!(guard.is_some());
    drop(guard);
    drop(a);
    sync::collect();
    assert!(weak.upgrade().is_none());
}
