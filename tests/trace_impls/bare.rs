//! Which types are freed without further ado.

use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Mutex;

use gordian::trace::{Depth, Facts, Tracer};
use gordian::{Gc, Trace, Weak};

thread_local! {
    static ANSWER: Cell<bool> = const { Cell::new(false) };
}

/// Asks whether `T` is bare, with the depth that the library starts with, when it is moved to the
/// heap.
struct Asks<T>(T);

// SAFETY: all duties: it reports nothing, and says nothing of itself.
unsafe impl<T: Trace> Trace for Asks<T> {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(depth: Depth) -> Facts {
        ANSWER.set(T::is_bare(depth));
        Facts::UNKNOWN
    }
}

#[track_caller]
fn is_bare<T: Trace + Default + 'static>() -> bool {
    drop(Gc::new(Asks(T::default())));
    ANSWER.take()
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
    assert!(is_bare::<Node<u32>>());
    assert!(is_bare::<Node<Gc<u32>>>());
    assert!(is_bare::<Either>());
    assert!(is_bare::<Quiet>());
    assert!(!is_bare::<Node<LoudLeaf>>());
    assert!(!is_bare::<WithSkipped>());
    assert!(!is_bare::<LoudLeaf>());
    drop((Either::Named { link: None }, Either::Skipped(0), Loud));
}

#[test]
fn containers_of_handles_are_bare_if_they_leave_them_alone() {
    assert!(is_bare::<Vec<Gc<u32>>>());
    assert!(is_bare::<RefCell<Option<Gc<u32>>>>());
    assert!(is_bare::<
        HashMap<String, u32, std::hash::BuildHasherDefault<std::hash::DefaultHasher>>,
    >());
    assert!(is_bare::<BTreeMap<String, Vec<u8>>>());
    assert!(!is_bare::<BTreeMap<String, Gc<u32>>>());
    assert!(!is_bare::<Mutex<Vec<Gc<u32>>>>());
}

#[test]
fn what_may_own_anything_is_not_bare() {
    assert!(!is_bare::<Option<Weak<u32>>>());
    assert!(!is_bare::<Rc<u32>>());
    assert!(!is_bare::<Option<Box<u32>>>());
    assert!(!is_bare::<Option<std::io::Error>>());
    assert!(!is_bare::<Option<LazyCell<u32>>>());
}
