//! The numbers, switches and listings of the `gc` module, and its hooks.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gordian::Trace;
use gordian_tests::{Log, Place};

use super::{Gc, Slot, Weak, fresh, gc, in_a_thread};

#[derive(Trace)]
struct Node {
    edges: Slot<Vec<Gc<Node>>>,
}

fn node() -> Gc<Node> {
    let edges = Slot::default();
    Gc::new(Node { edges })
}

fn nodes(count: usize) -> Vec<Gc<Node>> {
    (0..count).map(|_| node()).collect()
}

fn link(from: &Gc<Node>, to: &Gc<Node>) {
    from.edges.with(|edges| edges.push(to.clone()));
}

/// A node that holds itself.
fn self_loop() -> Gc<Node> {
    let node = node();
    link(&node, &node);
    node
}

/// Writes the generation of every collection that starts to the log.
fn log_generations() -> (gc::Hook, Log<usize>) {
    let log = Log::new();
    let entries = log.clone();
    let hook = gc::on_collect(move |event| {
        if event.phase == gc::EventPhase::Start {
            entries.push(event.generation);
        }
    });
    (hook, log)
}

/// The generations whose list has the object.
fn listed_in(node: &Gc<Node>) -> Vec<usize> {
    let lists = |g: &usize| gc::objects(Some(*g)).iter().any(|o| o.ptr_eq(node));
    (0..3).filter(lists).collect()
}

/// Each generation's collections, collected and uncollectable.
fn stats() -> [(usize, usize, usize); 3] {
    gc::stats().map(|stats| (stats.collections, stats.collected, stats.uncollectable))
}

/// GCTests.test_get_count
#[test]
fn g_01_get_count() {
    fresh();
    assert_eq!(gc::count(), (0, 0, 0));
    let node = node();
    assert_eq!(gc::count(), (1, 0, 0));
    drop(node);
    assert_eq!(gc::count(), (0, 0, 0));
}

/// GCTests.test_collect_generations
#[test]
fn g_02_collect_generations() {
    fresh();
    let x = node();
    let older_counts = |generation| {
        gc::collect_generation(generation);
        let (_, first, second) = gc::count();
        (first, second)
    };
    assert_eq!(older_counts(0), (1, 0));
    assert_eq!(older_counts(1), (0, 1));
    assert_eq!(older_counts(2), (0, 0));
    drop(x);
}

/// Documented: the count is allocations less releases, of whatever generation, never below 0.
#[test]
fn g_03_count_is_never_below_zero() {
    fresh();
    let old = nodes(100);
    gc::collect();
    assert_eq!(gc::count(), (0, 0, 0));
    let young = nodes(50);
    assert_eq!(gc::count(), (50, 0, 0));
    drop(old);
    assert_eq!(gc::count(), (0, 0, 0));
    drop(young);
    assert_eq!(gc::count(), (0, 0, 0));
}

/// Documented: thresholds that are not given stay as they are.
#[test]
fn g_04_set_threshold() {
    fresh();
    assert_eq!(gc::threshold(), (700, 10, 10));
    gc::set_threshold(5);
    assert_eq!(gc::threshold(), (5, 10, 10));
    gc::set_threshold((5, 6));
    assert_eq!(gc::threshold(), (5, 6, 10));
    gc::set_threshold((0, 6, 7));
    assert_eq!(gc::threshold(), (0, 6, 7));
    gc::set_threshold(5);
    assert_eq!(gc::threshold(), (5, 6, 7));
    gc::set_threshold((8,));
    assert_eq!(gc::threshold(), (8, 6, 7));
}

/// Documented: a collection starts when the count exceeds the threshold, before the new object.
#[test]
fn g_05_count_exceeds_threshold() {
    fresh();
    gc::set_threshold((3, 100, 100));
    let (_hook, log) = log_generations();
    gc::enable();
    let mut kept = Vec::new();
    let mut triggers = Vec::new();
    for number in 1..=40 {
        let before = log.len();
        let new = node();
        if log.len() > before {
            triggers.push(number);
        }
        assert_eq!(listed_in(&new), [0], "the new object is in generation 0");
        kept.push(new);
    }
    assert_eq!(triggers, (1..=10).map(|n| 4 * n).collect::<Vec<_>>());
    assert_eq!(log.entries(), [0; 10]);
}

/// Documented: which generation is collected when.
#[test]
fn g_06_sequence_of_generations() {
    fresh();
    gc::set_threshold((10, 2, 2));
    let (_hook, log) = log_generations();
    gc::enable();
    let mut kept = Vec::new();
    let mut triggers = Vec::new();
    for number in 1..=400 {
        let before = log.len();
        kept.push(node());
        triggers.extend((log.len() > before).then_some(number));
    }
    gc::disable();
    let period = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 2];
    let expected: Vec<usize> = period.into_iter().cycle().take(36).collect();
    assert_eq!(log.entries(), expected);
    assert_eq!(triggers, (1..=36).map(|n| 11 * n).collect::<Vec<_>>());
}

/// Documented: threshold 0 and `disable` stop automatic collection, not an explicit one.
#[test]
fn g_07_no_automatic_collection() {
    fresh();
    let (_hook, log) = log_generations();
    gc::set_threshold((0, 1, 1));
    gc::enable();
    for _ in 0..1000 {
        drop(self_loop());
    }
    assert!(log.is_empty());
    assert_eq!(gc::collect(), 1000);
    assert_eq!(log.take(), [2]);

    gc::disable();
    gc::set_threshold((1, 1, 1));
    for _ in 0..1000 {
        drop(self_loop());
    }
    assert!(log.is_empty());
    assert_eq!(gc::collect(), 1000);
    assert_eq!(log.take(), [2]);
}

/// garbage_collector.md: a full collection needs a quarter of the old objects to be waiting.
#[test]
fn g_08_full_collection_needs_a_quarter() {
    const OLD: usize = 10_000;
    fresh();
    let old = nodes(OLD);
    gc::collect();
    gc::set_threshold((10, 0, 0));
    let (_hook, log) = log_generations();
    gc::enable();
    let mut kept = Vec::new();
    while !log.entries().contains(&2) {
        kept.push(node());
        assert!(kept.len() < OLD, "no full collection came");
    }
    gc::disable();
    // 11 objects to a collection; every second one makes 22 old, and is followed by one in which
    // generation 2 is due.
    let rounds = (OLD / 4).div_ceil(22);
    let mut expected = [0, 1].repeat(rounds);
    expected.push(2);
    assert_eq!(log.entries(), expected);
    drop(old);
}

/// GCTests.test_get_stats
#[test]
fn g_09_stats() {
    fresh();
    let before = stats();
    assert_eq!(before.len(), 3);
    gc::collect_generation(0);
    let mut expected = before;
    expected[0].0 += 1;
    assert_eq!(stats(), expected);
    gc::collect();
    expected[2].0 += 1;
    assert_eq!(stats(), expected);
}

/// Documented: statistics go to the generation asked for.
#[test]
fn g_10_stats_of_generation() {
    fresh();
    let mut expected = stats();
    drop(self_loop());
    assert_eq!(gc::collect_generation(1), 1);
    expected[1].0 += 1;
    expected[1].1 += 1;
    assert_eq!(stats(), expected);
}

/// GCTests.test_get_objects
#[test]
fn g_11_objects() {
    fresh();
    let live = self_loop();
    let objects = gc::objects(None);
    let listed = objects.iter().filter(|object| object.ptr_eq(&live));
    assert_eq!(listed.count(), 1);
}

/// GCTests.test_get_objects_generations
#[test]
fn g_12_objects_of_generation() {
    fresh();
    let live = self_loop();
    assert_eq!(listed_in(&live), [0]);
    for (collected, moved_to) in [(0, 1), (1, 2), (2, 2)] {
        gc::collect_generation(collected);
        assert_eq!(listed_in(&live), [moved_to]);
    }
}

/// GCTests.test_get_objects_arguments
#[test]
fn g_13_objects_arguments() {
    fresh();
    let kept = nodes(3);
    gc::collect_generation(0);
    let younger = nodes(2);
    let all = gc::objects(None).len();
    let by_generation: usize = (0..3).map(|g| gc::objects(Some(g)).len()).sum();
    assert_eq!(all, by_generation);
    assert!(all >= kept.len() + younger.len());
    for generation in [3, 1000] {
        assert!(catch_unwind(|| gc::objects(Some(generation))).is_err());
        assert!(catch_unwind(|| gc::collect_generation(generation)).is_err());
    }
    assert_eq!(gc::objects(None).len(), all);
}

/// GCTests.test_is_tracked
#[test]
fn g_18_is_tracked() {
    #[derive(Trace)]
    struct Empty {}

    #[derive(Trace)]
    struct Pair {
        left: Option<Gc<Empty>>,
        right: Option<Gc<Empty>>,
    }

    fresh();
    let (left, right) = (None, None);
    let pair = Gc::new(Pair { left, right });
    assert!(gc::is_tracked(&pair)); // Though the value holds none.
    assert!(pair.left.is_none() && pair.right.is_none());
    assert!(gc::is_tracked(&node()));
    assert!(gc::is_tracked(&Gc::new(Vec::<Gc<i32>>::new())));
    assert!(gc::is_tracked(&Gc::new(Some(Gc::new(1)))));

    assert!(!gc::is_tracked(&Gc::new(Empty {})));
    assert!(!gc::is_tracked(&Gc::new(())));
    assert!(!gc::is_tracked(&Gc::new(1)));
    assert!(!gc::is_tracked(&Gc::new(1.0)));
    assert!(!gc::is_tracked(&Gc::new(true)));
    assert!(!gc::is_tracked(&Gc::new("a")));
    assert!(!gc::is_tracked(&Gc::new(String::from("a"))));
    assert!(!gc::is_tracked(&Gc::new((1, "a"))));
    assert!(!gc::is_tracked(&Gc::new(vec![1, 2])));
}

/// A phase, the generation, the collected and the uncollectable objects.
type Told = (gc::EventPhase, usize, usize, usize);

fn log_events() -> (gc::Hook, Log<Told>) {
    let log = Log::new();
    let entries = log.clone();
    let hook = gc::on_collect(move |event| {
        entries.push((
            event.phase,
            event.generation,
            event.collected,
            event.uncollectable,
        ));
    });
    (hook, log)
}

/// GCCallbackTests.test_collect
#[test]
fn g_29_hooks() {
    use gc::EventPhase::{Start, Stop};

    fresh();
    let (hook_1, log_1) = log_events();
    let (hook_2, log_2) = log_events();
    gc::collect();
    for log in [&log_1, &log_2] {
        assert_eq!(log.take(), [(Start, 2, 0, 0), (Stop, 2, 0, 0)]);
    }

    drop(self_loop());
    drop(self_loop());
    assert_eq!(gc::collect(), 2);
    for log in [&log_1, &log_2] {
        assert_eq!(log.take(), [(Start, 2, 0, 0), (Stop, 2, 2, 0)]);
    }

    drop(hook_1);
    gc::collect();
    assert!(log_1.is_empty());
    assert_eq!(log_2.take().len(), 2);
    drop(hook_2);
    gc::collect();
    assert!(log_2.is_empty());
}

/// GCCallbackTests.test_collect_generation
#[test]
fn g_30_hooks_are_told_the_generation() {
    fresh();
    let (_hook, log) = log_events();
    for generation in [2, 1, 0] {
        gc::collect_generation(generation);
        let told: Vec<usize> = log.take().into_iter().map(|event| event.1).collect();
        assert_eq!(told, [generation; 2]);
    }
}

/// Documented: a hook that panics stops neither the other hooks nor the work.
#[test]
fn g_32_hook_panics() {
    use gc::EventPhase::{Start, Stop};

    fresh();
    let (_before, log_before) = log_events();
    let _panicking = gc::on_collect(|event| match event.phase {
        Start => panic!("at the start"),
        Stop => panic!("at the stop"),
    });
    let (_after, log_after) = log_events();

    let dead = self_loop();
    let weak = Gc::downgrade(&dead);
    drop(dead);
    let collected = gc::stats()[2].collected;
    let panic = catch_unwind(AssertUnwindSafe(gc::collect)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"at the start"));
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::stats()[2].collected, collected + 1);
    for log in [&log_before, &log_after] {
        assert_eq!(log.take(), [(Start, 2, 0, 0), (Stop, 2, 1, 0)]);
    }

    // An automatic collection keeps the panic to itself.
    gc::set_threshold((1, 100, 100));
    drop(self_loop());
    gc::enable();
    let new = node();
    gc::disable();
    for log in [&log_before, &log_after] {
        assert_eq!(log.take(), [(Start, 0, 0, 0), (Stop, 0, 1, 0)]);
    }
    assert_eq!(Gc::strong_count(&new), 1);
}

/// Documented: old objects that young garbage held die with it, uncounted.
#[test]
fn g_33_young_garbage_holds_old_object() {
    fresh();
    let old = node();
    gc::collect();
    assert_eq!(listed_in(&old), [2]);
    let log = Log::new();
    let entries = log.clone();
    let weak = Gc::downgrade_with(&old, move || entries.push("old died"));
    let young = self_loop();
    link(&young, &old);
    drop((old, young));
    assert!(weak.upgrade().is_some() && log.is_empty());
    assert_eq!(gc::collect_generation(0), 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(log.entries(), ["old died"]);
    assert_eq!(gc::collect(), 0);
}

/// Documented: a cycle across generations is garbage only to a collection of them all.
#[test]
fn g_34_cycle_across_generations() {
    fresh();
    let old = node();
    gc::collect();
    let young = node();
    link(&old, &young);
    link(&young, &old);
    assert_eq!((listed_in(&old), listed_in(&young)), (vec![2], vec![0]));
    drop((old, young));
    assert_eq!(gc::collect_generation(0), 0);
    assert_eq!(gc::collect_generation(1), 0);
    assert_eq!(gc::collect(), 2);
}

/// setUpModule, tearDownModule: the switch is on at first and does not count.
#[test]
fn g_35_switch() {
    in_a_thread(|| {
        assert!(gc::is_enabled());
        gc::disable();
        gc::disable();
        assert!(!gc::is_enabled());
        gc::enable();
        assert!(gc::is_enabled());
        gc::enable();
        gc::disable();
        assert!(!gc::is_enabled());
    });
}

/// Whoever holds a pause has it, in whatever order pauses end.
#[test]
fn a_pause_ends_with_its_guard() {
    in_a_thread(|| {
        let (first, second) = (gc::pause(), gc::pause());
        assert!(!gc::is_enabled());
        drop(first);
        assert!(!gc::is_enabled());
        gc::enable();
        assert!(!gc::is_enabled());
        drop(second);
        assert!(gc::is_enabled());
    });
}

/// Objects whose value comes later count for the threshold as all others.
#[test]
fn objects_that_are_built_in_steps_start_collections() {
    fresh();
    gc::set_threshold((10, 100, 100));
    gc::enable();
    for _ in 0..100 {
        let edges = Slot::default();
        let node = Gc::new_cyclic(|_| Node { edges });
        link(&node, &node);
    }
    gc::disable();
    assert!(gc::objects(None).len() <= 11);
}

/// A hook that is dropped leaves the others alone.
#[test]
fn hooks_are_told_apart() {
    fresh();
    let ((_first, of_first), (second, of_second)) = (log_generations(), log_generations());
    drop(second);
    gc::collect();
    assert_eq!((of_first.len(), of_second.len()), (1, 0));
}

/// Values that never come make no objects.
#[test]
fn objects_that_are_never_built_are_not_counted() {
    fresh();
    let before = gc::count();
    let build = |_: &Weak<Node>| resume_unwind(Box::new(()));
    let built = catch_unwind(AssertUnwindSafe(|| Gc::new_cyclic(build)));
    assert!(built.is_err());
    drop(Gc::<Node>::new_uninit());
    assert_eq!(gc::count(), before);
}

/// Says which there are.
#[test]
fn a_generation_that_there_is_not() {
    let panic = catch_unwind(|| gc::collect_generation(3)).unwrap_err();
    let text = panic.downcast::<String>().unwrap();
    assert_eq!(*text, "there is no generation 3: they are 0, 1 and 2");
}
