//! Deep structures, wrong `Trace` implementations, and collector calls from everywhere.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use gordian::trace::Tracer;
use gordian::{Finalize, Trace};
use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Gc, Slot, Weak, fresh, gc, in_a_thread};

/// What a test lets a finalizer or a callback do.
type Action = Box<dyn Fn() + Send + Sync>;

/// A node with a finalizer that does what it is told.
#[derive(Trace)]
#[trace(finalize)]
struct Node {
    edge: Slot<Option<Gc<Node>>>,
    me: Slot<Weak<Node>>,
    probe: DropProbe,
    #[trace(skip)]
    on_finalize: Action,
}

impl Finalize for Node {
    fn finalize(&self) {
        (self.on_finalize)();
        assert!(self.probe.is_intact());
        assert!(self.me.peek().upgrade().is_some());
    }
}

fn node(drops: &Drops, on_finalize: impl Fn() + Send + Sync + 'static) -> Gc<Node> {
    let (edge, me) = (Slot::default(), Slot::default());
    let (probe, on_finalize) = (drops.probe(), Box::new(on_finalize));
    let node = Gc::new(Node {
        edge,
        me,
        probe,
        on_finalize,
    });
    node.me.put(Gc::downgrade(&node));
    node
}

fn self_loop(drops: &Drops, on_finalize: impl Fn() + Send + Sync + 'static) -> Gc<Node> {
    let node = node(drops, on_finalize);
    node.edge.put(Some(node.clone()));
    node
}

/// Writes the phase of every event to the log.
fn log_phases() -> (gc::Hook, Log<gc::EventPhase>) {
    let log = Log::new();
    let entries = log.clone();
    (gc::on_collect(move |event| entries.push(event.phase)), log)
}

const ONE_COLLECTION: [gc::EventPhase; 2] = [gc::EventPhase::Start, gc::EventPhase::Stop];

#[derive(Trace)]
#[trace(finalize)]
struct Ouch {
    probe: DropProbe,
    #[trace(skip)]
    finalized: Arc<AtomicUsize>,
}

impl Finalize for Ouch {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        let finalized = self.finalized.fetch_add(1, Ordering::Relaxed) + 1;
        if finalized.is_multiple_of(17) {
            gc::collect();
        }
    }
}

#[derive(Trace)]
enum Item {
    Nest(Gc<Nest>),
    Ouch(Gc<Ouch>),
}

#[derive(Trace)]
enum Nest {
    List(Slot<Vec<Item>>),
    Tuple(Option<(Gc<Nest>, Gc<Ouch>)>),
    Map(Slot<BTreeMap<u32, Item>>),
}

/// GCTests.test_trashcan
#[test]
fn x_01_nests() {
    const DEPTH: usize = 150;
    fresh();
    let (drops, finalized) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
    let ouch = || {
        let (probe, finalized) = (drops.probe(), finalized.clone());
        Gc::new(Ouch { probe, finalized })
    };
    let counts = || (finalized.load(Ordering::Relaxed), drops.count());
    for round in 1..=2 {
        let before = (round - 1) * 3 * DEPTH;
        let mut nest = Gc::new(Nest::List(Slot::default()));
        for _ in 0..DEPTH {
            nest = Gc::new(Nest::List(Slot::new(vec![
                Item::Nest(nest),
                Item::Ouch(ouch()),
            ])));
        }
        assert_eq!(counts(), (before, before));
        nest = Gc::new(Nest::Tuple(None));
        assert_eq!(counts(), (before + DEPTH, before + DEPTH));
        for _ in 0..DEPTH {
            nest = Gc::new(Nest::Tuple(Some((nest, ouch()))));
        }
        nest = Gc::new(Nest::Map(Slot::default()));
        assert_eq!(counts(), (before + 2 * DEPTH, before + 2 * DEPTH));
        for _ in 0..DEPTH {
            let items = BTreeMap::from([(0, Item::Nest(nest)), (1, Item::Ouch(ouch()))]);
            nest = Gc::new(Nest::Map(Slot::new(items)));
        }
        drop(nest);
        assert_eq!(counts(), (before + 3 * DEPTH, before + 3 * DEPTH));
    }
    assert_eq!(counts(), (900, 900));
    assert_eq!(gc::collect(), 0);
    assert_eq!(gc::objects(None).len(), 0);
}

/// Reports its handle once too often if told to.
struct Overreporter {
    // Not behind a lock: one that is traced twice is found locked the second time.
    me: OnceLock<Gc<Overreporter>>,
    lies: AtomicBool,
    _probe: DropProbe,
}

// SAFETY: It reports the handle in `me`, which it owns alone, and twice if it lies. That breaks
// the first duty on purpose: no handle from outside hides it, so the collector is to notice.
unsafe impl Trace for Overreporter {
    fn trace(&self, tracer: &mut Tracer) {
        self.me.trace(tracer);
        if self.lies.load(Ordering::Relaxed) {
            self.me.trace(tracer);
        }
    }
}

/// GCCallbackTests.test_refcount_errors
#[test]
fn x_02_too_many_edges() {
    fresh();
    let drops = Drops::new();
    let (me, lies, _probe) = (OnceLock::new(), AtomicBool::new(true), drops.probe());
    let object = Gc::new(Overreporter { me, lies, _probe });
    assert!(object.me.set(object.clone()).is_ok());
    let weak = Gc::downgrade(&object);
    drop(object);
    let collected = gc::stats()[2].collected;

    for _ in 0..2 {
        let result = catch_unwind(gc::collect);
        if cfg!(debug_assertions) {
            let panic = result.expect_err("a debug build panics");
            let text = panic.downcast_ref::<String>().expect("the panic is a text");
            assert!(text.contains("Overreporter"), "{text}");
        } else {
            assert_eq!(result.expect("a release build does not panic"), 0);
        }
        assert_eq!(drops.count(), 0, "the object is treated as live");
    }
    let object = weak.upgrade().expect("the object is treated as live");
    assert_eq!(Gc::strong_count(&object), 2);
    assert_eq!(gc::stats()[2].collected, collected);

    object.lies.store(false, Ordering::Relaxed);
    drop(object);
    assert_eq!(gc::collect(), 1);
    assert_eq!(drops.count(), 1);
}

#[derive(Trace)]
struct Link {
    next: Slot<Option<Gc<Link>>>,
}

fn link(next: Option<Gc<Link>>) -> Gc<Link> {
    let next = Slot::new(next);
    Gc::new(Link { next })
}

/// Fewer where each is an allocation, which is watched: see `.ci/asan` and `.ci/memcheck`.
const LINKS: usize = if cfg!(gordian_system_alloc) {
    50_000
} else {
    1_000_000
};

/// A chain's last and first link.
fn chain() -> (Gc<Link>, Gc<Link>) {
    let last = link(None);
    let first = (1..LINKS).fold(last.clone(), |next, _| link(Some(next)));
    (last, first)
}

fn trace_and_drop_chain() {
    fresh();
    let (last, first) = chain();
    let (weak_last, weak_first) = (Gc::downgrade(&last), Gc::downgrade(&first));
    drop(last);
    drop(first.clone()); // Makes it a candidate, which a collection looks into.
    assert_eq!(gc::collect(), 0);
    assert_eq!(gc::objects(Some(2)).len(), LINKS);
    drop(first);
    assert!(weak_first.upgrade().is_none() && weak_last.upgrade().is_none());
    assert_eq!(gc::objects(None).len(), 0);
}

fn collect_ring() {
    fresh();
    let (last, first) = chain();
    let weak = Gc::downgrade(&last);
    last.next.put(Some(first));
    drop(last);
    assert!(weak.upgrade().is_some());
    assert_eq!(gc::collect(), LINKS);
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::objects(None).len(), 0);
}

/// Documented: a chain of a million is traced and released.
#[test]
fn x_03_long_chain() {
    trace_and_drop_chain();
    in_a_thread(trace_and_drop_chain);
}

/// Documented: a ring of a million is collected.
#[test]
fn x_03_long_ring() {
    collect_ring();
    in_a_thread(collect_ring);
}

/// Documented: the same of a chain and a ring with finalizers.
#[test]
fn x_03_long_chain_and_ring_with_finalizers() {
    const LENGTH: usize = 20_000;
    in_a_thread(|| {
        fresh();
        let (drops, finalized) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
        let counts = || (finalized.load(Ordering::Relaxed), drops.count());
        let new = || {
            let finalized = finalized.clone();
            node(&drops, move || {
                finalized.fetch_add(1, Ordering::Relaxed);
            })
        };
        let chain = || {
            let last = new();
            let first = (1..LENGTH).fold(last.clone(), |next, _| {
                let node = new();
                node.edge.put(Some(next));
                node
            });
            (last, first)
        };
        drop(chain());
        assert_eq!(counts(), (LENGTH, LENGTH));
        let (last, first) = chain();
        last.edge.put(Some(first));
        drop(last);
        assert_eq!(gc::collect(), LENGTH);
        assert_eq!(counts(), (2 * LENGTH, 2 * LENGTH));
    });
}

/// Documented: `collect` in a finalizer on the counting path works.
#[test]
fn x_04_collect_in_finalizer_of_dropped_object() {
    fresh();
    let (drops, results) = (Drops::new(), Log::new());
    drop(self_loop(&drops, || {}));
    let entries = results.clone();
    let dying = node(&drops, move || entries.push(gc::collect()));
    drop(dying.clone()); // It is a candidate now, and not garbage for all that.
    let (_hook, phases) = log_phases();
    drop(dying);
    assert_eq!(results.entries(), [1]);
    assert_eq!(phases.entries(), ONE_COLLECTION);
    assert_eq!(drops.count(), 2);
    assert_eq!(gc::collect(), 0);
}

/// Documented: `collect` in a finalizer of garbage does nothing.
#[test]
fn x_04_collect_in_finalizer_of_garbage() {
    fresh();
    let (drops, results) = (Drops::new(), Log::new());
    let entries = results.clone();
    drop(self_loop(&drops, move || entries.push(gc::collect())));
    let (_hook, phases) = log_phases();
    let stats = gc::stats();
    assert_eq!(gc::collect(), 1);
    assert_eq!(results.entries(), [0]);
    assert_eq!(phases.entries(), ONE_COLLECTION);
    assert_eq!(gc::stats()[2].collections, stats[2].collections + 1);
    assert_eq!(drops.count(), 1);
}

/// Documented: `collect` in a weak callback on the counting path works.
#[test]
fn x_04_collect_in_callback_of_dropped_object() {
    fresh();
    let (drops, results) = (Drops::new(), Log::new());
    drop(self_loop(&drops, || {}));
    let dying = node(&drops, || {});
    drop(dying.clone());
    let (entries, counted) = (results.clone(), drops.clone());
    let _weak = Gc::downgrade_with(&dying, move || {
        let collected = gc::collect();
        entries.push((collected, counted.count()));
    });
    let (_hook, phases) = log_phases();
    drop(dying);
    assert_eq!(results.entries(), [(1, 1)]); // Of the other object.
    assert_eq!(phases.entries(), ONE_COLLECTION);
    assert_eq!(drops.count(), 2);
    assert_eq!(gc::collect(), 0);
}

/// Documented: `collect` in a weak callback of garbage does nothing.
#[test]
fn x_04_collect_in_callback_of_garbage() {
    fresh();
    let (drops, results) = (Drops::new(), Log::new());
    let dead = self_loop(&drops, || {});
    let (entries, counted) = (results.clone(), drops.clone());
    let _weak = Gc::downgrade_with(&dead, move || {
        let collected = gc::collect();
        entries.push((collected, counted.count()));
    });
    drop(dead);
    let (_hook, phases) = log_phases();
    assert_eq!(gc::collect(), 1);
    assert_eq!(results.entries(), [(0, 0)]);
    assert_eq!(phases.entries(), ONE_COLLECTION);
    assert_eq!(drops.count(), 1);
}

/// Documented: `collect` in a hook does nothing.
#[test]
fn x_04_collect_in_hook() {
    fresh();
    let (drops, results) = (Drops::new(), Log::new());
    drop(self_loop(&drops, || {}));
    let (_hook, phases) = log_phases();
    let (entries, counted) = (results.clone(), drops.clone());
    let _collecting = gc::on_collect(move |_| {
        let collected = gc::collect();
        entries.push((collected, counted.count()));
    });
    assert_eq!(gc::collect(), 1);
    assert_eq!(results.entries(), [(0, 0), (0, 1)]);
    assert_eq!(phases.entries(), ONE_COLLECTION);
}

/// Allocates garbage and says so.
fn allocate(log: &Log<&'static str>, who: &'static str) {
    for _ in 0..10 {
        let dead = link(None);
        dead.next.put(Some(dead.clone()));
    }
    log.push(who);
}

/// A dead self-loop whose finalizer and weak callback allocate.
fn allocating_garbage(drops: &Drops, log: &Log<&'static str>) -> Weak<Node> {
    let entries = log.clone();
    let dead = self_loop(drops, move || allocate(&entries, "finalizer"));
    let entries = log.clone();
    Gc::downgrade_with(&dead, move || allocate(&entries, "callback"))
}

/// Documented: allocation in finalizers and callbacks nests no collection in an explicit one.
#[test]
fn x_06_allocation_in_explicit_collection() {
    fresh();
    let (drops, log) = (Drops::new(), Log::new());
    let weak = allocating_garbage(&drops, &log);
    let (_hook, phases) = log_phases();
    gc::set_threshold((1, 1, 1));
    gc::enable();
    let collected = gc::collect();
    gc::disable();
    assert_eq!(collected, 1);
    assert_eq!(phases.take(), ONE_COLLECTION);
    assert_eq!(log.entries(), ["finalizer", "callback"]);
    assert!(weak.upgrade().is_none());
    assert_eq!(drops.count(), 1);
    assert_eq!(gc::collect(), 20); // What was made meanwhile waits for the next one.
}

/// Documented: nor in an automatic one.
#[test]
fn x_06_allocation_in_automatic_collection() {
    fresh();
    let (drops, log) = (Drops::new(), Log::new());
    let weak = allocating_garbage(&drops, &log);
    let (_hook, phases) = log_phases();
    let live = link(None);
    gc::set_threshold((1, 1, 1));
    gc::enable();
    let trigger = link(None);
    gc::disable();
    assert_eq!(phases.take(), ONE_COLLECTION);
    assert_eq!(log.entries(), ["finalizer", "callback"]);
    assert!(weak.upgrade().is_none());
    assert_eq!(drops.count(), 1);
    assert_eq!(gc::collect(), 20);
    assert!(live.next.peek().is_none() && trigger.next.peek().is_none());
}

/// Documented: on the counting path allocation may collect, one collection after the other.
#[test]
fn x_06_allocation_on_the_counting_path() {
    fresh();
    let (drops, log) = (Drops::new(), Log::new());
    let entries = log.clone();
    let dying = node(&drops, move || allocate(&entries, "finalizer"));
    let entries = log.clone();
    let _weak = Gc::downgrade_with(&dying, move || allocate(&entries, "callback"));
    let (_hook, phases) = log_phases();
    gc::set_threshold((1, 1, 1));
    gc::enable();
    drop(dying);
    gc::disable();
    assert_eq!(log.entries(), ["finalizer", "callback"]);
    assert_eq!(drops.count(), 1);
    let phases = phases.take();
    assert!(!phases.is_empty());
    for pair in phases.chunks(2) {
        assert_eq!(pair, ONE_COLLECTION);
    }
}
