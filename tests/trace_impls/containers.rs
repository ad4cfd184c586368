//! What collections and pointers report: all they own, and nothing that they share.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::rc::Rc;
use std::sync::Arc;

use gordian::trace::{Leaf, Tracer};
use gordian::{Gc, Trace};

use super::{assert_reports, objects};

#[test]
fn sequences() {
    let [a, b] = objects();
    let both = [a.clone(), b.clone()];
    assert_reports(&both, &[&a, &b]);
    assert_reports(&both[..], &[&a, &b]);
    assert_reports::<[Gc<u8>]>(&[], &[]);
    assert_reports(&Vec::from(both.clone()), &[&a, &b]);
    assert_reports(&LinkedList::from(both.clone()), &[&a, &b]);
    let mut wrapped = VecDeque::from(both.clone());
    wrapped.rotate_left(1);
    wrapped.push_front(a.clone());
    assert_reports(&wrapped, &[&a, &a, &b]);
}

#[test]
fn sets_and_maps() {
    let [a, b] = objects();
    let both = [a.clone(), b.clone()];
    assert_reports(&BinaryHeap::from(both.clone()), &[&a, &b]);
    assert_reports(&BTreeSet::from(both.clone()), &[&a, &b]);
    assert_reports(&HashSet::from(both), &[&a, &b]);
    assert_reports(&BTreeMap::from([(a.clone(), b.clone())]), &[&a, &b]);
    assert_reports(&BTreeMap::from([(1, a.clone()), (2, a.clone())]), &[&a, &a]);
    assert_reports(&HashMap::from([(a.clone(), b.clone())]), &[&a, &b]);
    assert_reports(&HashMap::from([(1, a.clone()), (2, b.clone())]), &[&a, &b]);
}

#[test]
fn owned_by_pointer() {
    let [a, b] = objects();
    assert_reports(&Box::new(a.clone()), &[&a]);
    assert_reports(&Box::<[_]>::from([a.clone(), b.clone()]), &[&a, &b]);
    assert_reports::<Box<dyn Trace>>(&(Box::new((a.clone(), b.clone())) as _), &[&a, &b]);
    assert_reports(&Box::pin(a.clone()), &[&a]);
    let both = [a.clone(), b.clone()];
    assert_reports(&Cow::<[Gc<u8>]>::Owned(both.to_vec()), &[&a, &b]);
}

#[test]
fn not_owned_alone() {
    let [a] = objects();
    let one = [a.clone()];
    assert_reports(&Cow::Borrowed(&one[..]), &[]);
    let mut kept = ManuallyDrop::new(a.clone());
    assert_reports(&kept, &[]);
    // SAFETY: dropped once, here, and not used afterwards.
    unsafe { ManuallyDrop::drop(&mut kept) };
    assert_reports(&MaybeUninit::<Gc<u8>>::uninit(), &[]);
    assert_reports(&PhantomData::<Gc<u8>>, &[]);
}

/// A leaf that holds a handle all the same, as one behind `#[trace(skip)]` does.
struct Hiding(Gc<u8>);

// SAFETY: it reports nothing.
unsafe impl Trace for Hiding {
    fn trace(&self, _: &mut Tracer) {}
}

impl Leaf for Hiding {}

#[test]
fn shared_owners_of_leaves() {
    let [a] = objects();
    let rc = Rc::new(Hiding(a.clone()));
    assert_reports(&rc, &[]);
    assert_reports(&(rc.clone(), Rc::downgrade(&rc)), &[]);
    assert_eq!(*rc.0, *a);
    let arc = Arc::new(1);
    assert_reports(&(arc.clone(), Arc::downgrade(&arc)), &[]);
}
