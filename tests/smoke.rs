//! The first things anybody would try.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gordian::{Finalize, Gc, Trace, Weak, gc};

#[derive(Trace)]
#[trace(finalize)]
struct Node {
    next: RefCell<Option<Gc<Node>>>,
    me: RefCell<Weak<Node>>,
    save: RefCell<Option<Gc<Node>>>,
    #[trace(skip)]
    log: Rc<Cell<usize>>,
    #[trace(skip)]
    saved: Rc<RefCell<Vec<Gc<Node>>>>,
    resurrect: bool,
}

impl Finalize for Node {
    fn finalize(&self) {
        self.log.set(self.log.get() + 1);
        if self.resurrect {
            self.saved
                .borrow_mut()
                .push(self.me.borrow().upgrade().unwrap());
        }
    }
}

#[test]
fn resurrection() {
    let log = Rc::new(Cell::new(0));
    let saved = Rc::new(RefCell::new(vec![]));
    let make = |resurrect| {
        let n = Gc::new(Node {
            next: RefCell::default(),
            me: RefCell::default(),
            save: RefCell::default(),
            log: log.clone(),
            saved: saved.clone(),
            resurrect,
        });
        *n.me.borrow_mut() = Gc::downgrade(&n);
        n
    };
    let (a, b) = (make(true), make(false));
    *a.next.borrow_mut() = Some(b.clone());
    *b.next.borrow_mut() = Some(a.clone());
    let w = Gc::downgrade(&b);
    drop((a, b));
    assert_eq!(gc::collect(), 0);
    assert_eq!(log.get(), 2);
    assert_eq!(saved.borrow().len(), 1);
    assert!(w.upgrade().is_some());
    drop(w.upgrade());
    saved.borrow_mut().clear();
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.get(), 2);
    assert!(w.upgrade().is_none());
    assert_eq!(gc::objects(None).len(), 0);
}

#[derive(Trace)]
struct Link(RefCell<Option<Gc<Link>>>);

fn chain(n: usize) -> Gc<Link> {
    let mut head = Gc::new(Link(RefCell::new(None)));
    for _ in 1..n {
        head = Gc::new(Link(RefCell::new(Some(head))));
    }
    head
}

#[test]
fn long_chain_and_ring() {
    drop(chain(1_000_000));
    assert_eq!(gc::objects(None).len(), 0);
    let first = Gc::new(Link(RefCell::new(None)));
    let mut head = first.clone();
    for _ in 1..1_000_000 {
        head = Gc::new(Link(RefCell::new(Some(head))));
    }
    *first.0.borrow_mut() = Some(head);
    drop(first);
    assert_eq!(gc::collect(), 1_000_000);
}

#[test]
fn automatic() {
    for _ in 0..100_000 {
        let a = Gc::new(Link(RefCell::new(None)));
        *a.0.borrow_mut() = Some(a.clone());
    }
    assert!(gc::objects(None).len() < 1000);
    assert!(gc::stats()[0].collections > 50);
}

#[derive(Trace)]
#[repr(align(4096))]
struct Aligned(u8, RefCell<Option<Gc<Aligned>>>);

#[test]
fn alignment_of_a_page() {
    let a = Gc::new(Aligned(7, RefCell::default()));
    assert!(Gc::as_ptr(&a).is_aligned());
    *a.1.borrow_mut() = Some(a.clone());
    assert_eq!(a.0, 7);
    drop(a);
    assert_eq!(gc::collect(), 1);
}
