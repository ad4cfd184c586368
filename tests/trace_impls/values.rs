//! What values that are not collections report: handles, tuples, enums and wrappers.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::num::{Saturating, Wrapping};
use std::ops::{Bound, ControlFlow};
use std::pin::Pin;
use std::task::Poll;

use gordian::trace::Tracer;
use gordian::weak::{WeakKeyMap, WeakSet};
use gordian::{Gc, Trace};

use super::{assert_reports, objects};

#[test]
fn handles() {
    let [a] = objects();
    assert_reports(&a, &[&a]);
    assert_reports(&Gc::downgrade(&a), &[]);
    // SAFETY: the handle is not dereferenced as pinned, and `u8` is `Unpin` anyway.
    let pinned = unsafe { Pin::new_unchecked(a.clone()) };
    assert_reports(&pinned, &[&a]);
}

#[test]
fn tuples() {
    macro_rules! assert_tuple_reports {
        ($($handle:ident)+) => {
            assert_reports(&($($handle.clone(),)+), &[$(&$handle),+]);
        };
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l] = objects();
    assert_tuple_reports!(a);
    assert_tuple_reports!(a b);
    assert_tuple_reports!(a b c);
    assert_tuple_reports!(a b c d);
    assert_tuple_reports!(a b c d e);
    assert_tuple_reports!(a b c d e f);
    assert_tuple_reports!(a b c d e f g);
    assert_tuple_reports!(a b c d e f g h);
    assert_tuple_reports!(a b c d e f g h i);
    assert_tuple_reports!(a b c d e f g h i j);
    assert_tuple_reports!(a b c d e f g h i j k);
    assert_tuple_reports!(a b c d e f g h i j k l);
    assert_reports(&(1, a.clone(), a.clone()), &[&a, &a]);
}

#[test]
fn enums() {
    let [a, b] = objects();
    assert_reports(&Some(a.clone()), &[&a]);
    assert_reports(&None::<Gc<u8>>, &[]);
    assert_reports(&Ok::<_, Gc<u8>>(a.clone()), &[&a]);
    assert_reports(&Err::<Gc<u8>, _>(b.clone()), &[&b]);
    assert_reports(&Poll::Ready(a.clone()), &[&a]);
    assert_reports(&Poll::<Gc<u8>>::Pending, &[]);
    assert_reports(&ControlFlow::<_, Gc<u8>>::Break(a.clone()), &[&a]);
    assert_reports(&ControlFlow::<Gc<u8>, _>::Continue(b.clone()), &[&b]);
    assert_reports(&Bound::Included(a.clone()), &[&a]);
    assert_reports(&Bound::Excluded(a.clone()), &[&a]);
    assert_reports(&Bound::<Gc<u8>>::Unbounded, &[]);
}

#[test]
fn wrappers_and_ranges() {
    let [a, b] = objects();
    assert_reports(&Reverse(a.clone()), &[&a]);
    assert_reports(&Wrapping(a.clone()), &[&a]);
    assert_reports(&Saturating(a.clone()), &[&a]);
    assert_reports(&(a.clone()..b.clone()), &[&a, &b]);
    assert_reports(&(a.clone()..=b.clone()), &[&a, &b]);
    assert_reports(&(a.clone()..), &[&a]);
    assert_reports(&(..a.clone()), &[&a]);
    assert_reports(&(..=a.clone()), &[&a]);
}

#[test]
fn what_boxes_lead_to() {
    let [a] = objects();
    assert_reports(&Box::new(a.clone()), &[&a]);
    assert_reports(&Box::<[Gc<u8>]>::from([a.clone()]), &[&a]);
    assert_reports(&Box::<str>::from("a"), &[]);
}

/// Says as much as can be said in the midst of a call.
#[test]
fn tracers() {
    struct Shows(Gc<u8>, RefCell<String>);

    // SAFETY: a handle, owned alone, reported once.
    unsafe impl Trace for Shows {
        fn trace(&self, tracer: &mut Tracer) {
            self.0.trace(tracer);
            self.1.replace(format!("{tracer:?}"));
        }
    }

    let [a] = objects();
    let shows = Shows(a.clone(), RefCell::default());
    assert_reports(&shows, &[&a]);
    assert_eq!(shows.1.take(), "Tracer { edges: 1, .. }");
}

/// Their handles are weak, and what is lent is its borrower's.
#[test]
fn weak_sets_and_loans() {
    let [a, b] = objects();
    let set = WeakSet::new();
    set.insert(&a);
    assert_reports(&set, &[]);
    let map = WeakKeyMap::new();
    map.insert(&a, b);
    assert_reports(&map.get(&a).unwrap(), &[]);
}
