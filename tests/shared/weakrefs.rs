//! Weak handles and their callbacks on one object at a time.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;

use gordian_tests::{DropProbe, Drops};

use super::stage::{Canary, Log, Mortal, Node, Rescue, Slot, fresh, panic_of, state};
use super::{Gc, Trace, Weak, gc};

/// A callable object: its captures are not traced.
#[derive(Trace)]
struct Callable(#[trace(skip)] Box<dyn Fn() -> i32 + Send + Sync>);

/// A method together with the object it is called on.
#[derive(Trace)]
struct BoundMethod {
    receiver: Gc<Node>,
    #[trace(skip)]
    method: fn(&Node) -> &'static str,
}

fn basic_ref<T: Trace + 'static>(object: Gc<T>) {
    let weak = Gc::downgrade(&object);
    assert!(Gc::ptr_eq(&weak.upgrade().unwrap(), &object));
    assert!(!format!("{weak:?}").is_empty());
    drop(object);
    assert!(weak.upgrade().is_none());
    assert!(!format!("{weak:?}").is_empty());
    assert_eq!(gc::collect(), 0);
}

/// `ReferencesTestCase.test_basic_ref`
#[test]
fn w_01_basic_ref() {
    fresh();
    let log = Log::default();
    basic_ref(Node::new("struct", &log));
    assert_eq!(log.take(), ["drop struct"]);

    let canary = Canary::new("capture", &log);
    let callable = Gc::new(Callable(Box::new(move || {
        let _ = &canary;
        3
    })));
    assert_eq!((callable.0)(), 3);
    basic_ref(callable);
    assert_eq!(log.take(), ["drop capture"]);

    let receiver = Node::new("receiver", &log);
    let bound = Gc::new(BoundMethod {
        receiver,
        method: |node| node.name,
    });
    assert_eq!((bound.method)(&bound.receiver), "receiver");
    basic_ref(bound);
    assert_eq!(log.take(), ["drop receiver"]);
}

/// `ReferencesTestCase.test_basic_callback`
#[test]
fn w_02_basic_callback() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let other = Gc::downgrade(&object);
    let weak = Gc::downgrade_with(&object, {
        let log = log.clone();
        move || log.add(format!("callback {}", state(&other)))
    });
    drop(object);
    log.add("dropped");
    assert_eq!(log.take(), ["callback None", "drop object", "dropped"]);
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    drop(weak);
    assert!(log.take().is_empty());
}

/// `ReferencesTestCase.test_multiple_callbacks`
#[test]
fn w_03_multiple_callbacks() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let callback = |name: &'static str| {
        let log = log.clone();
        move || log.add(name)
    };
    let weaks = [
        Gc::downgrade_with(&object, callback("first")),
        Gc::downgrade_with(&object, callback("second")),
    ];
    drop(object);
    assert_eq!(log.take(), ["second", "first", "drop object"]);
    assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
}

/// `ReferencesTestCase.test_multiple_selfref_callbacks`
#[test]
fn w_04_multiple_selfref_callbacks() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let weaks: [Gc<Slot<Weak<Node>>>; 2] = [Gc::new(Slot::empty()), Gc::new(Slot::empty())];
    for (index, name) in ["first", "second"].into_iter().enumerate() {
        let (log, weaks) = (log.clone(), weaks.clone());
        let callback = {
            let weaks = weaks.clone();
            move || {
                let states = weaks.each_ref().map(|weak| state(&weak.get().unwrap()));
                log.add(format!("{name} {} {}", states[0], states[1]));
            }
        };
        weaks[index].set(Gc::downgrade_with(&object, callback));
    }
    drop(object);
    assert_eq!(
        log.take(),
        ["second None None", "first None None", "drop object"]
    );
    assert_eq!(gc::collect(), 0);
}

/// `ReferencesTestCase.test_proxy_iter`
#[test]
fn w_06_dropped_within_a_method() {
    struct Outside(Slot<Gc<Node>>);
    impl Outside {
        fn call(&self, node: &Node, log: &Log) {
            self.0.clear();
            log.add(format!(
                "still {} {}",
                node.name,
                node.edges.lock().unwrap().len()
            ));
        }
    }
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let weak = Gc::downgrade(&object);
    let outside = Outside(Slot::full(object));
    outside.call(&weak.upgrade().unwrap(), &log);
    log.add("returned");
    assert_eq!(log.take(), ["still object 0", "drop object", "returned"]);
    assert!(weak.upgrade().is_none());
}

/// `ReferencesTestCase.test_getweakrefcount`
#[test]
fn w_07_weak_count() {
    fresh();
    let object = Node::new("object", &Log::default());
    assert_eq!(Gc::weak_count(&object), 0);
    let weaks = [
        Gc::downgrade(&object),
        Gc::downgrade(&object),
        Gc::downgrade_with(&object, || unreachable!("the weak handle goes first")),
    ];
    assert_eq!(Gc::weak_count(&object), 3);
    assert!(weaks.iter().all(|weak| weak.weak_count() == 3));
    drop(weaks);
    assert_eq!(Gc::weak_count(&object), 0);
}

/// `ReferencesTestCase.test_getweakrefs`
#[test]
fn w_08_dropping_one_unregisters_it() {
    fresh();
    for (dropped, runs) in [(0, "second"), (1, "first")] {
        let log = Log::default();
        let object = Node::new("object", &log);
        let mut weaks: Vec<_> = ["first", "second"]
            .map(|name| {
                let log = log.clone();
                Gc::downgrade_with(&object, move || log.add(name))
            })
            .into();
        drop(weaks.remove(dropped));
        assert_eq!(Gc::weak_count(&object), 1);
        assert!(weaks[0].has_callback());
        drop(object);
        assert_eq!(log.take(), [runs, "drop object"]);
    }
}

/// `ReferencesTestCase.test_callbacks_protected`
#[test]
fn w_09_callbacks_while_unwinding() {
    #[derive(Trace)]
    struct Registry(Mutex<HashMap<&'static str, Weak<Node>>>);
    fresh();
    let log = Log::default();
    let registry = Gc::new(Registry(Mutex::default()));
    for _ in 0..2 {
        let message = panic_of(|| {
            let object = Node::new("object", &log);
            let weak = Gc::downgrade_with(&object, {
                let (log, registry) = (log.clone(), registry.clone());
                move || {
                    let entry = registry.0.lock().unwrap().remove("key");
                    log.add(format!("removed {}", state(&entry.unwrap())));
                }
            });
            registry.0.lock().unwrap().insert("key", weak);
            std::panic::panic_any("the original");
        });
        assert_eq!(message, "the original");
        assert_eq!(log.take(), ["removed None", "drop object"]);
        assert!(registry.0.lock().unwrap().is_empty());
    }
    assert_eq!(Gc::strong_count(&registry), 1);
}

/// `ReferencesTestCase.test_sf_bug_840829`
#[test]
fn w_10_collect_in_a_callback() {
    fresh();
    let log = Log::default();
    let collecting = |object: &Gc<Node>| {
        let (log, name) = (log.clone(), object.name);
        Gc::downgrade_with(object, move || {
            log.add(format!("{name}: {}", gc::collect()));
        })
    };

    let alone = Node::new("alone", &log);
    let weak = collecting(&alone);
    drop(alone);
    assert_eq!(log.take(), ["alone: 0", "drop alone"]);
    assert!(weak.upgrade().is_none());

    let (owner, field) = (Node::new("owner", &log), Node::new("field", &log));
    owner.link(&field);
    let weaks = [collecting(&owner), collecting(&field)];
    drop(field);
    assert!(log.take().is_empty());
    drop(owner);
    assert_eq!(
        log.take(),
        ["owner: 0", "field: 0", "drop field", "drop owner"]
    );
    assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// `ReferencesTestCase.test_ref_created_during_del`
#[test]
fn w_17_weak_made_in_a_finalizer() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let saved = Rescue::new();
        let object = Mortal::with("object", &log, Some(&saved), |this| {
            let weak = Gc::downgrade(&this.me().unwrap());
            this.log.add(state(&weak));
            this.saved.as_ref().unwrap().weak.lock().unwrap().push(weak);
        });
        if cyclic {
            object.link(&object);
        }
        drop(object);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["fin object", "Some", "drop object"]);
        let weaks = saved.weak.lock().unwrap();
        assert_eq!(weaks.len(), 1);
        assert!(weaks[0].upgrade().is_none());
        assert_eq!((weaks[0].strong_count(), weaks[0].weak_count()), (0, 0));
    }
}

/// `ReferencesTestCase.test_callback_attribute`
#[test]
fn w_23_has_callback() {
    fresh();
    let object = Node::new("object", &Log::default());
    let (with, without) = (Gc::downgrade_with(&object, || {}), Gc::downgrade(&object));
    assert!(with.has_callback());
    assert!(with.clone().has_callback());
    assert!(!without.has_callback());
    assert!(!Weak::<i32>::new().has_callback());
}

/// `ReferencesTestCase.test_callback_attribute_after_deletion`
#[test]
fn w_24_callback_is_gone_with_the_object() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let capture = Canary::new("capture", &log);
    let weak = Gc::downgrade_with(&object, move || drop(capture));
    let untouched = Canary::new("untouched capture", &log);
    let other = Gc::downgrade_with(&object, move || {
        let _ = &untouched;
    });
    assert!(weak.has_callback() && other.has_callback());
    drop(object);
    assert!(!weak.has_callback() && !other.has_callback());
    assert_eq!(
        log.take(),
        ["drop untouched capture", "drop capture", "drop object"]
    );
}

/// `ReferencesTestCase.test_callback_gcs`
#[test]
fn w_25_finalizer_and_collecting_callback() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let object = Mortal::new("object", &log);
        if cyclic {
            object.link(&object);
        }
        let weak = Gc::downgrade_with(&object, {
            let log = log.clone();
            move || log.add(format!("callback {}", gc::collect()))
        });
        drop(object);
        assert_eq!(gc::collect(), usize::from(cyclic));
        assert_eq!(log.take(), ["fin object", "callback 0", "drop object"]);
        assert!(weak.upgrade().is_none());
    }
}

/// `ReferencesTestCase.test_repr_failure_gh99184`
#[test]
fn w_26_debug_runs_no_user_code() {
    #[derive(Trace)]
    struct Loud(#[trace(skip)] Log);
    impl fmt::Debug for Loud {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.add("formatted");
            Err(fmt::Error)
        }
    }
    fresh();
    let log = Log::default();
    let object = Gc::new(Loud(log.clone()));
    let weak = Gc::downgrade(&object);
    assert!(!format!("{weak:?}").is_empty());
    drop(object);
    assert!(!format!("{weak:?}").is_empty());
    assert!(log.take().is_empty());
}

/// `ReferencesTestCase.test_ref_repr`
#[test]
fn w_27_debug_tells_live_from_dead() {
    fresh();
    let object = Node::new("object", &Log::default());
    let weak = Gc::downgrade(&object);
    let alive = format!("{weak:?}");
    assert!(alive.contains(type_name::<Node>()), "{alive}");
    assert!(!alive.contains("dead"), "{alive}");
    drop(object);
    let dead = format!("{weak:?}");
    assert!(dead.contains("dead"), "{dead}");
}

/// When a value is taken out, the callbacks run before it is given back, as if it had been dropped; or moved,
/// when another object takes its place. One that panics leaves nothing undone, however often.
#[test]
fn callbacks_of_values_that_leave_their_objects() {
    fresh();
    let (drops, log) = (Drops::new(), Log::default());
    let calling = |object: &Gc<DropProbe>| {
        let log = log.clone();
        Gc::downgrade_with(object, move || {
            log.add("called");
            resume_unwind(Box::new("a callback"));
        })
    };
    for number in 0..100 {
        let object = Gc::new(drops.probe());
        let weak = calling(&object);
        let panic = catch_unwind(AssertUnwindSafe(|| Gc::try_unwrap(object).is_ok()));
        assert!(panic.is_err_and(|panic| panic.is::<&str>()));
        assert!(weak.upgrade().is_none());
        assert_eq!((log.take().len(), drops.count()), (1, number + 1));
    }
    let mut number = Gc::new(1);
    let weak = Gc::downgrade_with(&number, {
        let log = log.clone();
        move || log.add("called")
    });
    *Gc::make_mut(&mut number) += 1;
    assert_eq!((log.take().len(), *number), (1, 2));
    assert!(weak.upgrade().is_none());
    drop(Gc::new(drops.probe()));
    assert_eq!(drops.count(), 101);
}
