//! What the `gc` module shows of the heap: who holds whom, and what is frozen.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gordian::Trace;
use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Free, Gc, Slot, Weak, fresh, gc};

/// A tracked object with any handles.
#[derive(Trace)]
pub(super) struct Node {
    pub(super) edges: Slot<Vec<Gc<Node>>>,
    weak: Slot<Vec<Weak<Node>>>,
}

pub(super) fn node() -> Gc<Node> {
    Gc::new(Node {
        edges: Slot::default(),
        weak: Slot::default(),
    })
}

pub(super) fn link(from: &Gc<Node>, to: &Gc<Node>) {
    from.edges.with(|edges| edges.push(to.clone()));
}

pub(super) fn self_loop() -> Gc<Node> {
    let node = node();
    link(&node, &node);
    node
}

fn addresses(objects: &[gc::ObjectRef]) -> Vec<*const ()> {
    objects.iter().map(gc::ObjectRef::address).collect()
}

pub(super) fn address<T: ?Sized>(gc: &Gc<T>) -> *const () {
    Gc::as_ptr(gc).cast()
}

/// What the finalizer does, given the object.
pub(super) trait Deed: Fn(&Gc<Mortal>) + Free {}

impl<F: Fn(&Gc<Mortal>) + Free> Deed for F {}

/// An object in a loop, whose finalizer gets a handle to it and does something.
#[derive(Trace)]
#[trace(finalize)]
pub(super) struct Mortal {
    pub(super) me: Slot<Option<Gc<Mortal>>>,
    pub(super) weak: Slot<Weak<Mortal>>,
    #[trace(skip)]
    deed: Box<dyn Deed>,
}

impl Mortal {
    pub(super) fn new(deed: impl Deed + 'static) -> Gc<Self> {
        let this = Gc::new(Self {
            me: Slot::default(),
            weak: Slot::new(Weak::new()),
            deed: Box::new(deed),
        });
        this.me.put(Some(this.clone()));
        this.weak.put(Gc::downgrade(&this));
        this
    }
}

impl Finalize for Mortal {
    fn finalize(&self) {
        let this = self.weak.peek().upgrade().expect("it is whole");
        (self.deed)(&this);
    }
}

/// GCTests.test_get_objects_during_gc
#[test]
fn g_14_objects_during_gc() {
    fresh();
    let log = Log::new();
    let entries = log.clone();
    drop(Mortal::new(move |this| {
        let listed = gc::objects(None).iter().any(|object| object.ptr_eq(this));
        entries.push((listed, gc::referrers(&[this]).len()));
    }));
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.entries(), [(false, 0)]);
}

/// GCTests.test_get_referents
#[test]
fn g_15_referents() {
    fresh();
    let (alist, got) = (node(), [node(), node()]);
    for to in [&got[0], &got[1], &got[0], &alist] {
        link(&alist, to);
    }
    let expected = [&got[0], &got[1], &got[0], &alist].map(address);
    assert_eq!(addresses(&gc::referents(&[&alist])), expected);

    // Several arguments, of different types, one after the other.
    let (one, two) = (Gc::new(1), Gc::new(2));
    let pair = Gc::new((one.clone(), Some(two.clone()), one.clone()));
    let both = gc::referents(&[&pair, &alist, &pair]);
    let of_pair = [address(&one), address(&two), address(&one)];
    assert_eq!(
        addresses(&both),
        [&of_pair[..], &expected, &of_pair].concat()
    );
    assert_eq!(both[0].type_name(), "i32");
    assert_eq!((both[0].size(), both[0].strong_count()), (4, 3));
    assert_eq!(
        (both[0].generation(), both[3].generation()),
        (None, Some(0))
    );

    // What it was like then.
    let weak = [Gc::downgrade(&two), Gc::downgrade(&two)];
    let [_, of_two, _] = &gc::referents(&[&pair])[..] else {
        panic!("three handles");
    };
    assert_eq!((of_two.weak_count(), both[1].weak_count()), (2, 0));
    assert!(of_two.ptr_eq(&both[1]) && !of_two.ptr_eq(&both[0]));
    drop(weak);

    // Leaf objects, an empty list, and no argument.
    assert!(gc::referents(&[&one, &Gc::new(String::new())]).is_empty());
    assert!(gc::referents(&[&got[0]]).is_empty());
    assert!(gc::referents(&[]).is_empty());

    // The same of what was listed.
    let listed = gc::objects(None);
    let alist_listed = listed.iter().find(|object| object.ptr_eq(&alist)).unwrap();
    assert_eq!(addresses(&alist_listed.referents()), expected);
    assert!(both[0].referents().is_empty());
    drop(alist.edges.pull());
    drop(alist);
    assert!(alist_listed.referents().is_empty());
}

/// Documented: each holder once, and none that is weak or on the stack.
#[test]
fn g_16_referrers() {
    fresh();
    let (a, b, c, other) = (node(), node(), node(), node());
    link(&b, &a);
    link(&b, &a);
    link(&c, &a);
    link(&other, &b);
    other.weak.with(|weak| weak.push(Gc::downgrade(&a)));
    let on_stack = a.clone();
    let holders_of = |subjects: &[&dyn gc::Subject]| {
        let mut holders = addresses(&gc::referrers(subjects));
        holders.sort();
        holders
    };
    let mut expected = [address(&b), address(&c)];
    expected.sort();
    assert_eq!(holders_of(&[&a]), expected);
    assert_eq!(holders_of(&[&a, &a]), expected);
    let listed = gc::referrers(&[&b]).remove(0);
    assert!(listed.ptr_eq(&other));
    let mut expected = [address(&b), address(&c), address(&other)];
    expected.sort();
    assert_eq!(holders_of(&[&b, &a]), expected);
    assert!(gc::referrers(&[&other]).is_empty());
    assert!(gc::referrers(&[&listed]).is_empty());
    assert!(gc::referrers(&[]).is_empty());
    drop(on_stack);

    // A holder of a leaf object, and one that holds itself.
    let leaf = Gc::new(String::from("leaf"));
    let holder = Gc::new(vec![leaf.clone()]);
    assert!(gc::referrers(&[&leaf])[0].ptr_eq(&holder));
    let looped = self_loop();
    let holders = gc::referrers(&[&looped]);
    assert_eq!(addresses(&holders), [address(&looped)]);
}

/// GCTests.test_get_referents_on_capsule
#[test]
fn g_17_referents_of_an_untracked_object() {
    #[derive(Trace)]
    struct Skipping {
        #[trace(skip)]
        hidden: Gc<String>,
    }

    fresh();
    let hidden = Gc::new(String::from("hidden"));
    let capsule = Gc::new(Skipping { hidden });
    assert!(!gc::is_tracked(&capsule));
    assert!(gc::referents(&[&capsule]).is_empty());
    assert!(gc::referrers(&[&capsule.hidden]).is_empty());
}

/// Documented: leaf, frozen, resurrected and just-created objects.
#[test]
fn x_05_referents_and_referrers_of_odd_objects() {
    fresh();
    let both = |subject: &dyn gc::Subject| {
        (
            gc::referents(&[subject]).len(),
            gc::referrers(&[subject]).len(),
        )
    };
    assert_eq!(both(&Gc::new(1)), (0, 0));
    assert_eq!(both(&node()), (0, 0));
    assert_eq!(both(&Gc::<Vec<Gc<i32>>>::new_uninit()), (0, 0));
    assert_eq!(both(&Gc::<[Gc<i32>]>::from(vec![Gc::new(1)])), (1, 0));

    let saved = Log::new();
    let log = saved.clone();
    drop(Mortal::new(move |this| log.push(address(this).addr())));
    let saving: Gc<Slot<Vec<Gc<Mortal>>>> = Gc::new(Slot::default());
    let shelf = saving.clone();
    let mortal = Mortal::new(move |this| shelf.with(|shelf| shelf.push(this.clone())));
    drop(mortal);
    assert_eq!(gc::collect(), 1);
    let resurrected = saving.peek().remove(0);
    assert!(gc::is_finalized(&resurrected));
    let holders = gc::referrers(&[&resurrected]);
    assert!(holders.iter().any(|holder| holder.ptr_eq(&saving)));
    assert!(holders.iter().any(|holder| holder.ptr_eq(&resurrected)));
    assert_eq!(holders.len(), 2);
    assert!(gc::referents(&[&resurrected])[0].ptr_eq(&resurrected));
    drop((saving.pull(), resurrected.me.pull()));

    let frozen = self_loop();
    gc::freeze();
    assert_eq!(both(&frozen), (1, 0));
    gc::unfreeze();
    assert_eq!(both(&frozen), (1, 1));
}

/// GCTests.test_freeze
#[test]
fn g_25_freeze() {
    fresh();
    let kept = node();
    gc::freeze();
    assert!(gc::freeze_count() > 0);
    gc::unfreeze();
    assert_eq!(gc::freeze_count(), 0);
    drop(kept);
}

/// Documented: what frozen objects are.
#[test]
fn g_26_frozen_objects() {
    fresh();
    let (held, holder, counted, dead) = (node(), node(), node(), self_loop());
    link(&holder, &held);
    let weak = Gc::downgrade(&dead);
    gc::freeze();
    assert_eq!(gc::count(), (0, 0, 0));
    assert_eq!(gc::freeze_count(), 4);
    assert!(gc::objects(None).is_empty());
    assert!((0..3).all(|generation| gc::objects(Some(generation)).is_empty()));
    assert!(gc::referrers(&[&held]).is_empty());
    assert!(gc::is_tracked(&holder));
    assert_eq!(gc::referents(&[&holder]).len(), 1);
    assert_eq!(gc::referents(&[&holder])[0].generation(), None);

    drop(dead);
    assert_eq!(gc::collect(), 0);
    assert_eq!(gc::collect(), 0);
    assert!(weak.upgrade().is_some());
    drop(counted);
    assert_eq!(gc::freeze_count(), 3);

    gc::unfreeze();
    assert_eq!((gc::freeze_count(), gc::objects(Some(2)).len()), (0, 3));
    assert!(gc::referrers(&[&held])[0].ptr_eq(&holder));
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none());
}

/// GCTests.test_traverse_frozen_objects
#[test]
fn g_27_garbage_that_leads_to_frozen_objects() {
    fresh();
    let x = node();
    gc::freeze();
    let y = self_loop();
    link(&y, &x);
    drop(y);
    assert_eq!(gc::collect(), 1);
    assert_eq!((Gc::strong_count(&x), gc::freeze_count()), (1, 1));
    gc::unfreeze();
}

/// GCTests.test_deferred_refcount_frozen
#[test]
fn g_28_freeze_collect_unfreeze() {
    fresh();
    let (kept, dead) = (self_loop(), self_loop());
    gc::freeze();
    assert_eq!(gc::collect(), 0);
    gc::unfreeze();
    assert_eq!(gc::collect(), 0);
    drop(dead);
    assert_eq!(gc::collect(), 1);
    drop(kept);
    assert_eq!(gc::collect(), 1);
}

/// What a frozen dead object alone held is found once it thaws, though it was looked at before.
#[test]
fn a_cycle_across_the_frozen_boundary_is_found_after_the_thaw() {
    fresh();
    let frozen = node();
    gc::freeze();
    let young = node();
    link(&frozen, &young);
    link(&young, &frozen);
    drop((frozen, young));
    assert_eq!(gc::collect(), 0);
    assert_eq!(gc::collect(), 0);
    gc::unfreeze();
    assert_eq!(gc::collect(), 2);
}

/// However often, and by garbage that comes back: all stays as old as it was.
#[test]
fn freezing_again_and_again() {
    fresh();
    let (kept, log) = (node(), Log::new());
    let saved = log.clone();
    let dead = Mortal::new(move |this| {
        for _ in 0..100 {
            gc::freeze();
            gc::unfreeze();
        }
        saved.push(this.clone());
    });
    drop(dead);
    assert_eq!(gc::collect(), 0);
    let back = log.take().remove(0);
    let young = self_loop();
    let generation = |object: &dyn gc::Subject| gc::referents(&[object])[0].generation();
    assert_eq!((generation(&back), generation(&young)), (Some(2), Some(0)));
    assert!(
        gc::objects(Some(2))
            .iter()
            .any(|object| object.ptr_eq(&kept))
    );
    for _ in 0..100 {
        gc::freeze();
    }
    gc::unfreeze();
    assert_eq!((generation(&back), generation(&young)), (Some(2), Some(2)));
    drop((back, young));
    assert_eq!((gc::collect(), gc::objects(None).len()), (2, 1));
}

/// However often there has been a walk, what is dropped goes at once, and its panics arrive.
#[test]
fn drops_are_after_walks_as_before() {
    #[derive(Trace)]
    #[trace(leaf)]
    struct Bomb(DropProbe);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(self.0.is_intact());
            resume_unwind(Box::new(()));
        }
    }

    fresh();
    let node = self_loop();
    let drops = Drops::new();
    for number in 1..100 {
        assert_eq!(gc::referrers(&[&node]).len(), 1);
        let bomb = Gc::new(Bomb(drops.probe()));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(bomb))).is_err());
        assert_eq!(drops.count(), number);
    }
    node.edges.pull();
}
