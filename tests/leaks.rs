//! Everything that leaks on purpose: kept apart so that a leak check can demand that nothing else
//! does.

use std::cell::RefCell;

use gordian::{Gc, Trace, gc};

#[derive(Trace, Default)]
struct Knot {
    links: RefCell<Vec<Gc<Knot>>>,
}

#[test]
fn leaked_guards_and_leaked_unique_borrows() {
    gc::disable();
    let knot = Gc::new(Knot::default());
    knot.links.borrow_mut().push(knot.clone());
    let _ = std::mem::ManuallyDrop::new(knot.links.borrow_mut());
    drop(knot);
    assert_eq!(gc::collect(), 0, "nobody can look into it any more");
    let lent: &'static mut Knot =
        Gc::get_mut(Box::leak(Box::new(Gc::new(Knot::default())))).unwrap();
    gc::collect();
    assert_eq!(gc::objects(None).len(), 2);
    lent.links.get_mut().push(Gc::new(Knot::default()));
    gc::collect();
    assert_eq!(lent.links.borrow().len(), 1);
}
