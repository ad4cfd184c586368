//! Cycles of handles that are pointers for a while, or handles of other types; and of maps that hold
//! themselves.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use gordian::unsize;
use gordian_tests::{DropProbe, Drops, Place};

use super::weak::{Ephemeron, WeakKeyMap, WeakSet, WeakValueMap};
use super::{Anything, Finalize, Free, Gc, Slot, Trace, Weak, fresh, gc};

/// Holds others, and one by a pointer that nobody else sees.
#[derive(Trace)]
#[trace(finalize)]
struct Node {
    edge: Slot<Option<Gc<Node>>>,
    hidden: AtomicPtr<Node>,
    probe: DropProbe,
}

impl Node {
    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            edge: Slot::default(),
            hidden: AtomicPtr::default(),
            probe: drops.probe(),
        })
    }

    fn hide(&self, node: Gc<Self>) {
        let hidden = Gc::into_raw(node).cast_mut();
        assert!(self.hidden.swap(hidden, Ordering::Relaxed).is_null());
    }

    fn bring_back(&self) -> Option<Gc<Self>> {
        let hidden = self.hidden.swap(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: from `into_raw`, once.
        (!hidden.is_null()).then(|| unsafe { Gc::from_raw(hidden) })
    }
}

impl Finalize for Node {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        drop(self.bring_back());
        assert!(self.probe.is_intact());
    }
}

#[test]
fn a_pointer_in_a_cycle_holds_it_until_it_is_a_handle_again() {
    fresh();
    let drops = Drops::new();
    let [first, second] = [(); 2].map(|()| Node::new(&drops));
    first.hide(second.clone());
    second.edge.put(Some(first.clone()));
    let weak = Gc::downgrade(&first);
    drop((first, second));
    assert_eq!((gc::collect(), drops.count()), (0, 0));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let first = weak.upgrade().unwrap();
        let second = first.bring_back().unwrap();
        second.edge.put(Some(second.clone()));
        first.edge.put(Some(second));
        resume_unwind(Box::new("as planned"));
    }));
    assert!(unwound.is_err() && weak.upgrade().is_none());
    assert_eq!((gc::collect(), drops.count()), (1, 2));
}

/// The finalizers of some garbage give up pointers to others, among them to what is garbage with them.
#[test]
fn finalizers_of_garbage_turn_pointers_into_handles() {
    fresh();
    let drops = Drops::new();
    let ring = || {
        let [first, second] = [(); 2].map(|()| Node::new(&drops));
        first.edge.put(Some(second.clone()));
        second.edge.put(Some(first.clone()));
        first
    };
    let (dead, hidden) = (ring(), ring());
    dead.hide(hidden.clone());
    hidden.hide(ring());
    drop((dead, hidden));
    assert_eq!([(); 4].map(|()| gc::collect()), [2, 2, 2, 0]);
    assert_eq!(drops.count(), 6);
}

#[test]
fn counts_by_hand_in_a_cycle() {
    fresh();
    let drops = Drops::new();
    let node = Node::new(&drops);
    node.edge.put(Some(node.clone()));
    let weak = Gc::downgrade(&node).into_raw();
    let raw = Gc::into_raw(node);
    // SAFETY: the object has a handle, and what is added here is given up below.
    unsafe { Gc::increment_strong_count(raw) };
    for _ in 0..2 {
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        // SAFETY: there are two counts but for the one in the cycle.
        unsafe { Gc::decrement_strong_count(raw) };
    }
    assert_eq!((gc::collect(), drops.count()), (1, 1));
    // SAFETY: from `into_raw`, once.
    let weak: Weak<Node> = unsafe { Weak::from_raw(weak) };
    let others: Vec<_> = (0..100).map(|_| Node::new(&drops)).collect();
    assert!(weak.upgrade().is_none() && weak.clone().strong_count() == 0);
    drop(others);
}

/// Before it has a value an object is on no list, and in no collection.
#[test]
fn an_object_without_a_value_is_not_there() {
    fresh();
    let drops = Drops::new();
    let is_alone = || {
        let other = Node::new(&drops);
        other.edge.put(Some(other.clone()));
        drop(other);
        assert_eq!((gc::objects(None).len(), gc::collect()), (1, 1));
        assert_eq!((gc::objects(None).len(), gc::collect()), (0, 0));
    };
    for fails in [false, true] {
        let stolen = Slot::new(Weak::new());
        let built = catch_unwind(AssertUnwindSafe(|| {
            Gc::new_cyclic(|me: &Weak<Node>| {
                stolen.put(me.clone());
                is_alone();
                assert!(stolen.peek().upgrade().is_none());
                if fails {
                    resume_unwind(Box::new("as planned"));
                }
                Node {
                    edge: Slot::default(),
                    hidden: AtomicPtr::default(),
                    probe: drops.probe(),
                }
            })
        }));
        assert_eq!(built.is_err(), fails);
        assert_eq!(gc::objects(None).len(), usize::from(!fails));
        assert_eq!(stolen.peek().upgrade().is_none(), fails);
    }
    let unwritten = (Gc::<Node>::new_uninit(), Gc::<[Node]>::new_uninit_slice(3));
    drop((unwritten.0.clone(), unwritten.1.clone()));
    is_alone();
    drop(unwritten);
    assert_eq!((gc::collect(), drops.count()), (0, 4));
}

/// What takes its own handle for one of another type.
#[derive(Trace)]
#[trace(finalize)]
struct Disguised {
    me: Slot<Option<Gc<Anything>>>,
    weak: Slot<Weak<Disguised>>,
    kept: Gc<Slot<Vec<Gc<Anything>>>>,
    wrong: AtomicUsize,
    probe: DropProbe,
}

impl Finalize for Disguised {
    fn finalize(&self) {
        let me = unsize!(self.weak.peek().upgrade().unwrap() => Anything);
        let count = Gc::strong_count(&me);
        let me = me.downcast::<Node>().err().unwrap();
        let me = me.downcast::<[Disguised; 1]>().err().unwrap();
        assert_eq!(Gc::strong_count(&me), count);
        let me = me.downcast::<Disguised>().ok().unwrap();
        assert!(ptr::eq(&raw const *me, self));
        me.wrong.fetch_add(2, Ordering::Relaxed);
        self.kept.with(|kept| kept.push(unsize!(me => Anything)));
    }
}

#[test]
fn a_handle_is_downcast_to_the_wrong_type_inside_a_finalizer() {
    fresh();
    for is_cyclic in [false, true] {
        let drops = Drops::new();
        let kept = Gc::new(Slot::default());
        let object = Gc::new(Disguised {
            me: Slot::default(),
            weak: Slot::default(),
            kept: kept.clone(),
            wrong: AtomicUsize::new(0),
            probe: drops.probe(),
        });
        object.weak.put(Gc::downgrade(&object));
        if is_cyclic {
            object.me.put(Some(unsize!(object.clone() => Anything)));
        }
        drop(object);
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        let object = kept.pull().pop().unwrap();
        let object = object.downcast::<Disguised>().ok().unwrap();
        assert!(object.probe.is_intact() && object.wrong.load(Ordering::Relaxed) == 2);
        drop(object);
        gc::collect();
        assert_eq!(drops.count(), 1);
    }
}

trait Shape: Trace + Free {
    fn edge(&self) -> &Slot<Option<Gc<dyn Shape>>>;
    fn is_intact(&self) -> bool;
}

/// A value whose last field loses its size.
#[derive(Trace)]
struct Tail<T: ?Sized> {
    edge: Slot<Option<Gc<dyn Shape>>>,
    whole: Slot<Option<Gc<Tail<[DropProbe]>>>>,
    tail: T,
}

impl<const N: usize> Shape for Tail<[DropProbe; N]> {
    fn edge(&self) -> &Slot<Option<Gc<dyn Shape>>> {
        &self.edge
    }

    fn is_intact(&self) -> bool {
        self.tail.iter().all(DropProbe::is_intact)
    }
}

fn tail<const N: usize>(drops: &Drops) -> Gc<Tail<[DropProbe; N]>> {
    Gc::new(Tail {
        edge: Slot::default(),
        whole: Slot::default(),
        tail: [(); N].map(|()| drops.probe()),
    })
}

/// Objects that hold themselves, and each other, by handles of four types.
#[test]
fn cycles_of_handles_that_lost_their_types() {
    fresh();
    let drops = Drops::new();
    let (small, large) = (tail::<1>(&drops), tail::<90>(&drops));
    let weak = unsize!(Gc::downgrade(&small) => dyn Shape);
    let traced = unsize!(unsize!(large.clone() => dyn Shape) => dyn Trace);
    assert!(ptr::addr_eq(Gc::as_ptr(&traced), Gc::as_ptr(&large)));
    small.edge.put(Some(unsize!(large.clone() => dyn Shape)));
    small
        .whole
        .put(Some(unsize!(small.clone() => Tail<[DropProbe]>)));
    large.edge().put(weak.upgrade());
    large
        .whole
        .put(Some(unsize!(large.clone() => Tail<[DropProbe]>)));
    drop((small, large));
    assert_eq!((gc::collect(), drops.count()), (0, 0));
    let small = weak.upgrade().unwrap();
    assert!(small.is_intact() && small.edge().peek().unwrap().is_intact());
    drop((small, traced));
    assert_eq!((gc::collect(), drops.count()), (2, 91));
    assert!(weak.upgrade().is_none());
}

/// An element of a slice that holds the slice.
#[derive(Trace)]
struct Element(Slot<Option<Gc<[Element]>>>, DropProbe);

#[test]
fn slices_that_hold_themselves_and_are_arrays_at_times() {
    fresh();
    let drops = Drops::new();
    let element = || Element(Slot::default(), drops.probe());
    let array = Gc::new([element(), element(), element()]);
    let slice = unsize!(array.clone() => [Element]);
    for (number, element) in array.iter().enumerate() {
        element.0.put(Some(slice.clone()));
        let other = <Gc<[Element; 2]>>::try_from(slice.clone());
        let other = other.err().unwrap();
        let same = <Gc<[Element; 3]>>::try_from(other).ok().unwrap();
        assert!(Gc::ptr_eq(&same, &array) && same[number].1.is_intact());
    }
    let collected: Gc<[Element]> = (0..50).map(|_| element()).collect();
    for element in &*collected {
        element.0.put(Some(collected.clone()));
    }
    drop((array, slice, collected));
    assert_eq!((gc::collect(), drops.count()), (2, 53));
}

/// It holds collections, which may hold it, and looks into them where it is hashed and compared.
#[derive(Trace)]
struct Owner {
    keys: WeakKeyMap<Owner, Gc<Owner>>,
    values: WeakValueMap<Gc<Owner>, Owner>,
    set: WeakSet<Owner>,
    pair: Slot<Option<Ephemeron<Owner, Gc<Owner>>>>,
    probe: DropProbe,
}

impl Owner {
    fn new(drops: &Drops) -> Gc<Self> {
        Gc::new(Self {
            keys: WeakKeyMap::new(),
            values: WeakValueMap::new(),
            set: WeakSet::new(),
            pair: Slot::default(),
            probe: drops.probe(),
        })
    }

    fn hold(&self, key: &Gc<Self>, value: &Gc<Self>) {
        drop(self.keys.insert(key, value.clone()));
        drop(self.values.insert(key.clone(), value));
        self.set.insert(value);
        self.pair.put(Some(Ephemeron::new(key, value.clone())));
    }

    /// Reads all that is in its collections, and says how much that is.
    fn look(&self) -> usize {
        assert!(self.probe.is_intact());
        let is_intact =
            |owners: (&Self, &Self)| owners.0.probe.is_intact() && owners.1.probe.is_intact();
        let of_keys = self
            .keys
            .iter()
            .map(|(key, value)| is_intact((&key, &value)));
        let of_values = self
            .values
            .iter()
            .map(|(key, value)| is_intact((&key, &value)));
        let of_set = self.set.iter().map(|owner| is_intact((&owner, self)));
        let found: Vec<bool> = of_keys.chain(of_values).chain(of_set).collect();
        assert!(found.iter().all(|is_intact| *is_intact));
        found.len()
    }
}

impl Hash for Owner {
    fn hash<H: Hasher>(&self, _: &mut H) {
        self.look();
    }
}

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.look();
        other.look();
        ptr::eq(self, other)
    }
}

impl Eq for Owner {}

#[test]
fn collections_that_hold_their_owner_as_everything() {
    fresh();
    let drops = Drops::new();
    let owner = Owner::new(&drops);
    owner.hold(&owner, &owner);
    owner.hold(&owner, &owner);
    assert_eq!(owner.look(), 3);
    let value = owner.keys.get(&owner).unwrap();
    let weak = Gc::downgrade(&owner);
    drop(owner);
    assert_eq!((gc::collect(), drops.count()), (0, 0), "it is lent");
    assert_eq!(value.look(), 3);
    drop(value);
    assert_eq!((gc::collect(), drops.count()), (1, 1));
    assert!(weak.upgrade().is_none());
}

#[test]
fn owners_hold_each_other_in_a_ring_of_everything() {
    const LENGTH: usize = 5;
    const TRIES: usize = if cfg!(miri) { 1 } else { LENGTH };
    fresh();
    for kept in 0..TRIES {
        let drops = Drops::new();
        let mut owners: Vec<_> = (0..LENGTH).map(|_| Owner::new(&drops)).collect();
        for number in 0..LENGTH {
            let [key, value] = [1, 2].map(|step| &owners[(number + step) % LENGTH]);
            owners[number].hold(key, value);
            owners[number].hold(value, key);
        }
        let live = owners.swap_remove(kept);
        drop(owners);
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        assert!(live.look() > 3);
        drop(live);
        assert_eq!((gc::collect(), drops.count()), (LENGTH, LENGTH));
    }
}
