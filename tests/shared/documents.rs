//! The samples of documents on reference cycles in Python: closures compared with class instances,
//! and destructors of self references.

use std::collections::HashMap;
use std::sync::Mutex;

use super::stage::{Canary, Log, Node, Slot, fresh, state};
use super::{Finalize, Gc, Trace, Value, Weak, gc, to_the_end};

/// The self reference of a class, as in Python's `__mro__`, and its method, which holds more.
#[derive(Trace)]
struct Class<M> {
    mro: Mutex<Vec<Gc<Class<M>>>>,
    call: Gc<M>,
}

impl<M: Value> Class<M> {
    fn new(call: Gc<M>) -> Gc<Self> {
        let class = Gc::new(Self {
            mro: Mutex::default(),
            call,
        });
        class.mro.lock().unwrap().push(class.clone());
        class
    }
}

/// A method that captures the object.
#[derive(Trace)]
struct Method {
    obj: Gc<Node>,
}

/// A method that captures a place with the object in it.
#[derive(Trace)]
struct SlotMethod {
    slot: Gc<Slot<Gc<Node>>>,
}

#[derive(Trace)]
struct Instance<M> {
    class: Gc<Class<M>>,
    _canary: Canary,
}

impl<M: Value> Instance<M> {
    fn of(call: Gc<M>, log: &Log) -> Gc<Self> {
        Gc::new(Self {
            class: Class::new(call),
            _canary: Canary::new("instance", log),
        })
    }
}

/// `leak1`
#[test]
fn e0_1_leak1() {
    #[derive(Trace)]
    struct Closure {
        obj: Gc<Node>,
    }
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Gc::new(Closure { obj });
    assert!(w.upgrade().is_some_and(|obj| Gc::ptr_eq(&obj, &a.obj)));
    drop(a);
    assert!(w.upgrade().is_none());
    assert_eq!(log.take(), ["drop MyObject"]);
    assert_eq!(gc::collect(), 0);
}

/// `leak2`
#[test]
fn e0_2_leak2() {
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Instance::of(Gc::new(Method { obj }), &log);
    let of_a = Gc::downgrade(&a);
    assert!(
        w.upgrade()
            .is_some_and(|obj| Gc::ptr_eq(&obj, &a.class.call.obj))
    );
    drop(a);
    assert_eq!((state(&w), state(&of_a)), ("Some", "None"));
    assert_eq!(log.take(), ["drop instance"]);
    gc::collect();
}

/// answer: add `gc.collect()`
#[test]
fn e0_3_collect() {
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Instance::of(Gc::new(Method { obj }), &log);
    assert_eq!(state(&w), "Some");
    drop(a);
    assert_eq!(gc::collect(), 3);
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop instance", "drop MyObject"]);
    assert_eq!(gc::collect(), 0);
}

/// comment "if I use `__slots__` the circle is still there"
#[test]
fn e0_4_slots() {
    #[derive(Trace)]
    struct Slotted {
        class: Gc<Class<Method>>,
    }
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Gc::new(Slotted {
        class: Class::new(Gc::new(Method { obj })),
    });
    assert_eq!(Gc::strong_count(&a.class), 2);
    let of_a = Gc::downgrade(&a);
    drop(a);
    assert_eq!((state(&w), state(&of_a)), ("Some", "None"));
    assert_eq!(gc::collect(), 3);
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop MyObject"]);
}

/// comment `obj_wrap = [obj]`
#[test]
fn e0_5_wrapped() {
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Instance::of(
        Gc::new(SlotMethod {
            slot: Gc::new(Slot::full(obj)),
        }),
        &log,
    );
    assert_eq!(state(&w), "Some");
    a.class.call.slot.clear();
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop MyObject"]);
    drop(a);
    assert_eq!(log.take(), ["drop instance"]);
    assert_eq!(gc::collect(), 3);
    assert!(log.take().is_empty());
}

/// commented-out `__del__` with `nonlocal`
#[test]
fn e0_6_finalizer_clears_the_slot() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Clearing {
        class: Gc<Class<SlotMethod>>,
        _canary: Canary,
    }
    impl Finalize for Clearing {
        fn finalize(&self) {
            self.class.call.slot.clear();
        }
    }
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let class = Class::new(Gc::new(SlotMethod {
        slot: Gc::new(Slot::full(obj)),
    }));
    let a = Gc::new(Clearing {
        class,
        _canary: Canary::new("instance", &log),
    });
    assert_eq!(state(&w), "Some");
    drop(a);
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop MyObject", "drop instance"]);
    assert_eq!(gc::collect(), 3);
    assert!(log.take().is_empty());
}

/// `objects[id(obj)] = weakref.ref(obj)`
#[test]
fn e0_7_registry() {
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let id = Gc::as_ptr(&obj).addr();
    let mut objects: HashMap<usize, Weak<Node>> = HashMap::new();
    objects.insert(id, Gc::downgrade(&obj));
    assert_eq!(Gc::strong_count(&obj), 1);
    assert!(
        objects[&id]
            .upgrade()
            .is_some_and(|found| Gc::ptr_eq(&found, &obj))
    );
    drop(obj);
    assert_eq!(log.take(), ["drop MyObject"]);
    assert!(objects[&id].upgrade().is_none());
    assert_eq!(gc::collect(), 0);
}

#[derive(Trace)]
#[trace(finalize)]
struct ClassyClass {
    me: Slot<Gc<ClassyClass>>,
    #[trace(skip)]
    log: Log,
}

impl ClassyClass {
    fn new(log: &Log) -> Gc<Self> {
        log.add("I live!");
        Gc::new(Self {
            me: Slot::empty(),
            log: log.clone(),
        })
    }
}

impl Finalize for ClassyClass {
    fn finalize(&self) {
        self.log.add("I have been garbage collected");
    }
}

fn no_self_reference(log: &Log) {
    let _classy = ClassyClass::new(log);
}

fn self_reference(log: &Log) -> Weak<ClassyClass> {
    let classy = ClassyClass::new(log);
    classy.me.set(classy.clone());
    log.add("I point to myself");
    Gc::downgrade(&classy)
}

/// `no_self_reference()`
#[test]
fn e1_1_no_self_reference() {
    fresh();
    let log = Log::default();
    no_self_reference(&log);
    assert_eq!(log.take(), ["I live!", "I have been garbage collected"]);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// `self_reference()`
#[test]
fn e1_2_self_reference() {
    fresh();
    let log = Log::default();
    let weak = self_reference(&log);
    assert_eq!(log.take(), ["I live!", "I point to myself"]);
    assert!(
        weak.upgrade()
            .is_some_and(|classy| !gc::is_finalized(&classy))
    );
    gc::collect();
}

/// without debug flags
#[test]
fn e1_6_collect() {
    fresh();
    let log = Log::default();
    let weak = self_reference(&log);
    log.take();
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.take(), ["I have been garbage collected"]);
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// "no guarantee that destructors run at the end"
#[test]
fn e1_8_at_the_end() {
    let log = Log::default();
    to_the_end({
        let log = log.clone();
        move || {
            gc::disable();
            self_reference(&log);
            log.add("end");
        }
    });
    let expected = [
        "I live!",
        "I point to myself",
        "end",
        "I have been garbage collected",
    ];
    assert_eq!(log.take(), expected);
}
