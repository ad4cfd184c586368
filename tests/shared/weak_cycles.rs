//! Weak handles and their callbacks where collections come in.

use std::mem::take;
use std::sync::Mutex;

use super::stage::{Log, Mortal, Node, Slot, fresh, leak, panic_of, state};
use super::{Gc, Shared, Trace, Weak, gc};

/// A weak handle that logs when its object is gone.
fn logging<T: Trace + 'static>(object: &Gc<T>, log: &Log, line: &'static str) -> Weak<T> {
    let log = log.clone();
    Gc::downgrade_with(object, move || log.add(line))
}

/// `ReferencesTestCase.test_callback_in_cycle`
#[test]
fn w_11_callback_in_cycle() {
    fresh();
    let log = Log::default();
    let (i, j) = (Node::new("i", &log), Node::new("j", &log));
    i.link(&i);
    i.link(&j);
    j.link(&j);
    i.watch(logging(&j, &log, "callback"));
    drop((i, j));
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take_sorted(), ["drop i", "drop j"]);
    assert_eq!(gc::collect(), 0);
}

/// `ReferencesTestCase.test_callback_reachable_one_way`
#[test]
fn w_12_callback_reachable_one_way() {
    fresh();
    let log = Log::default();
    let (c1, c2) = (Node::new("c1", &log), Node::new("c2", &log));
    c2.link(&c2);
    c2.link(&c1);
    c2.watch(logging(&c1, &log, "callback"));
    drop((c1, c2));
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take_sorted(), ["drop c1", "drop c2"]);
}

/// `ReferencesTestCase.test_callback_different_classes`
#[test]
fn w_13_callback_different_classes() {
    #[derive(Trace)]
    struct D {
        me: Slot<Gc<D>>,
        c1: Gc<Node>,
        wr: Weak<Node>,
    }
    fresh();
    let log = Log::default();
    let c1 = Node::new("c1", &log);
    let wr = logging(&c1, &log, "callback");
    let c2 = Gc::new(D {
        me: Slot::empty(),
        c1,
        wr,
    });
    c2.me.set(c2.clone());
    assert!(c2.wr.upgrade().is_some_and(|c1| Gc::ptr_eq(&c1, &c2.c1)));
    let weak = Gc::downgrade(&c2);
    drop(c2);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take(), ["drop c1"]);
    assert!(weak.upgrade().is_none());
}

/// `ReferencesTestCase.test_callback_in_cycle_resurrection`
#[test]
fn w_14_callback_in_cycle_resurrection() {
    #[derive(Trace)]
    struct Resurrected(Mutex<Vec<Gc<Node>>>);
    fresh();
    let log = Log::default();
    let resurrected = Gc::new(Resurrected(Mutex::default()));
    let class = Node::new("class", &log);
    class.link(&class);
    let (c1, c2) = (Node::new("c1", &log), Node::new("c2", &log));
    for (from, to) in [(&c1, &c2), (&c2, &c1)] {
        let (log, resurrected, me) = (log.clone(), resurrected.clone(), Gc::downgrade(from));
        from.link(to);
        from.link(&class);
        from.watch(Gc::downgrade_with(to, move || {
            log.add("inner");
            resurrected.0.lock().unwrap().extend(me.upgrade());
        }));
    }
    let outside = logging(&class, &log, "class went away");
    drop((c1, c2, class));
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    let lines = log.take();
    assert_eq!(lines[0], "class went away");
    let mut drops = lines[1..].to_vec();
    drops.sort();
    assert_eq!(drops, ["drop c1", "drop c2", "drop class"]);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
    assert!(resurrected.0.lock().unwrap().is_empty());
    assert!(outside.upgrade().is_none());
}

/// `ReferencesTestCase.test_callbacks_on_callback`
#[test]
fn w_15_callbacks_on_callback() {
    fresh();
    let log = Log::default();
    let callback = Node::new("callback", &log);
    let (c, d) = (Node::new("c", &log), Node::new("d", &log));
    for (from, to) in [(&c, &d), (&d, &c)] {
        from.link(to);
        from.link(&callback);
        let (log, object) = (log.clone(), Gc::downgrade(&callback));
        from.watch(Gc::downgrade_with(to, move || {
            log.add(format!("inner {}", state(&object)));
        }));
    }
    callback.link(&c);
    callback.watch(logging(&c, &log, "inner of the callback"));
    let outside = logging(&callback, &log, "outside");
    drop((c, d, callback));
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    let lines = log.take();
    assert_eq!(lines[0], "outside");
    let mut drops = lines[1..].to_vec();
    drops.sort();
    assert_eq!(drops, ["drop c", "drop callback", "drop d"]);
    assert!(outside.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// `ReferencesTestCase.test_gc_during_ref_creation`
#[test]
fn w_16_collections_while_weak_handles_are_made() {
    const ROUNDS: usize = 50;
    fresh();
    let log = Log::default();
    let referent = Node::new("referent", &log);
    let thresholds = gc::threshold();
    gc::set_threshold((1, 1, 1));
    gc::enable();
    for _ in 0..ROUNDS {
        let dead = Node::new("dead", &log);
        dead.link(&dead);
        dead.watch(logging(&referent, &log, "callback"));
        dead.watch(logging(&dead, &log, "own callback"));
        drop(dead);
        let fresh = Node::new("fresh", &log);
        let weak = logging(&fresh, &log, "fresh callback");
        assert!(weak.upgrade().is_some());
        drop((weak, fresh));
    }
    gc::disable();
    gc::set_threshold(thresholds);
    gc::collect();
    let lines = log.take_sorted();
    assert_eq!(lines[..ROUNDS], ["drop dead"; ROUNDS]);
    assert_eq!(lines[ROUNDS..], ["drop fresh"; ROUNDS]);
    assert_eq!(Gc::weak_count(&referent), 0);
    drop(referent);
    assert_eq!(log.take(), ["drop referent"]);
}

/// `ReferencesTestCase.test_classes`
#[test]
fn w_18_classes() {
    fresh();
    let log = Log::default();
    let class = Node::new("class", &log);
    class.link(&class);
    let weak = logging(&class, &log, "callback");
    assert!(
        weak.upgrade()
            .is_some_and(|upgraded| Gc::ptr_eq(&upgraded, &class))
    );
    drop(class);
    assert!(log.take().is_empty());
    assert!(weak.upgrade().is_some());
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(log.take(), ["callback", "drop class"]);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// `SubclassableWeakrefTestCase.test_subclass_refs_with_cycle`
#[test]
fn w_28_weak_that_holds_its_referent() {
    #[derive(Trace)]
    struct WeakFirst {
        weaks: Vec<Weak<Node>>,
        strong: Gc<Node>,
    }
    #[derive(Trace)]
    struct StrongFirst {
        strong: Gc<Node>,
        weaks: Vec<Weak<Node>>,
    }
    fresh();
    let log = Log::default();
    for count in [1, 2] {
        let make = || {
            let strong = Node::new("object", &log);
            let lines = ["first", "second"].into_iter().take(count);
            let weaks: Vec<_> = lines.map(|line| logging(&strong, &log, line)).collect();
            (strong, weaks)
        };

        let (strong, weaks) = make();
        let holder = WeakFirst { weaks, strong };
        assert_eq!(Gc::weak_count(&holder.strong), holder.weaks.len());
        drop(holder);
        assert_eq!(log.take(), ["drop object"]);
        let (strong, weaks) = make();
        drop(Gc::new(WeakFirst { weaks, strong }));
        assert_eq!(log.take(), ["drop object"]);

        let expected: &[&str] = if count == 1 {
            &["first", "drop object"]
        } else {
            &["second", "first", "drop object"]
        };
        let (strong, weaks) = make();
        let holder = StrongFirst { strong, weaks };
        assert_eq!(Gc::weak_count(&holder.strong), holder.weaks.len());
        drop(holder);
        assert_eq!(log.take(), expected);
        let (strong, weaks) = make();
        drop(Gc::new(StrongFirst { strong, weaks }));
        assert_eq!(log.take(), expected);
    }
    assert_eq!(gc::collect(), 0);
}

/// doc R1/R2
#[test]
fn w_35_finalizer_before_callback() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let object = Mortal::with("object", &log, None, |this| {
            this.log.add(format!(
                "in finalizer {}",
                state(&this.weaks.lock().unwrap()[0])
            ));
        });
        if cyclic {
            object.link(&object);
        }
        let plain = Gc::downgrade(&object);
        let _weak = Gc::downgrade_with(&object, {
            let log = log.clone();
            move || log.add(format!("callback {}", state(&plain)))
        });
        drop(object);
        assert_eq!(gc::collect(), usize::from(cyclic));
        let expected = [
            "fin object",
            "in finalizer Some",
            "callback None",
            "drop object",
        ];
        assert_eq!(log.take(), expected);
    }
}

/// doc
#[test]
fn w_36_no_callback_sees_garbage() {
    fresh();
    let log = Log::default();
    let ring = ["a", "b", "c"].map(|name| {
        Mortal::with(name, &log, None, |this| {
            for weak in this.weaks.lock().unwrap().iter() {
                this.log.add(format!("finalizer {}", state(weak)));
            }
        })
    });
    for (index, member) in ring.iter().enumerate() {
        member.link(&ring[(index + 1) % 3]);
        member.watch(Gc::downgrade(&ring[(index + 1) % 3]));
        member.watch(Gc::downgrade(&ring[(index + 2) % 3]));
    }
    let outside = ring.each_ref().map(|member| {
        let (log, weaks) = (log.clone(), ring.each_ref().map(Gc::downgrade));
        Gc::downgrade_with(member, move || {
            for weak in &weaks {
                log.add(format!("callback {}", state(weak)));
            }
        })
    });
    drop(ring);
    assert!(log.take().is_empty());
    assert_eq!(gc::collect(), 3);
    let lines = log.take();
    assert_eq!(lines.len(), 3 * 4 + 3 * 3 + 3);
    let seen = lines[..12]
        .iter()
        .filter(|line| *line == "finalizer Some")
        .count();
    assert_eq!(seen, 9, "{lines:?}");
    let mut finalized: Vec<_> = lines[..12]
        .iter()
        .filter(|line| line.starts_with("fin "))
        .collect();
    finalized.sort();
    assert_eq!(finalized, ["fin a", "fin b", "fin c"]);
    assert_eq!(lines[12..21], ["callback None"; 9]);
    let mut drops = lines[21..].to_vec();
    drops.sort();
    assert_eq!(drops, ["drop a", "drop b", "drop c"]);
    assert!(outside.iter().all(|weak| weak.upgrade().is_none()));
}

/// doc D3
#[test]
fn w_37_panic_in_the_middle_callback() {
    fresh();
    let log = Log::default();
    for cyclic in [false, true] {
        let object = Node::in_cycle("object", &log, cyclic);
        let weaks = ["first", "second", "third"].map(|name| {
            let log = log.clone();
            Gc::downgrade_with(&object, move || {
                log.add(name);
                if name == "second" {
                    std::panic::panic_any("the second panics");
                }
            })
        });
        let before = gc::stats()[2];
        if cyclic {
            drop(object);
            assert!(log.take().is_empty());
            assert_eq!(panic_of(gc::collect), "the second panics");
            let after = gc::stats()[2];
            assert_eq!(after.collections, before.collections + 1);
            assert_eq!(after.collected, before.collected + 1);
        } else {
            assert_eq!(panic_of(|| drop(object)), "the second panics");
        }
        assert_eq!(log.take(), ["third", "second", "first", "drop object"]);
        assert!(
            weaks
                .iter()
                .all(|weak| weak.upgrade().is_none() && !weak.has_callback())
        );
        assert_eq!(gc::collect(), 0);
    }
}

/// doc
#[test]
fn w_38_weak_in_garbage_to_a_live_object() {
    fresh();
    let log = Log::default();
    let alive = Node::new("alive", &log);
    let dead = Node::new("dead", &log);
    dead.link(&dead);
    dead.watch(logging(&alive, &log, "callback"));
    drop(dead);
    assert_eq!(Gc::weak_count(&alive), 1);
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.take(), ["drop dead"]);
    assert_eq!(Gc::weak_count(&alive), 0);
    drop(alive);
    assert_eq!(log.take(), ["drop alive"]);
    assert_eq!(gc::collect(), 0);
    assert!(log.take().is_empty());
}

/// doc D7
#[test]
fn w_39_callback_that_holds_its_referent() {
    fresh();
    let log = Log::default();
    let object = Node::new("object", &log);
    let weak = Gc::downgrade_with(&object, {
        let object = object.clone();
        move || leak(object)
    });
    drop(object);
    assert_eq!(gc::collect(), 0);
    assert_eq!((state(&weak), weak.strong_count()), ("Some", 1));
    assert!(weak.has_callback());
    assert!(log.take().is_empty());
    drop(weak);
    assert_eq!(log.take(), ["drop object"]);
    assert_eq!(gc::collect(), 0);
}

/// The callbacks of garbage are due when its weak handles end, before the first of them runs.
#[test]
fn a_callback_drops_weak_handles_whose_callbacks_are_due() {
    fresh();
    let log = Log::default();
    let weaks = Shared::new(Mutex::new(Vec::new()));
    for name in ["a", "b"] {
        let node = Node::new(name, &log);
        node.link(&node);
        let (log, all) = (log.clone(), weaks.clone());
        let weak = Gc::downgrade_with(&node, move || {
            log.add("callback");
            drop(take(&mut *all.lock().unwrap()));
        });
        weaks.lock().unwrap().push(weak);
    }
    assert_eq!(gc::collect(), 2);
    let lines = ["callback", "callback", "drop a", "drop b"];
    assert_eq!(log.take_sorted(), lines);
}
