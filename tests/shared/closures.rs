//! Closures whose captures are traced: in cycles, closed, behind `dyn`, while they run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use gordian::trace::Tracer;
use gordian::unsize;
use gordian_tests::Place;

use super::stage::{Canary, Log, Mortal, Rescue, fresh, panic_of, state};
use super::{Call, Finalize, Gc, Slot, Trace, Value, closure, gc};

/// A function from numbers to numbers.
type Function = function!((u64,) => u64);

/// A variable that closures share.
type Variable<F> = Slot<Option<Gc<F>>>;

fn variable<F: ?Sized>() -> Gc<Variable<F>>
where
    Variable<F>: Value,
{
    Gc::new(Slot::new(None))
}

fn addresses<T: Trace + ?Sized>(value: &T) -> Vec<*const ()> {
    Tracer::edges_of(value)
}

/// Its captures, in order, and nothing once it is closed.
#[test]
fn captures_are_reported() {
    fresh();
    let (a, b) = (Gc::new(1), Gc::new(2));
    let sum = closure!([a = a.clone(), b = b.clone(), c = 3] || **a + **b + c);
    assert_eq!(sum.call(()), 6);
    assert_eq!(
        addresses(&sum),
        [Gc::as_ptr(&a).cast(), Gc::as_ptr(&b).cast::<()>()]
    );
    sum.close();
    assert!(addresses(&sum).is_empty());
    assert_eq!((Gc::strong_count(&a), Gc::strong_count(&b)), (1, 1));
}

/// The collector sees the captures of a closure that is being called.
#[test]
fn captures_are_reported_during_a_call() {
    fresh();
    let me = variable::<function!(() => usize)>();
    let edges = closure!([me = me.clone()] || -> usize {
        addresses(&*me.peek().unwrap()).len()
    });
    let edges = unsize!(Gc::new(edges) => function!(() => usize));
    me.put(Some(edges.clone()));
    assert_eq!(edges.call(()), 1);
    drop((edges, me));
    assert_eq!(gc::collect(), 2);
}

#[test]
fn only_closures_with_handles_are_tracked() {
    fresh();
    let number = Gc::new(1);
    let with = Gc::new(closure!([number] || **number));
    let without = Gc::new(closure!(
        [number = 1, text = String::new()] || number + text.len()
    ));
    assert_eq!((with.call(()), without.call(())), (1, 1));
    assert!(gc::is_tracked(&with));
    assert!(!gc::is_tracked(&without));
}

#[test]
fn a_cycle_of_closures_is_collected() {
    fresh();
    let log = Log::default();
    let (ping, pong) = (variable::<Function>(), variable::<Function>());
    for (mine, other, name) in [(&ping, &pong, "ping"), (&pong, &ping, "pong")] {
        let canary = Canary::new(name, &log);
        let function = closure!([other = other.clone(), _canary = canary] |n: u64| -> u64 {
            if n == 0 { 0 } else { 1 + other.peek().unwrap().call((n - 1,)) }
        });
        mine.put(Some(unsize!(Gc::new(function) => Function)));
    }
    assert_eq!(ping.peek().unwrap().call((7,)), 7);
    drop(ping);
    assert_eq!(gc::collect(), 0);
    assert_eq!(pong.peek().unwrap().call((7,)), 7);
    drop(pong);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 4);
    assert_eq!(log.take_sorted(), ["drop ping", "drop pong"]);
}

#[test]
fn a_closed_cycle_needs_no_collector() {
    fresh();
    let log = Log::default();
    let me = variable::<Function>();
    let canary = Canary::new("capture", &log);
    let factorial = closure!([me = me.clone(), _canary = canary] |n: u64| -> u64 {
        if n == 0 { 1 } else { n * me.peek().unwrap().call((n - 1,)) }
    });
    let factorial = Gc::new(factorial);
    me.put(Some(unsize!(factorial.clone() => Function)));
    let weak = Gc::downgrade(&factorial);
    drop(me);
    assert_eq!(factorial.call((10,)), 3_628_800);
    factorial.close();
    assert_eq!(log.take(), ["drop capture"]);
    assert_eq!(Gc::strong_count(&factorial), 1);
    drop(factorial);
    assert_eq!(state(&weak), "None");
    assert_eq!(gc::collect(), 0);
}

#[test]
fn a_closed_closure_is_not_called() {
    fresh();
    let calls = Gc::new(AtomicUsize::new(0));
    let count = closure!([calls = calls.clone()] || calls.fetch_add(1, Ordering::Relaxed));
    count.call(());
    assert!(!count.is_closed());
    count.close();
    count.close();
    assert!(count.is_closed());
    assert_eq!(count.try_call(()), None);
    assert_eq!(panic_of(|| count.call(())), "called a closed closure");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

/// Each call in progress keeps the captures, and the last one to end lets go of them.
#[test]
fn a_closure_closed_in_a_call() {
    fresh();
    let log = Log::default();
    let me = variable::<Function>();
    let (listener, canary) = (Listener(log.clone()), Canary::new("capture", &log));
    let function = closure!(
        [me = me.clone(), listener, canary]
        |depth: u64| -> u64 {
            let _used_to_the_end = canary;
            let this = me.peek().unwrap();
            if depth > 0 {
                this.call((depth - 1,));
            } else {
                this.close();
            }
            listener.0.add(format!("{depth} {:?}", this.try_call((0,))));
            depth
        }
    );
    let function = Gc::new(function);
    me.put(Some(unsize!(function.clone() => Function)));
    assert_eq!(function.call((2,)), 2);
    assert_eq!(log.take(), ["0 None", "1 None", "2 None", "drop capture"]);
    assert!(me.peek().unwrap().is_closed());
    assert_eq!(Gc::strong_count(&me), 1);
}

/// A log as an object.
#[derive(Trace)]
#[trace(leaf)]
struct Listener(Log);

#[test]
fn a_panic_ends_the_call() {
    fresh();
    let log = Log::default();
    let fuse = Gc::new(Slot::new(None::<Gc<function!((bool,) => ())>>));
    let canary = Canary::new("capture", &log);
    let risky = closure!([fuse = fuse.clone(), _canary = canary] |close: bool| -> () {
        if close {
            fuse.peek().unwrap().close();
        }
        panic!("in the body");
    });
    let risky = unsize!(Gc::new(risky) => function!((bool,) => ()));
    fuse.put(Some(risky.clone()));
    for _ in 0..2 {
        assert_eq!(panic_of(|| risky.call((false,))), "in the body");
        assert!(log.take().is_empty());
    }
    assert_eq!(panic_of(|| risky.call((true,))), "in the body");
    assert_eq!(log.take(), ["drop capture"]);
    assert!(risky.is_closed());
}

/// Calls a function when it is dropped.
#[derive(Trace)]
#[trace(leaf)]
struct CallsBack {
    function: Gc<Variable<Function>>,
    log: Log,
}

impl Drop for CallsBack {
    fn drop(&mut self) {
        let function = self.function.pull().unwrap();
        function.close();
        self.log.add(format!("{:?}", function.try_call((1,))));
    }
}

/// What the captures do when they are dropped finds the closure closed already.
#[test]
fn a_capture_calls_back_when_it_is_dropped() {
    fresh();
    let log = Log::default();
    let me = variable::<Function>();
    let back = CallsBack {
        function: me.clone(),
        log: log.clone(),
    };
    let function = Gc::new(closure!([_back = back] |n: u64| n));
    me.put(Some(unsize!(function.clone() => Function)));
    assert_eq!(function.call((1,)), 1);
    function.close();
    assert_eq!(log.take(), ["None"]);
    assert_eq!(Gc::strong_count(&function), 1);
}

#[test]
fn captures_are_dropped_in_order() {
    fresh();
    let log = Log::default();
    let make = || {
        let (a, b) = (Canary::new("a", &log), Canary::new("b", &log));
        closure!([a, _c = Canary::new("c", &log), _b = b] || size_of_val(a))
    };
    drop(make());
    assert_eq!(log.take(), ["drop a", "drop c", "drop b"]);
    make().close();
    assert_eq!(log.take(), ["drop a", "drop c", "drop b"]);
}

/// A closure that is called is held by whoever calls it.
#[test]
fn the_body_collects() {
    fresh();
    let log = Log::default();
    let me = variable::<function!(() => usize)>();
    let body = closure!([me = me.clone(), canary = Canary::new("capture", &log)] || -> usize {
        let _used_to_the_end = canary;
        assert!(me.peek().is_some());
        gc::collect()
    });
    let body = unsize!(Gc::new(body) => function!(() => usize));
    me.put(Some(body.clone()));
    drop(me);
    assert_eq!(body.call(()), 0);
    assert!(log.take().is_empty());
    let weak = Gc::downgrade(&body);
    drop(body);
    // From the weak handle there is only the one of this call.
    assert_eq!(weak.upgrade().unwrap().call(()), 0);
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take(), ["drop capture"]);
}

/// Garbage whose finalizer stores, and calls, the closure it is in a cycle with.
#[derive(Trace)]
#[trace(finalize)]
struct Lazarus {
    function: Variable<Function>,
    saved: Gc<Variable<Function>>,
    _canary: Canary,
}

impl Finalize for Lazarus {
    fn finalize(&self) {
        let function = self.function.peek().unwrap();
        assert_eq!(function.call((20,)), 21);
        self.saved.put(Some(function));
    }
}

#[test]
fn a_finalizer_calls_and_resurrects_a_closure() {
    fresh();
    let log = Log::default();
    let saved = variable::<Function>();
    let owner = Gc::new(Lazarus {
        function: Slot::new(None),
        saved: saved.clone(),
        _canary: Canary::new("owner", &log),
    });
    let increment = closure!([owner = owner.clone()] |n: u64| -> u64 {
        n + u64::from(owner.function.peek().is_some())
    });
    let increment = unsize!(Gc::new(increment) => Function);
    let weak = Gc::downgrade(&increment);
    owner.function.put(Some(increment));
    drop(owner);
    assert_eq!(gc::collect(), 0);
    assert_eq!(state(&weak), "Some");
    assert_eq!(saved.peek().unwrap().call((1,)), 2);
    assert!(log.take().is_empty());

    drop(saved.pull());
    assert_eq!(gc::collect(), 2);
    assert_eq!(state(&weak), "None");
    assert_eq!(log.take(), ["drop owner"]);
}

/// By a finalizer of an object that is captured by its handle; one captured by value has none.
#[test]
fn finalizers_of_captures() {
    fresh();
    let log = Log::default();
    let object = Mortal::new("object", &log);
    let by_handle = Gc::new(closure!([object] || object.name));
    assert_eq!(by_handle.call(()), "object");
    drop(by_handle);
    assert_eq!(log.take(), ["fin object", "drop object"]);

    let value = Gc::into_inner(Mortal::with("value", &log, Some(&Rescue::new()), |_| {})).unwrap();
    let by_value = Gc::new(closure!([value] || value.saved.is_some()));
    assert!(by_value.call(()));
    drop(by_value);
    assert_eq!(log.take(), ["drop value"]);
}

#[test]
fn a_function_remembers() {
    fresh();
    let me = variable::<Function>();
    let (known, computed) = (Slot::new(HashMap::new()), Gc::new(AtomicUsize::new(0)));
    let fibonacci = closure!([me = me.clone(), known, computed = computed.clone()] |n: u64| -> u64 {
        if let Some(result) = known.with(|known| known.get(&n).copied()) {
            return result;
        }
        computed.fetch_add(1, Ordering::Relaxed);
        let me = me.peek().unwrap();
        let result = if n < 2 { n } else { me.call((n - 1,)) + me.call((n - 2,)) };
        known.with(|known| known.insert(n, result));
        result
    });
    let fibonacci = unsize!(Gc::new(fibonacci) => Function);
    me.put(Some(fibonacci.clone()));
    drop(me);
    assert_eq!(fibonacci.call((90,)), 2_880_067_194_370_816_120);
    assert_eq!(computed.load(Ordering::Relaxed), 91);
    drop(fibonacci);
    assert_eq!(gc::collect(), 2);
    assert_eq!(Gc::strong_count(&computed), 1);
}

/// Closures of different captures by one signature, with an argument of any lifetime.
#[test]
fn closures_by_signature() {
    type Measure = function!(for<'a> (&'a str, usize) => Option<&'a str>);
    fresh();
    let words = Gc::new(Slot::new(vec!["knot".to_string()]));
    let known = closure!(
        [words = words.clone()] for<'a> |text: &'a str, _at: usize| -> Option<&'a str> {
            words.with(|words| words.iter().any(|word| word == text)).then_some(text)
        }
    );
    let from =
        closure!([] for<'a> |text: &'a str, at: usize| -> Option<&'a str> { text.get(at..) });
    let measures: [Gc<Measure>; 2] = [
        unsize!(Gc::new(known) => Measure),
        unsize!(Gc::new(from) => Measure),
    ];
    let mut results = Vec::new();
    let text = String::from("knot");
    results.extend(measures.iter().map(|measure| measure.call((&text, 2))));
    assert_eq!(results, [Some("knot"), Some("ot")]);
    measures[0].close();
    assert_eq!(measures[0].try_call(("knot", 0)), None);
    assert_eq!(Gc::strong_count(&words), 1);
}

/// A chain of closures, each holding the next one, goes without recursion.
#[test]
fn a_long_chain_of_closures() {
    fresh();
    let before = gc::objects(None).len();
    let mut last: Gc<Function> = unsize!(Gc::new(closure!([] |n: u64| n)) => Function);
    for _ in 0..if cfg!(miri) { 500 } else { 100_000 } {
        last = unsize!(Gc::new(closure!([next = last] |n: u64| next.call((n,)))) => Function);
    }
    drop(last);
    assert_eq!(gc::objects(None).len(), before);
    assert_eq!(gc::collect(), 0);
}
