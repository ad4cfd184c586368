//! Attacks on closures that threads share: closed while others call them, and while the collector looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, LazyLock, Mutex};
use std::thread;

use gordian::sync::{Gc, closure, gc};
use gordian::{Call, unsize};
use gordian_tests::process_heap::{fresh, in_a_thread};
use gordian_tests::{Drops, Place};

const ROUNDS: usize = if cfg!(miri) { 4 } else { 100 };

/// Calls itself to this depth, and returns how deep it came.
type Function = dyn Call<(usize,), Output = usize> + Send + Sync;
type Variable = Mutex<Option<Gc<Function>>>;

/// A function that holds itself by a variable.
fn recursive(drops: &Drops) -> (Gc<Function>, Gc<Variable>) {
    let me = Gc::new(Variable::default());
    let probe = drops.probe();
    let function = closure!([me = me.clone(), probe] |depth: usize| -> usize {
        assert!(probe.is_intact());
        let Some(deeper) = depth.checked_sub(1) else { return 0 };
        let deeper = me.peek().and_then(|function| function.try_call((deeper,)));
        assert!(probe.is_intact());
        deeper.map_or(0, |depth| depth + 1)
    });
    let function = unsize!(Gc::new(function) => Function);
    me.put(Some(function.clone()));
    (function, me)
}

/// Nobody waits for ever, nobody's captures go while he calls, and they go when the last call has ended,
/// though the closure is still there.
#[test]
fn threads_call_recursively_while_one_closes_and_the_collector_looks() {
    let drops = Drops::new();
    let of_test = drops.clone();
    in_a_thread(move || {
        fresh();
        let (current, is_over) = (Mutex::new(None::<Gc<Function>>), AtomicBool::new(false));
        let calls = AtomicUsize::new(0);
        thread::scope(|scope| {
            let looks = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    gc::collect();
                    if let Some(function) = current.peek() {
                        let _why = gc::why_alive(&function).to_string();
                    }
                }
            });
            let callers = [(); 2].map(|()| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let Some(function) = current.peek() else {
                            continue;
                        };
                        while let Some(depth) = function.try_call((5,)) {
                            assert!(depth <= 5);
                            calls.fetch_add(1, Ordering::Relaxed);
                        }
                        assert!(function.is_closed());
                    }
                })
            });
            for round in 0..ROUNDS {
                let (function, me) = recursive(&of_test);
                current.put(Some(function.clone()));
                let before = calls.load(Ordering::Relaxed);
                while calls.load(Ordering::Relaxed) < before + round % 5 {
                    thread::yield_now();
                }
                function.close();
                function.close();
                drop(me);
                assert_eq!(function.try_call((1,)), None);
                while of_test.count() <= round {
                    thread::yield_now();
                }
            }
            is_over.store(true, Ordering::Relaxed);
            looks.join().unwrap();
            callers
                .into_iter()
                .for_each(|caller| caller.join().unwrap());
        });
        current.pull();
    });
    assert_eq!(drops.count(), ROUNDS);
}

/// Who closes it, and who calls it too late, at one time: the captures are dropped once, at once.
#[test]
fn many_close_at_one_time() {
    const THREADS: usize = 4;
    let drops = Drops::new();
    for round in 0..ROUNDS {
        let function = Arc::new(closure!([probe = drops.probe()] || probe.is_intact()));
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (function, start) = (&function, &start);
                scope.spawn(move || {
                    start.wait();
                    if number % 2 == 0 {
                        function.close();
                    }
                    assert!(function.try_call(()).unwrap_or(true));
                });
            }
        });
        assert_eq!(drops.count(), round + 1);
    }
}

/// A panic in a call that another thread has closed meanwhile lets the captures go.
#[test]
fn a_panic_ends_the_last_call() {
    static INSIDE: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    static CLOSED: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    let drops = Drops::new();
    let function = Arc::new(closure!([probe = drops.probe()] || -> () {
        INSIDE.wait();
        CLOSED.wait();
        assert!(probe.is_intact());
        panic!("in the body");
    }));
    let called = function.clone();
    let caller = thread::spawn(move || {
        let call = catch_unwind(AssertUnwindSafe(|| called.call(())));
        assert!(call.is_err());
    });
    INSIDE.wait();
    function.close();
    assert_eq!((drops.count(), function.try_call(())), (0, None));
    CLOSED.wait();
    caller.join().unwrap();
    assert_eq!(drops.count(), 1);
}
