//! The samples of the documents on closures once more, by closures whose captures are traced.

use std::iter;

use gordian::unsize;
use gordian_tests::Place;

use super::documents_closures::{Item, sample};
use super::stage::{Canary, Log, Node, fresh, state};
use super::{Call, Gc, Slot, Trace, Value, Weak, closure, gc};

type Items = Box<dyn Iterator<Item = i32>>;
type Flatten = function!((Vec<Item>,) => Items);
/// A variable that closures share.
type Variable<F> = Slot<Option<F>>;

fn variable<F>() -> Gc<Variable<F>>
where
    Variable<F>: Value,
{
    Gc::new(Slot::new(None))
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
        items(list, move |list| me.peek().unwrap().call((list,)))
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    me.put(Some(flatten.clone()));
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
        mro: Slot<Vec<Gc<Class>>>,
        call: Gc<function!(() => Gc<Node>)>,
    }
    fresh();
    let log = Log::default();
    let obj = Node::new("MyObject", &log);
    let w = Gc::downgrade(&obj);
    let call = unsize!(Gc::new(closure!([obj] || obj.clone())) => function!(() => Gc<Node>));
    let class = Gc::new(Class {
        mro: Slot::default(),
        call,
    });
    class.mro.with(|mro| mro.push(class.clone()));
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
        let me: &Gc<Variable<Gc<function!(() => &'static str)>>> = me;
        assert!(me.peek().is_some());
        data.name
    });
    let name = unsize!(Gc::new(name) => function!(() => &'static str));
    me.put(Some(name.clone()));
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
        let me = me.peek().and_then(|me| me.upgrade()).unwrap();
        items(list, move |list| me.call((list,)))
    });
    let flatten = unsize!(Gc::new(flatten) => Flatten);
    me.put(Some(Gc::downgrade(&flatten)));
    let chunks = flatten.call((sample(),));
    drop(flatten);
    assert_eq!(chunks.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(log.take(), ["drop closure"]);
    assert_eq!(state(&me.peek().unwrap()), "None");
    assert_eq!(gc::collect(), 0);
}

/// Hettinger's class-like objects
#[test]
fn e3_10_class_like_objects_of_closures() {
    type Method = function!((i32,) => i32);
    #[derive(Trace)]
    struct Namespace {
        balance: Slot<i32>,
        members: Slot<Vec<Gc<Method>>>,
        _canary: Canary,
    }
    fresh();
    let log = Log::default();
    let namespace = Gc::new(Namespace {
        balance: Slot::new(0),
        members: Slot::default(),
        _canary: Canary::new("namespace", &log),
    });
    let deposit = closure!([account = namespace.clone()] |amount: i32| -> i32 {
        account.balance.with(|balance| {
            *balance += amount;
            *balance
        })
    });
    let withdraw = closure!([account = namespace.clone()] |amount: i32| -> i32 {
        account.members.peek()[0].call((-amount,))
    });
    namespace.members.put(vec![
        unsize!(Gc::new(deposit) => Method),
        unsize!(Gc::new(withdraw) => Method),
    ]);
    assert_eq!(namespace.members.peek()[0].call((10,)), 10);
    assert_eq!(namespace.members.peek()[1].call((4,)), 6);
    assert_eq!(Gc::strong_count(&namespace), 3);
    drop(namespace);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    assert_eq!(log.take(), ["drop namespace"]);
}
