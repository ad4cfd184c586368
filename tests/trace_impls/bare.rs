//! Which types are freed without further ado, and which of them without a look at their values.

use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::mem::needs_drop;
use std::rc::Rc;
use std::sync::{Mutex, RwLock};

use gordian::trace::Remainder::{Anything, Bare, Nothing};
use gordian::trace::{Depth, Facts, Remainder, Tracer};
use gordian::{Gc, Trace, Weak, sync};

thread_local! {
    static ANSWER: Cell<Remainder> = const { Cell::new(Anything) };
}

/// Asks for the remainder of `T`, with the depth that the library starts with, when it is moved to the
/// heap.
struct Asks<T>(T);

// SAFETY: all duties: it reports nothing, and says nothing of itself.
unsafe impl<T: Trace> Trace for Asks<T> {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(depth: Depth) -> Facts {
        ANSWER.set(T::remainder(depth));
        Facts::UNKNOWN
    }
}

#[track_caller]
fn remainder<T: Trace + Default + 'static>() -> Remainder {
    drop(Gc::new(Asks(T::default())));
    ANSWER.replace(Anything)
}

/// The same on the heap that threads share.
#[track_caller]
fn shared_remainder<T: Trace + Default + Send + Sync + 'static>() -> Remainder {
    drop(sync::Gc::new(Asks(T::default())));
    ANSWER.replace(Anything)
}

#[derive(Trace, Default)]
struct Node<T> {
    name: String,
    #[trace(skip)]
    number: u32,
    links: RefCell<Vec<Gc<Node<u32>>>>,
    pair: (Cell<Option<T>>, [OnceCell<T>; 2]),
}

#[derive(Trace, Default)]
enum Either {
    #[default]
    Neither,
    Named {
        link: Option<Gc<Either>>,
    },
    Skipped(#[trace(skip)] u8),
}

#[derive(Trace, Default)]
struct Hollow<T> {
    #[trace(skip)]
    number: u32,
    parts: (Cell<Option<T>>, [OnceCell<Gc<Either>>; 2]),
    range: std::ops::Range<u8>,
}

#[derive(Trace, Default)]
struct Recursive(Vec<Recursive>, Vec<Recursive>, Vec<Recursive>);

struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {}
}

#[derive(Trace, Default)]
struct WithSkipped {
    link: Option<Gc<Either>>,
    #[trace(skip)]
    loud: Option<Loud>,
}

#[derive(Trace, Default)]
#[trace(leaf)]
struct Quiet;

#[derive(Trace, Default)]
#[trace(leaf)]
struct LoudLeaf;

impl Drop for LoudLeaf {
    fn drop(&mut self) {}
}

#[test]
fn derived_types_are_as_bare_as_their_fields() {
    assert_eq!(remainder::<Node<u32>>(), Bare);
    assert_eq!(remainder::<Node<Gc<u32>>>(), Bare);
    assert_eq!(remainder::<Either>(), Nothing);
    assert_eq!(remainder::<Quiet>(), Nothing);
    assert_eq!(remainder::<Recursive>(), Anything, "too deep to tell");
    assert_eq!(remainder::<Hollow<u32>>(), Nothing);
    assert_eq!(remainder::<Hollow<Gc<u32>>>(), Nothing);
    assert_eq!(remainder::<Hollow<String>>(), Bare);
    assert_eq!(remainder::<Hollow<Option<LoudLeaf>>>(), Anything);
    assert_eq!(remainder::<Node<LoudLeaf>>(), Anything);
    assert_eq!(remainder::<WithSkipped>(), Anything);
    assert_eq!(remainder::<LoudLeaf>(), Anything);
    drop((Either::Named { link: None }, Either::Skipped(0), Loud));
}

#[test]
fn containers_of_handles_are_bare_if_they_leave_them_alone() {
    assert_eq!(remainder::<Vec<Gc<u32>>>(), Bare);
    assert_eq!(remainder::<RefCell<Option<Gc<u32>>>>(), Nothing);
    assert_eq!(
        remainder::<HashMap<String, u32, std::hash::BuildHasherDefault<std::hash::DefaultHasher>>>(
        ),
        Bare
    );
    assert_eq!(remainder::<BTreeMap<String, Vec<u8>>>(), Bare);
    assert_eq!(remainder::<BTreeMap<String, Gc<u32>>>(), Anything);
}

/// The remainder of a lock, or of what has one, where locks are a resource of the system.
fn of_lock(other: Remainder) -> Remainder {
    if needs_drop::<Mutex<()>>() {
        Anything
    } else {
        other
    }
}

#[test]
fn locks_are_as_bare_as_their_content() {
    assert_eq!(remainder::<Mutex<Vec<Gc<u32>>>>(), of_lock(Bare));
    assert_eq!(remainder::<Mutex<Option<Gc<u32>>>>(), of_lock(Nothing));
    assert_eq!(remainder::<RwLock<Option<Gc<u32>>>>(), of_lock(Nothing));
    assert_eq!(remainder::<parking_lot::Mutex<Option<Gc<u32>>>>(), Nothing);
    assert_eq!(remainder::<Mutex<Option<LoudLeaf>>>(), Anything);
}

#[test]
fn handles_of_the_other_heap_are_not_left_alone() {
    assert_eq!(remainder::<Option<sync::Gc<u32>>>(), Anything);
    assert_eq!(
        remainder::<(Option<Gc<u32>>, Option<sync::Gc<u32>>)>(),
        Anything
    );
    assert_eq!(shared_remainder::<Option<sync::Gc<u32>>>(), Nothing);
    assert_eq!(
        shared_remainder::<Mutex<Vec<sync::Gc<u32>>>>(),
        of_lock(Bare)
    );
    assert_eq!(shared_remainder::<Option<sync::Weak<u32>>>(), Anything);
}

#[test]
fn what_may_own_anything_is_not_bare() {
    assert_eq!(remainder::<Option<Weak<u32>>>(), Anything);
    assert_eq!(remainder::<Rc<u32>>(), Anything);
    assert_eq!(remainder::<Option<Box<u32>>>(), Anything);
    assert_eq!(remainder::<Option<std::io::Error>>(), Anything);
    assert_eq!(remainder::<Option<LazyCell<u32>>>(), Anything);
}
