//! Whose finalizers run when the object made of them goes.

use std::borrow::Cow;
use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{Hash, Hasher};
use std::num::Wrapping;
use std::ops::{Bound, ControlFlow};
use std::rc::Rc;
use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
use std::task::Poll;

use gordian::{Finalize, Gc, Trace};

/// Counts the runs of its finalizer.
#[derive(Trace, Clone)]
#[trace(finalize)]
struct Counting {
    id: u8,
    runs: Rc<Cell<u32>>,
}

impl Finalize for Counting {
    fn finalize(&self) {
        self.runs.set(self.runs.get() + 1);
    }
}

impl Hash for Counting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl PartialEq for Counting {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Counting {}

impl PartialOrd for Counting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

/// How many finalizers run when the object made of two counting values goes.
fn finalized<T: Trace + 'static>(make: impl FnOnce(Counting, Counting) -> T) -> u32 {
    let runs = Rc::new(Cell::new(0));
    let object = Gc::new(make(
        Counting {
            id: 1,
            runs: runs.clone(),
        },
        Counting {
            id: 2,
            runs: runs.clone(),
        },
    ));
    assert_eq!(runs.get(), 0);
    drop(object);
    runs.get()
}

#[test]
fn finalizers_run_in_what_is_owned_plainly() {
    assert_eq!(finalized(|a, _| a), 1);
    assert_eq!(finalized(|a, b| (a, b)), 2);
    assert_eq!(finalized(|a, b| [a, b]), 2);
    assert_eq!(finalized(|a, b| (Some(a), Ok::<_, u8>(b))), 2);
    assert_eq!(finalized(|a, b| (Err::<u8, _>(a), Poll::Ready(b))), 2);
    assert_eq!(
        finalized(|a, b| ControlFlow::<_, u8>::Break((a, Bound::Included(b)))),
        2
    );
    assert_eq!(finalized(|a, b| (Reverse(a), Wrapping(b))), 2);
    assert_eq!(finalized(|a, b| (Box::new(a), Box::pin(b))), 2);
    assert_eq!(finalized(|a, b| Box::new((a, b)) as Box<dyn Trace>), 2);
    assert_eq!(finalized(|a, b| Box::<[_]>::from([a, b])), 2);
    assert_eq!(
        finalized(|a, b| Cow::<'static, [Counting]>::Owned(vec![a, b])),
        2
    );
    assert_eq!(finalized(|a, b| a..=b), 2);
}

#[test]
fn finalizers_run_in_collections() {
    assert_eq!(finalized(|a, b| vec![a, b]), 2);
    assert_eq!(finalized(|a, b| VecDeque::from([a, b])), 2);
    assert_eq!(finalized(|a, b| LinkedList::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BinaryHeap::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BTreeSet::from([a, b])), 2);
    assert_eq!(finalized(|a, b| HashSet::from([a, b])), 2);
    assert_eq!(finalized(|a, b| BTreeMap::from([(a, b)])), 2);
    assert_eq!(finalized(|a, b| HashMap::from([(a, b)])), 2);
}

#[test]
fn finalizers_do_not_run_in_cells_and_locks() {
    assert_eq!(finalized(|a, b| (Cell::new(Some(a)), RefCell::new(b))), 0);
    assert_eq!(finalized(|a, b| (Mutex::new(a), RwLock::new(b))), 0);
    assert_eq!(finalized(|a, b| (OnceCell::from(a), OnceLock::from(b))), 0);
    let lazy = |a: Counting, b: Counting| {
        let (cell, lock) = (LazyCell::new(move || a), LazyLock::new(move || b));
        LazyCell::force(&cell);
        LazyLock::force(&lock);
        (cell, lock)
    };
    assert_eq!(finalized(lazy), 0);
    // One that would run shows that the cell beside it was passed by.
    assert_eq!(finalized(|a, b| (a, RefCell::new(b))), 1);
}
