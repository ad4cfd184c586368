//! Diagnostics of the heap that threads share in the wrong moment: under loans, in panic hooks, and while
//! other threads change what they draw.

use std::cell::Cell;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use gordian::Trace;
use gordian::sync::{Gc, gc};
use gordian::trace::{Depth, Facts, Fields, Tracer};
use gordian_tests::process_heap::{fresh, in_a_thread};
use gordian_tests::{DropProbe, Drops, Place};

#[derive(Trace)]
struct Node {
    /// Locks in locks, which come and go with what is behind the outer one.
    edges: Mutex<Vec<RwLock<Edge>>>,
    once: OnceLock<Edge>,
    probe: DropProbe,
}

#[derive(Trace)]
struct Edge {
    target: Option<Gc<Node>>,
    also: Vec<Gc<Node>>,
}

fn node(drops: &Drops) -> Gc<Node> {
    Gc::new(Node {
        edges: Mutex::default(),
        once: OnceLock::new(),
        probe: drops.probe(),
    })
}

fn edge(target: &Gc<Node>) -> Edge {
    Edge {
        target: Some(target.clone()),
        also: vec![target.clone()],
    }
}

/// Adds to what a node leads to, and takes away from it, behind one lock and behind two.
fn change(root: &Gc<Node>, seed: u64, new: impl Fn() -> Gc<Node>) {
    const ROUNDS: usize = if cfg!(miri) { 5 } else { 6000 };
    let mut number = seed;
    for round in 0..ROUNDS {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(seed);
        let (young, other) = (new(), new());
        let _ = young.once.set(edge(&other));
        for holder in [&other, root] {
            let edge = RwLock::new(edge(&young));
            holder.edges.with(|edges| edges.push(edge));
        }
        let gone = match number >> 62 {
            0 => root.edges.pull(),
            1 => other.edges.with(|edges| edges.pop()).into_iter().collect(),
            _ => Vec::new(),
        };
        if round % 100 == 0 {
            gc::collect();
        }
        drop((young, other, gone));
    }
}

fn look(root: &Gc<Node>, distance: usize) {
    let picture = gc::dot(&[root], distance);
    assert_eq!(picture.matches("style=bold").count(), 1);
    for listed in gc::referents(&[root]).iter().take(2) {
        let why = listed.why_alive().map(|why| why.to_string());
        assert!(why.is_none_or(|why| why.contains("Node")));
        assert!(gc::referrers(&[listed]).iter().all(|it| it.size() > 0));
    }
    assert!(gc::why_alive(root).object().ptr_eq(root));
}

/// Nothing that is drawn, described or gone through is gone by then, whatever others free.
#[test]
fn threads_change_what_is_drawn() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let drops = Drops::new();
    let of_test = drops.clone();
    in_a_thread(move || {
        fresh();
        let new = || {
            MADE.fetch_add(1, Ordering::Relaxed);
            node(&of_test)
        };
        let root = &new();
        thread::scope(|scope| {
            let others = [1, 3].map(|seed| scope.spawn(move || change(root, seed, new)));
            let mut distances = (0..4).cycle();
            while !others.iter().all(|other| other.is_finished()) {
                look(root, distances.next().unwrap());
            }
            others.into_iter().for_each(|other| other.join().unwrap());
        });
    });
    in_a_thread(|| {
        fresh();
    });
    assert_eq!(drops.count(), MADE.load(Ordering::Relaxed));
}

/// How far a test has come.
struct Stage(AtomicUsize);

impl Stage {
    const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn has_come_to(&self, stage: usize) -> bool {
        self.0.load(Ordering::Acquire) >= stage
    }

    fn reach(&self, stage: usize) {
        self.0.fetch_max(stage, Ordering::AcqRel);
    }

    /// Waits for a stage, but not for ever.
    fn wait_for(&self, stage: usize) {
        let start = Instant::now();
        while !self.has_come_to(stage) && start.elapsed() < Duration::from_secs(5) {
            thread::yield_now();
        }
    }
}

/// Has no handles, and does something when it is traced, or asked for its fields.
struct Does {
    when_traced: fn(),
    when_asked: fn(),
}

// SAFETY: it has no handles.
unsafe impl Trace for Does {
    fn trace(&self, _: &mut Tracer) {
        (self.when_traced)();
    }

    fn trace_fields(&self, _: &mut Fields) {
        (self.when_asked)();
    }

    fn facts(_: Depth) -> Facts {
        Facts::NOTHING
    }
}

/// What does something when it is traced, before its handle is.
#[derive(Trace)]
struct Staged {
    does: Does,
    held: Mutex<Option<Gc<Node>>>,
}

fn staged(when_traced: fn()) -> Gc<Staged> {
    let does = Does {
        when_traced,
        when_asked: || (),
    };
    Gc::new(Staged {
        does,
        held: Mutex::default(),
    })
}

/// An object that comes into being when all others are pinned, is found behind a lock, and is gone before the walk
/// has come to its end.
#[test]
fn what_comes_late_and_goes_early_is_not_drawn() {
    static STAGE: Stage = Stage::new();
    fresh();
    let drops = Drops::new();
    let holder = staged(|| {
        STAGE.reach(1);
        STAGE.wait_for(2);
    });
    // Whatever order they are traced in, most come after the holder.
    let others = [(); 20].map(|()| {
        staged(|| {
            if STAGE.has_come_to(2) {
                // The holder's lock has been let go.
                STAGE.reach(3);
                STAGE.wait_for(4);
            }
        })
    });
    thread::scope(|scope| {
        let (holder, drops) = (&holder, &drops);
        let other = scope.spawn(move || {
            STAGE.wait_for(1);
            holder.held.put(Some(node(drops)));
            STAGE.reach(2);
            STAGE.wait_for(3);
            holder.held.put(None);
            STAGE.reach(4);
        });
        let picture = gc::dot(&[holder], 3);
        assert!(picture.matches("peripheries=").count() <= 2);
        other.join().unwrap();
    });
    assert_eq!(drops.count(), 1);
    drop(others);
}

/// A lock behind a lock, asked for its fields, goes with what is behind the outer one.
#[test]
fn a_lock_goes_while_the_fields_beside_it_are_asked_for() {
    static STAGE: Stage = Stage::new();

    #[derive(Trace)]
    struct Holder {
        outer: Mutex<Vec<Mutex<Option<Gc<i32>>>>>,
        does: Does,
    }

    fresh();
    let does = Does {
        when_traced: || (),
        when_asked: || {
            STAGE.reach(1);
            STAGE.wait_for(2);
        },
    };
    let inner = Mutex::new(Some(Gc::new(1)));
    let holder = Gc::new(Holder {
        outer: Mutex::new(vec![inner]),
        does,
    });
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            STAGE.wait_for(1);
            drop(holder.outer.pull());
            STAGE.reach(2);
        });
        let picture = gc::dot(&[&holder], 1);
        assert_eq!(picture.matches("label=\"outer\"").count(), 1);
        other.join().unwrap();
    });
}

#[test]
fn a_loan_is_not_looked_into() {
    fresh();
    let held = Gc::new(vec![Gc::new(0)]);
    let mut holder = Gc::new(vec![held.clone()]);
    let listed = gc::referrers(&[&held]).remove(0);
    let lent = Gc::get_mut(&mut holder).unwrap();
    lent.push(held.clone());
    let picture = gc::dot(&[&listed, &held], 2);
    assert_eq!(picture.matches("style=bold").count(), 2);
    assert_eq!(picture.matches(" -> ").count(), 1);
    assert!(listed.why_alive().is_some_and(|why| why.path().is_empty()));
    assert_eq!(gc::why_alive(&held).outside_handles(), 2);
    lent.push(held.clone());
    let shelf = Gc::new(Mutex::new(Some(holder)));
    let fields = gc::why_alive(&held);
    assert_eq!(fields.path().len(), 2);
    assert!(fields.path()[0].holder().ptr_eq(&shelf));
    shelf.pull();
}

/// Panics when it is traced, as long as it is told to.
struct Grenade {
    content: Gc<Vec<Gc<i32>>>,
    is_armed: &'static AtomicBool,
}

// SAFETY: one handle, owned alone, reported once; the panic ends the call at once.
unsafe impl Trace for Grenade {
    fn trace(&self, tracer: &mut Tracer) {
        self.content.trace(tracer);
        assert!(!self.is_armed.load(Ordering::Relaxed), "a grenade");
    }

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

thread_local! {
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// A panic hook asks, in the midst of a walk, and gets an answer that says as much as can be known.
#[test]
fn a_panic_hook_asks_in_a_walk() {
    static IS_ARMED: AtomicBool = AtomicBool::new(true);
    static ANSWERS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fresh();
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !ASKS.get() {
            return previous(info);
        }
        let object = Gc::new(5);
        let other = object.clone();
        let why = gc::why_alive(&object);
        assert_eq!((why.outside_handles(), why.path().len()), (1, 0));
        let answer = format!("{}{}", gc::dot(&[&object], 1), gc::collect());
        ANSWERS.with(|answers| answers.push(answer));
        drop(other);
    }));
    let content = Gc::new(vec![Gc::new(1)]);
    let grenade = Gc::new(Mutex::new(Grenade {
        content: content.clone(),
        is_armed: &IS_ARMED,
    }));
    ASKS.set(true);
    let why = gc::why_alive(&content);
    let picture = gc::dot(&[&grenade], 1);
    ASKS.set(false);
    assert_eq!((why.outside_handles(), why.path().len()), (1, 0));
    assert_eq!(picture.matches(" -> ").count(), 0);
    assert!(ANSWERS.peek().len() >= 2 && ANSWERS.peek().iter().all(|answer| answer == "0"));
    IS_ARMED.store(false, Ordering::Relaxed);
    assert!(!grenade.is_poisoned());
    assert_eq!(gc::why_alive(&content).path().len(), 1);
    assert_eq!(gc::dot(&[&grenade], 1).matches(" -> ").count(), 1);
}
