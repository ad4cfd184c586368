//! The parts of the collector against each other.

use std::cell::RefCell;

use gordian::weak::{Lent, WeakIdentityMap};
use gordian::{Gc, Trace, collect};
use gordian_tests::fresh;

/// What everything else is made of.
#[derive(Trace, Default)]
struct Node {
    links: RefCell<Vec<Gc<Node>>>,
}

type Values = WeakIdentityMap<Node, RefCell<Option<Gc<Node>>>>;

/// The owner of a map whose values lead back to it.
#[derive(Trace, Default)]
struct Owner {
    map: WeakIdentityMap<i32, RefCell<Option<Gc<Owner>>>>,
}

#[test]
fn a_loan_that_ends_while_another_one_hides_the_value() {
    fresh();
    let key = Gc::new(1);
    let owner = Gc::new(Owner::default());
    owner.map.insert(&key, RefCell::new(Some(owner.clone())));
    let first = owner.map.get(&key).unwrap();
    drop(owner);
    assert_eq!(collect(), 0, "what is lent is held");
    let second = first.borrow().as_ref().unwrap().map.get(&key).unwrap();
    let hidden = second.borrow_mut();
    drop(first);
    drop(hidden);
    drop(second);
    assert_eq!(collect(), 1);
}

#[test]
fn a_loan_that_ends_while_a_value_inside_is_lent() {
    fresh();
    let (outer, inner_key) = (
        WeakIdentityMap::<Node, Values>::default(),
        Gc::new(Node::default()),
    );
    let key = Gc::new(Node::default());
    outer.insert(&key, Values::default());
    let first = outer.get(&key).unwrap();
    first.insert(&inner_key, RefCell::new(Some(key)));
    assert_eq!(collect(), 0, "what is lent is held");
    let second: Lent<_, _> = first.get(&inner_key).unwrap();
    drop(first);
    drop(second);
    assert_eq!(collect(), 1);
    assert!(outer.is_empty());
}
