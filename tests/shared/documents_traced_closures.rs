//! The samples of the documents on closures once more, by closures whose captures are traced.

use std::cell::RefCell;
use std::iter;

use gordian::{Call, closure, unsize};

use super::documents_closures::{Item, sample};
use super::stage::{Canary, Log, Node, fresh, state};
use super::{Gc, Trace, Weak, gc};

type Items = Box<dyn Iterator<Item = i32>>;
type Flatten = dyn Call<(Vec<Item>,), Output = Items>;
/// A variable that closures share.
type Variable<F> = RefCell<Option<F>>;

fn variable<F: Trace + 'static>() -> Gc<Variable<F>> {
    Gc::new(RefCell::new(None))
}

/// The items of a list; the lists in it are for `flatten`.
fn items(list: Vec<Item>, flatten: impl Fn(Vec<Item>) -> Items + 'static) -> Items {
    Box::new(list.into_iter().flat_map(move |item| -> Items {
        match item {
            Item::Int(int) => Box::new(iter::once(int)),
            Item::List(list) => flatten(list),
        }
    }))
}

/// A closure that holds itself through a variable, and the variable.
fn make_flatten(log: &Log) -> (Gc<Flatten>, Gc<Variable<Gc<Flatten>>>) {
    let me = variable();
    let canary = Canary::new("closure", log);
    let flatten = closure!([me = me.clone(), _canary = canary] |list: Vec<Item>| -> Items {
        let me: Gc<Variable<Gc<Flatten>>> = me.clone();
        items(list, move |list| me.borrow().as_ref().unwrap().call((list,)))
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    *me.borrow_mut() = Some(flatten.clone());
    (flatten, me)
}

/// `leak1`
#[test]
fn e0_1_leak1_as_a_closure() {
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let a = Gc::new(closure!([obj] || obj.clone()));
    assert!(Gc::ptr_eq(&a.call(()), &w.upgrade().unwrap()));
    assert_eq!(state(&w), "Some");
    drop(a);
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop MyObject"]);
    assert_eq!(gc::collect(), 0);
}

/// `leak2`, and the answer: a method that is a closure, of a class that holds itself.
#[test]
fn e0_3_leak2_as_a_closure() {
    #[derive(Trace)]
    struct Class {
        mro: RefCell<Vec<Gc<Class>>>,
        call: Gc<dyn Call<(), Output = Gc<Node>>>,
    }
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let call = unsize!(Gc::new(closure!([obj] || obj.clone())) => dyn Call<(), Output = Gc<Node>>);
    let class = Gc::new(Class {
        mro: RefCell::default(),
        call,
    });
    class.mro.borrow_mut().push(class.clone());
    assert!(Gc::ptr_eq(&class.call.call(()), &w.upgrade().unwrap()));
    let a = Gc::new(closure!([class] || class.call.call(())));
    assert_eq!(a.call(()).name, "MyObject");
    let instance = Gc::downgrade(&a);
    drop(a);
    assert_eq!((state(&instance), state(&w)), ("None", "Some"));
    assert_eq!(gc::collect(), 3);
    assert_eq!(state(&w), "None");
    assert_eq!(log.take(), ["drop MyObject"]);
}

/// `itertest`
#[test]
fn e3_1_itertest_as_a_closure() {
    fresh();
    let log = Log::default();
    let (flatten, me) = make_flatten(&log);
    let mut chunks = flatten.call((sample(),));
    drop((flatten, me));
    assert_eq!(gc::collect(), 0);
    assert_eq!(chunks.next(), Some(1));
    assert_eq!(gc::collect(), 0);
    assert_eq!(chunks.collect::<Vec<_>>(), [2, 3]);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take(), ["drop closure"]);
}

/// update: `make_iter` / `get_iterator`, and how they linger
#[test]
fn e3_4_and_11_make_iter_as_a_closure() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    for _ in 0..10 {
        let flat: Vec<_> = make_flatten(&log).0.call((sample(),)).collect();
        assert_eq!(flat, [1, 2, 3]);
    }
    assert_eq!(gc::objects(None).len(), before + 20);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 20);
    assert_eq!(log.take(), ["drop closure"; 10]);
}

/// "hang on to all the data"
#[test]
fn e3_6_hanging_on_to_data_as_a_closure() {
    fresh();
    let log = Log::default();
    let data = Node::new("data", &log);
    let of_data = Gc::downgrade(&data);
    let me = variable();
    let name = closure!([me = me.clone(), data] || -> &'static str {
        let me: &Gc<Variable<Gc<dyn Call<(), Output = &'static str>>>> = me;
        assert!(me.borrow().is_some());
        data.name
    });
    let name = unsize!(Gc::new(name) => dyn Call<(), Output = &'static str>);
    *me.borrow_mut() = Some(name.clone());
    assert_eq!(name.call(()), "data");
    drop((name, me));
    assert_eq!(state(&of_data), "Some");
    assert_eq!(gc::collect(), 3);
    assert_eq!(state(&of_data), "None");
    assert_eq!(log.take(), ["drop data"]);
}

/// wish: `func.close()`
#[test]
fn e3_7_close_of_a_closure() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    let (flatten, me) = make_flatten(&log);
    drop(me);
    assert_eq!(flatten.call((sample(),)).collect::<Vec<_>>(), [1, 2, 3]);
    let mut chunks = flatten.call((sample(),));
    assert_eq!(chunks.next(), Some(1));
    flatten.close();
    assert_eq!(log.take(), ["drop closure"]);
    // What the closure has returned holds the variable itself.
    drop(chunks);
    drop(flatten);
    assert_eq!(gc::objects(None).len(), before);
    assert_eq!(gc::collect(), 0);
}

/// weak fix
#[test]
fn e3_9_weak_variable() {
    fresh();
    let log = Log::default();
    let me: Gc<Variable<Weak<Flatten>>> = variable();
    let canary = Canary::new("closure", &log);
    let flatten = closure!([me = me.clone(), _canary = canary] |list: Vec<Item>| -> Items {
        let me = me.borrow().as_ref().and_then(Weak::upgrade).unwrap();
        items(list, move |list| me.call((list,)))
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    *me.borrow_mut() = Some(Gc::downgrade(&flatten));
    let chunks = flatten.call((sample(),));
    drop(flatten);
    assert_eq!(chunks.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(log.take(), ["drop closure"]);
    assert_eq!(state(me.borrow().as_ref().unwrap()), "None");
    assert_eq!(gc::collect(), 0);
}

/// Hettinger's class-like objects
#[test]
fn e3_10_class_like_objects_of_closures() {
    type Method = dyn Call<(i32,), Output = i32>;
    #[derive(Trace)]
    struct Namespace {
        balance: RefCell<i32>,
        members: RefCell<Vec<Gc<Method>>>,
        _canary: Canary,
    }
    fresh();
    let log = Log::default();
    let namespace = Gc::new(Namespace {
        balance: RefCell::new(0),
        members: RefCell::default(),
        _canary: Canary::new("namespace", &log),
    });
    let deposit = closure!([account = namespace.clone()] |amount: i32| -> i32 {
        *account.balance.borrow_mut() += amount;
        *account.balance.borrow()
    });
    let withdraw = closure!([account = namespace.clone()] |amount: i32| -> i32 {
        account.members.borrow()[0].call((-amount,))
    });
    namespace.members.borrow_mut().extend([
        unsize!(Gc::new(deposit) => Method),
        unsize!(Gc::new(withdraw) => Method),
    ]);
    assert_eq!(namespace.members.borrow()[0].call((10,)), 10);
    assert_eq!(namespace.members.borrow()[1].call((4,)), 6);
    assert_eq!(Gc::strong_count(&namespace), 3);
    drop(namespace);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    assert_eq!(log.take(), ["drop namespace"]);
}
