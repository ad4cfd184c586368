//! The samples of documents on reference cycles in Python: an article on cycles, finalizers and
//! weak references, and notes on weak references.

use std::collections::{HashMap, HashSet};
use std::fs;

use super::stage::{Log, Mortal, Node, fresh, state};
use super::temp_workspace::{TempWorkspace, left_by_a_thread};
use super::{Gc, gc, weak};

/// A dead pair.
fn pair(log: &Log) {
    let (a, b) = (Node::new("a", log), Node::new("b", log));
    a.link(&b);
    b.link(&a);
}

/// `Node` a ↔ b
#[test]
fn e2_1_pair() {
    fresh();
    let log = Log::default();
    let (a, b) = (Node::new("a", &log), Node::new("b", &log));
    a.link(&b);
    b.link(&a);
    assert_eq!((Gc::strong_count(&a), Gc::strong_count(&b)), (2, 2));
    drop((a, b));
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take_sorted(), ["drop a", "drop b"]);
}

/// generations paragraph
#[test]
fn e2_2_generations() {
    fresh();
    let object = Node::new("object", &Log::default());
    let generations = || {
        let is_in = |generation: &usize| {
            gc::objects(Some(*generation))
                .iter()
                .any(|listed| listed.ptr_eq(&object))
        };
        (0..3).filter(is_in).collect::<Vec<_>>()
    };
    assert_eq!(generations(), [0]);
    assert_eq!(gc::collect_generation(0), 0);
    assert_eq!(generations(), [1]);
    assert_eq!(gc::collect_generation(1), 0);
    assert_eq!(generations(), [2]);
}

/// `Cache` / `weakref.ref`
#[test]
fn e2_3_cache() {
    fresh();
    let log = Log::default();
    let obj = Node::new("obj", &log);
    let cache = HashMap::from([("key", Gc::downgrade(&obj))]);
    assert!(
        cache["key"]
            .upgrade()
            .is_some_and(|found| Gc::ptr_eq(&found, &obj))
    );
    drop(obj);
    assert_eq!(log.take(), ["drop obj"]);
    assert!(cache["key"].upgrade().is_none());
}

/// `TempWorkspace`, dropped before the end
#[test]
fn e2_4_temp_workspace() {
    fresh();
    let workspace = TempWorkspace::new();
    let path = workspace.path.clone();
    let cleanup = TempWorkspace::clean_up(&workspace);
    assert!(path.is_dir() && cleanup.alive());
    drop(workspace);
    assert!(!path.exists());
    assert!(!cleanup.alive());
    assert_eq!(gc::collect(), 0);
}

/// "must not hold a strong reference back"
#[test]
fn e2_5_strong_reference_back() {
    let path = left_by_a_thread(|| {
        let workspace = TempWorkspace::new();
        let path = workspace.path.clone();
        let of_workspace = Gc::downgrade(&workspace);
        let bound = workspace.clone();
        let cleanup = weak::finalize(&workspace, move || fs::remove_dir_all(&bound.path).unwrap());
        drop(workspace);
        assert!(path.is_dir());
        assert_eq!(state(&of_workspace), "Some");
        assert_eq!(gc::collect(), 0);
        assert!(cleanup.alive());
        path
    });
    assert!(!path.exists());
}

/// `collect()` return value
#[test]
fn e2_6_return_value() {
    fresh();
    let log = Log::default();
    for n in [0, 1, 5, 100] {
        (0..n).for_each(|_| pair(&log));
        assert!(log.take().is_empty());
        assert_eq!(gc::collect(), 2 * n);
        assert_eq!(log.take().len(), 2 * n);
        assert_eq!(gc::collect(), 0);
    }
}

/// `get_objects()` before/after
#[test]
fn e2_7_objects_before_and_after() {
    fresh();
    let log = Log::default();
    let ring = || {
        let members = ["a", "b", "c"].map(|name| Node::new(name, &log));
        for (index, member) in members.iter().enumerate() {
            member.link(&members[(index + 1) % 3]);
        }
        let [first, ..] = members;
        first
    };
    let before = gc::objects(None).len();
    (0..10).for_each(|_| drop(ring()));
    assert_eq!(gc::objects(None).len(), before + 30);
    assert_eq!(gc::collect(), 30);
    assert_eq!(gc::objects(None).len(), before);

    (0..9).for_each(|_| drop(ring()));
    let leaked = Gc::into_raw(ring());
    assert_eq!(gc::collect(), 27);
    assert_eq!(gc::objects(None).len(), before + 3);
    // SAFETY: the pointer is `into_raw`'s, and its count is given back once.
    drop(unsafe { Gc::from_raw(leaked) });
    assert_eq!(gc::collect(), 3);
    assert_eq!(gc::objects(None).len(), before);
}

/// final script (`Tracked` x ↔ y with finalizer)
#[test]
fn e2_9_final_script() {
    fresh();
    let log = Log::default();
    let baseline = gc::objects(None).len();
    let (x, y) = (Mortal::new("x", &log), Mortal::new("y", &log));
    x.link(&y);
    y.link(&x);
    drop((x, y));
    assert_eq!(gc::objects(None).len() - baseline, 2);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    let lines = log.take();
    let [mut finalized, mut dropped] = [lines[..2].to_vec(), lines[2..].to_vec()];
    finalized.sort();
    dropped.sort();
    assert_eq!(finalized, ["fin x", "fin y"]);
    assert_eq!(dropped, ["drop x", "drop y"]);
    assert_eq!(gc::objects(None).len(), baseline);
}

/// same without `__del__`
#[test]
fn e2_10_final_script_without_finalizer() {
    fresh();
    let log = Log::default();
    let baseline = gc::objects(None).len();
    pair(&log);
    assert_eq!(gc::objects(None).len() - baseline, 2);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take_sorted(), ["drop a", "drop b"]);
    assert_eq!(gc::objects(None).len(), baseline);
}

/// `wref` to a set, then `s = {2,3,4}`
#[test]
fn e4_1_weak_to_a_set() {
    fresh();
    let mut s = Gc::new(HashSet::from([0, 1]));
    let wref = Gc::downgrade(&s);
    let alive = format!("{wref:?}");
    assert!(
        alive.contains("HashSet") && !alive.contains("dead"),
        "{alive}"
    );
    assert_eq!(*wref.upgrade().unwrap(), HashSet::from([0, 1]));
    assert_eq!(s.len(), 2);
    s = Gc::new(HashSet::from([2, 3, 4]));
    assert!(format!("{wref:?}").contains("dead"));
    assert!(wref.upgrade().is_none());
    assert_eq!(s.len(), 3);
}

/// "del deletes names, not objects"
#[test]
fn e4_2_names_not_objects() {
    fresh();
    let log = Log::default();
    let a = Mortal::new("object", &log);
    let b = a.clone();
    assert_eq!(Gc::strong_count(&b), 2);
    drop(a);
    assert_eq!((b.name, Gc::strong_count(&b)), ("object", 1));
    assert!(log.take().is_empty());
    drop(b);
    assert_eq!(log.take(), ["fin object", "drop object"]);
    assert_eq!(gc::collect(), 0);
}

/// "limitations": there are none of the kind. That a plain value has no weak handle is a compile
/// error (`weak_of_a_plain_value` of the ui-tests).
#[test]
fn e4_5_everything_has_weak_handles() {
    fn check<T: ?Sized>(object: Gc<T>) {
        let weak = Gc::downgrade(&object);
        assert!(Gc::ptr_eq(&weak.upgrade().unwrap(), &object));
        drop(object);
        assert!(weak.upgrade().is_none());
    }
    fresh();
    check(Gc::new(1));
    check(Gc::new((1, "two")));
    check(Gc::new(()));
    check(Gc::<str>::from("text"));
    check(Gc::<[i32]>::from([1, 2]));
    check(Gc::new(vec![Gc::new(1)]));
    assert_eq!(gc::collect(), 0);
}
