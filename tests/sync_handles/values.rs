//! Traits, trait objects, weak handles as keys, and handles of both kinds in one type.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::OnceLock;

use gordian::trace::Tracer;
use gordian::unsize;

use super::*;

trait Shape: Trace + Send + Sync {
    fn area(&self) -> f64;
    fn peers(&self) -> &Mutex<Vec<Gc<dyn Shape>>>;
}

#[derive(Trace)]
struct Square {
    side: f64,
    peers: Mutex<Vec<Gc<dyn Shape>>>,
    _probe: DropProbe,
}

impl Shape for Square {
    fn area(&self) -> f64 {
        self.side * self.side
    }
    fn peers(&self) -> &Mutex<Vec<Gc<dyn Shape>>> {
        &self.peers
    }
}

#[test]
fn trait_objects() {
    let _alone = alone();
    let drops = Drops::new();
    let shape: Gc<dyn Shape> = unsize!(Gc::new(Square {
        side: 2.0,
        peers: Mutex::default(),
        _probe: drops.probe(),
    }) => dyn Shape);
    let weak = Gc::downgrade(&shape);
    shape.peers().lock().unwrap().push(shape.clone());
    let area = thread::spawn(move || shape.area()).join().unwrap();
    assert!((area - 4.0).abs() < 1e-9);
    assert!(is_there(&weak));
    assert_eq!((sync::collect(), drops.count()), (1, 1));
    assert!(!is_there(&weak));

    let log = Log::new();
    let object = Gc::new(5);
    let push = {
        let log = log.clone();
        move || log.push("gone")
    };
    let weak: Weak<dyn fmt::Debug + Send + Sync> =
        unsize!(Gc::downgrade_with(&object, push) => dyn fmt::Debug + Send + Sync);
    assert_eq!(format!("{:?}", weak.upgrade().unwrap()), "5");
    assert!(weak.has_callback());
    thread::spawn(move || drop(object)).join().unwrap();
    assert_eq!(log.take(), ["gone"]);

    let any = unsize!(Gc::new(Square {
        side: 1.0,
        peers: Mutex::default(),
        _probe: drops.probe(),
    }) => dyn Any + Send + Sync);
    let any = any.downcast::<i32>().unwrap_err();
    let square = thread::spawn(move || any.downcast::<Square>().unwrap());
    assert!((square.join().unwrap().area() - 1.0).abs() < 1e-9);
    assert_eq!(drops.count(), 2);
}

#[test]
#[expect(
    clippy::mutable_key_type,
    reason = "what changes in a weak handle is no part of its hash"
)]
fn keys() {
    let _alone = alone();
    let (a, b, c) = (Gc::new(1), Gc::new(1), Gc::new(2));
    let weak = [&a, &b, &c].map(Gc::downgrade);
    assert!(weak[0] == weak[1] && weak[0] != weak[2]);
    let hash = |weak: &Weak<i32>| {
        let mut hasher = DefaultHasher::new();
        weak.hash(&mut hasher);
        hasher.finish()
    };
    let (one, other) = at_once(|| hash(&weak[0]), || hash(&weak[0]));
    assert!(one == other && one == hash(&weak[1]));
    let map: HashMap<_, _> = weak.iter().cloned().map(|weak| (weak, ())).collect();
    assert_eq!(map.len(), 2);
    drop((a, b));
    assert!(weak[0] != weak[1] && weak[0] == weak[0].clone());
    assert_eq!(hash(&weak[0]), one);
    drop(c);
    let never = Weak::<i32>::new();
    assert!(catch_unwind(AssertUnwindSafe(|| hash(&never))).is_err());
    let handles: HashSet<Gc<str>> = ["a", "b", "a"].map(Gc::from).into();
    assert!(handles.len() == 2 && handles.contains("a"));
}

#[test]
fn pinned() {
    #[derive(Trace)]
    struct Pinned(OnceLock<Pin<Gc<Pinned>>>, DropProbe);

    let _alone = alone();
    let drops = Drops::new();
    let pinned = Gc::pin(Pinned(OnceLock::new(), drops.probe()));
    assert!(pinned.0.set(pinned.clone()).is_ok() && pinned.1.is_intact());
    assert_eq!(Tracer::edges_of(&pinned).len(), 1);
    drop(pinned);
    assert_eq!((sync::collect(), drops.count()), (1, 1));
}

#[test]
fn edges_of_both_kinds() {
    let _alone = alone();
    let (local, shared) = (gordian::Gc::new(1), Gc::new(2));
    let (first, second) = (
        gordian::Gc::as_ptr(&local).cast(),
        Gc::as_ptr(&shared).cast(),
    );
    let value = (shared, Some(local.clone()), Mutex::new(vec![local]));
    assert_eq!(Tracer::edges_of(&value), [first, first, second]);
    let weak = (
        Gc::downgrade(&value.0),
        gordian::Gc::downgrade(&value.2.lock().unwrap()[0]),
    );
    assert!(Tracer::edges_of(&weak).is_empty());
}

/// One kind of handles, and of cells to keep them in.
trait Kind: 'static {
    type Handle<T: 'static>: Trace + Clone;
    type Cell<T: Trace>: Trace;
    fn new(value: Person<Self>) -> Self::Handle<Person<Self>>;
    fn link(from: &Self::Handle<Person<Self>>, to: &Self::Handle<Person<Self>>);
}

/// A type that is the same for both.
#[derive(Trace)]
#[trace(bound = "K: Kind")]
struct Person<K: Kind + ?Sized> {
    friends: K::Cell<Vec<K::Handle<Person<K>>>>,
    _probe: DropProbe,
}

enum Local {}
enum Shared {}

macro_rules! kind {
    ($Kind:ident, $($Gc:ident)::+, $Cell:ident, $borrow:expr) => {
        impl Kind for $Kind {
            type Handle<T: 'static> = $($Gc)::+<T>;
            type Cell<T: Trace> = $Cell<T>;

            fn new(value: Person<Self>) -> $($Gc)::+<Person<Self>> {
                $($Gc)::+::new(value)
            }

            fn link(from: &$($Gc)::+<Person<Self>>, to: &$($Gc)::+<Person<Self>>) {
                $borrow(&from.friends).push(to.clone());
            }
        }
    };
}

kind!(Local, gordian::Gc, RefCell, RefCell::borrow_mut);
kind!(Shared, Gc, Mutex, |mutex| Mutex::lock(mutex).unwrap());

fn ring_of<K: Kind>(drops: &Drops)
where
    K::Cell<Vec<K::Handle<Person<K>>>>: Default,
{
    let new = || {
        K::new(Person {
            friends: K::Cell::default(),
            _probe: drops.probe(),
        })
    };
    let all: Vec<_> = (0..3).map(|_| new()).collect();
    for (from, to) in all.iter().zip(all.iter().cycle().skip(1)) {
        K::link(from, to);
    }
}

#[test]
fn one_type_for_both_kinds() {
    let _alone = alone();
    gordian_tests::fresh();
    let drops = Drops::new();
    ring_of::<Local>(&drops);
    ring_of::<Shared>(&drops);
    assert_eq!((gordian::collect(), drops.count()), (3, 3));
    assert_eq!((sync::collect(), drops.count()), (3, 6));
}

/// A handle of the other heap is held from outside, for this one.
#[test]
fn local_garbage_holds_shared_objects() {
    #[derive(Trace)]
    struct Holder {
        me: RefCell<Option<gordian::Gc<Holder>>>,
        shared: Gc<Node>,
    }

    let _alone = alone();
    gordian_tests::fresh();
    let drops = Drops::new();
    let node = Node::new(&drops);
    node.link(&node);
    let holder = gordian::Gc::new(Holder {
        me: RefCell::default(),
        shared: node,
    });
    assert!(holder.shared.probe.is_intact());
    *holder.me.borrow_mut() = Some(holder.clone());
    drop(holder);
    assert_eq!((sync::collect(), drops.count()), (0, 0));
    assert_eq!((gordian::collect(), drops.count()), (1, 0));
    assert_eq!((sync::collect(), drops.count()), (1, 1));
}

/// Holds itself until it is finalized.
#[derive(Trace)]
#[trace(finalize)]
struct Loose {
    itself: Mutex<Option<Gc<Loose>>>,
}

impl Finalize for Loose {
    fn finalize(&self) {
        let taken = self.itself.lock().unwrap().take();
        drop(taken);
    }
}

#[test]
#[cfg_attr(
    gordian_system_alloc,
    ignore = "no blocks: addresses are the allocator's affair"
)]
fn memory_of_what_a_finalizer_cuts_loose_is_used_again() {
    let _alone = alone();
    let places = (0..1000).map(|_| {
        let object = Gc::new(Loose {
            itself: Mutex::new(None),
        });
        *object.itself.lock().unwrap() = Some(object.clone());
        let place = Gc::as_ptr(&object).addr();
        drop(object);
        sync::collect();
        place
    });
    let places: HashSet<usize> = places.collect();
    assert!(places.len() < 500, "{} are in use", places.len());
}
