//! Diagnostics in the wrong moment: under loans, panics and hooks.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::thread;

use gordian::gc::DebugFlags;
use gordian::trace::{Facts, Tracer};
use gordian::weak::{ByIdentity, WeakKeyMap, WeakSet, WeakValueMap};
use gordian::{Finalize, Gc, Trace, Weak, gc};
use gordian_tests::{DropProbe, Drops, fresh};

#[derive(Trace, Default)]
struct Node {
    edges: RefCell<Vec<Gc<Node>>>,
}

fn self_loop() -> Gc<Node> {
    let node = Gc::new(Node::default());
    node.edges.borrow_mut().push(node.clone());
    node
}

/// Reports a handle, and panics after that if it is told to.
struct Grenade {
    pin: Cell<bool>,
    content: Gc<Node>,
}

// SAFETY: one handle, owned alone, reported once; the panic ends the call at once.
unsafe impl Trace for Grenade {
    fn trace(&self, tracer: &mut Tracer) {
        self.content.trace(tracer);
        assert!(!self.pin.get(), "a grenade");
    }

    fn facts(_: gordian::trace::Depth) -> Facts {
        Facts::HANDLE
    }
}

thread_local! {
    /// What the panic hook does on this thread.
    static HOOK: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Runs `test` on a thread of its own, where `deed` is what a panic hook does.
fn with_panic_hook(deed: impl Fn() + 'static, test: impl FnOnce()) {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let deed = HOOK.with(|hook| hook.borrow().clone());
        match deed {
            Some(deed) => deed(),
            None => previous(info),
        }
    }));
    HOOK.with(|hook| *hook.borrow_mut() = Some(Rc::new(deed)));
    test();
    HOOK.with(|hook| *hook.borrow_mut() = None);
}

#[test]
fn a_loan_is_not_looked_into() {
    fresh();
    let held = Gc::new(Node::default());
    let mut holder = Gc::new(vec![held.clone()]);
    let listed = gc::referrers(&[&held]).remove(0);
    let lent = Gc::get_mut(&mut holder).unwrap();
    lent.push(held.clone());
    assert!(gc::referrers(&[&held]).is_empty());
    assert!(listed.referents().is_empty());
    lent.push(held.clone());
    // The loan has ended, but nobody can know, until the handle is met or shown.
    assert_eq!(gc::referents(&[&holder]).len(), 3);
    assert!(gc::referrers(&[&held]).is_empty());
    let shelf = Gc::new(RefCell::new(Some(holder)));
    assert_eq!(gc::referrers(&[&held]).len(), 1);
    // While it is lent again by way of the shelf, it cannot be met.
    let mut shelved = shelf.borrow_mut();
    let lent = Gc::get_mut(shelved.as_mut().unwrap()).unwrap();
    assert!(gc::referrers(&[&held]).is_empty());
    lent.clear();
    drop(shelved);
    assert!(gc::referrers(&[&held]).is_empty());
}

#[test]
fn a_value_whose_trace_panics_holds_nothing() {
    fresh();
    let content = Gc::new(Node::default());
    let grenade = Gc::new(Grenade {
        pin: Cell::new(true),
        content: content.clone(),
    });
    let other = Gc::new((content.clone(), 1));
    let holders = gc::referrers(&[&content]);
    assert_eq!(holders.len(), 1);
    assert!(holders[0].ptr_eq(&other));
    assert!(gc::referents(&[&grenade]).is_empty());
    grenade.pin.set(false);
    assert_eq!(gc::referrers(&[&content]).len(), 2);
    assert_eq!(gc::referents(&[&grenade]).len(), 1);
}

/// What a panic hook drops.
type Victim = Gc<(Gc<Node>, String)>;

#[test]
fn a_panic_hook_in_a_walk_collects_drops_and_asks_back() {
    let test = || {
        fresh();
        let content = Gc::new(Node::default());
        let victims: Rc<RefCell<Vec<Victim>>> = Rc::default();
        let lent = Rc::new(RefCell::new(Gc::new((content.clone(), 1))));
        let answers: Rc<RefCell<Vec<(usize, bool, bool)>>> = Rc::default();
        let deed = {
            let (victims, lent) = (victims.clone(), lent.clone());
            let (answers, content) = (answers.clone(), content.clone());
            move || {
                drop(victims.take());
                let collected = gc::collect();
                let is_unique = Gc::get_mut(&mut lent.borrow_mut()).is_some();
                let listed = !gc::referrers(&[&content]).is_empty();
                answers.borrow_mut().push((collected, is_unique, listed));
            }
        };
        let grenade = Gc::new(Grenade {
            pin: Cell::new(true),
            content: content.clone(),
        });
        let name = |number: i32| format!("a name that is on the heap, {number}");
        *victims.borrow_mut() = (0..100)
            .map(|number| Gc::new((content.clone(), name(number))))
            .collect();
        drop(self_loop());
        // In the midst of a hook no panic is raised: the grenade explodes once.
        let once = Rc::new(Cell::new(true));
        let deed = {
            let grenade = grenade.clone();
            move || {
                if once.replace(false) {
                    grenade.pin.set(false);
                    deed();
                }
            }
        };
        with_panic_hook(deed, || {
            let holders = gc::referrers(&[&content]);
            // What was dropped in the midst of it is gone now, whether it was listed or not.
            assert!(!holders.is_empty());
        });
        assert_eq!(*answers.borrow(), [(0, false, true)]);
        assert_eq!(gc::referrers(&[&content]).len(), 2);
        assert_eq!(Gc::strong_count(&content), 3);
        assert!(Gc::get_mut(&mut lent.borrow_mut()).is_some());
        assert_eq!(gc::collect(), 1);
    };
    thread::spawn(test).join().unwrap();
}

#[test]
fn a_walk_inside_a_look_leaves_what_was_dropped_to_the_look() {
    let test = || {
        fresh();
        let content = Gc::new(Node::default());
        let grenade = Gc::new(Grenade {
            pin: Cell::new(true),
            content: content.clone(),
        });
        let victim = Rc::new(RefCell::new(Some(Gc::new(vec![self_loop(); 3]))));
        let seen = Rc::new(Cell::new(0));
        let deed = {
            let (victim, grenade, seen) = (victim.clone(), grenade.clone(), seen.clone());
            move || {
                grenade.pin.set(false);
                drop(victim.take());
                seen.set(gc::referrers(&[&grenade.content]).len());
            }
        };
        drop(grenade.clone()); // A candidate.
        with_panic_hook(deed, || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(gc::collect));
            assert!(outcome.is_err());
        });
        assert_eq!(seen.get(), 1);
        // The look begins anew, and finds what the hook gave up.
        assert_eq!(gc::stats()[2].collected, 1);
        assert_eq!(gc::collect(), 0);
    };
    thread::spawn(test).join().unwrap();
}

/// An object in a loop, whose finalizer does something.
#[derive(Trace)]
#[trace(finalize)]
struct Mortal {
    me: RefCell<Option<Gc<Mortal>>>,
    #[trace(skip)]
    deed: Box<dyn Fn()>,
    probe: DropProbe,
}

impl Finalize for Mortal {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        (self.deed)();
    }
}

fn mortal(drops: &Drops, deed: impl Fn() + 'static) -> Gc<Mortal> {
    let this = Gc::new(Mortal {
        me: RefCell::default(),
        deed: Box::new(deed),
        probe: drops.probe(),
    });
    *this.me.borrow_mut() = Some(this.clone());
    this
}

/// Runs `test` on a thread of its own, with these flags.
fn with_flags(flags: DebugFlags, test: impl FnOnce() + Send + 'static) {
    let test = move || {
        fresh();
        gc::set_debug(flags);
        test();
    };
    thread::spawn(test).join().unwrap();
}

#[test]
fn a_sink_panics() {
    with_flags(DebugFlags::LEAK | DebugFlags::STATS, || {
        gc::set_debug_sink(|line| panic!("{line}"));
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        let panic = panic::catch_unwind(gc::collect).unwrap_err();
        let message: &String = panic.downcast_ref().unwrap();
        assert_eq!(message, "gc: collecting generation 2...");
        assert_eq!((gc::garbage().len(), drops.count()), (1, 0));
        gc::reset_debug_sink();
        gc::set_debug(DebugFlags::NONE);
        gc::garbage().clear();
        assert_eq!((gc::collect(), drops.count()), (1, 1));
    });
}

#[test]
fn a_sink_resurrects_drops_collects_and_replaces_itself() {
    with_flags(DebugFlags::COLLECTABLE | DebugFlags::STATS, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let other = mortal(&drops, || ());
        let weak = Gc::downgrade(&dead);
        let shelf: Rc<RefCell<Vec<Gc<Mortal>>>> = Rc::default();
        let extra = Rc::new(RefCell::new(Some(self_loop())));
        gc::set_debug_sink({
            let shelf = shelf.clone();
            move |line| {
                if line.starts_with("gc: collectable") {
                    assert_eq!(gc::collect(), 0);
                    shelf.borrow_mut().extend(weak.upgrade());
                    drop(extra.take());
                    gc::set_debug_sink(|_| ());
                }
            }
        });
        drop((dead, other));
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        let dead = shelf.take().remove(0);
        assert!(gc::is_finalized(&dead) && dead.probe.is_intact());
        drop(dead);
        // What the sink dropped, and what it brought back.
        assert_eq!((gc::collect(), drops.count()), (2, 2));
    });
}

#[test]
fn a_sink_sees_the_whole_garbage_though_it_has_nothing_to_finalize() {
    with_flags(DebugFlags::COLLECTABLE, || {
        let weak: Rc<RefCell<Weak<Node>>> = Rc::new(RefCell::new(Weak::new()));
        let kept: Rc<RefCell<Option<Gc<Node>>>> = Rc::default();
        gc::set_debug_sink({
            let (weak, kept) = (weak.clone(), kept.clone());
            move |_| *kept.borrow_mut() = weak.borrow().upgrade()
        });
        let dead = self_loop();
        let peer = Gc::new(Node::default());
        dead.edges.borrow_mut().push(peer.clone());
        *weak.borrow_mut() = Gc::downgrade(&dead);
        drop((dead, peer));
        assert_eq!(gc::collect(), 0);
        let dead = kept.take().unwrap();
        assert!(dead.edges.borrow()[1].edges.borrow().is_empty());
        gc::set_debug(DebugFlags::NONE);
        drop(dead);
        assert_eq!(gc::collect(), 2);
    });
}

#[test]
fn garbage_is_cleared_inside_a_finalizer() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        assert_eq!((gc::collect(), gc::garbage().len()), (1, 1));
        drop(mortal(&drops, || gc::garbage().clear()));
        drop(mortal(&drops, || gc::garbage().clear()));
        assert_eq!(gc::collect(), 2);
        assert_eq!((gc::garbage().len(), drops.count()), (2, 0));
        gc::set_debug(DebugFlags::NONE);
        // The first one is garbage again, and now it goes.
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        gc::garbage().clear();
        assert_eq!((gc::collect(), drops.count()), (2, 3));
    });
}

#[test]
fn a_copy_of_the_garbage_keeps_it() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let weak = Gc::downgrade(&dead);
        drop(dead);
        gc::collect();
        gc::set_debug(DebugFlags::NONE);
        let copy = gc::garbage()[0].clone();
        let object: &Mortal = copy.downcast_ref().unwrap();
        gc::garbage().clear();
        drop(object.me.take());
        assert_eq!((gc::collect(), drops.count()), (0, 0));
        assert!(object.probe.is_intact() && weak.upgrade().is_none());
        drop(copy); // By counting now.
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn garbage_is_saved_twice_and_its_weak_handles_die_each_time() {
    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        let dead = mortal(&drops, || ());
        let mut weaks = vec![Gc::downgrade(&dead)];
        drop(dead);
        for round in 1..4 {
            assert_eq!(gc::collect(), 1);
            assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
            let garbage = gc::garbage();
            assert_eq!(garbage.len(), 1);
            let object: &Mortal = garbage[0].downcast_ref().unwrap();
            let handle = object.me.borrow().clone().unwrap();
            weaks.push(Gc::downgrade(&handle));
            let unsized_weak = gordian::unsize!(Gc::downgrade(&handle) => dyn Trace);
            assert!(unsized_weak.upgrade().is_some());
            assert!(weaks[round].clone().upgrade().is_some());
            assert_eq!(weaks[..round].iter().filter_map(Weak::upgrade).count(), 0);
            drop(handle);
            garbage.clear();
        }
        gc::set_debug(DebugFlags::NONE);
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        assert!(weaks.iter().all(|weak| weak.upgrade().is_none()));
    });
}

#[test]
fn saved_garbage_keeps_its_callbacks_on_others() {
    with_flags(DebugFlags::SAVEALL, || {
        type Watching = (RefCell<Option<Gc<Watcher>>>, RefCell<Vec<Weak<Node>>>);
        #[derive(Trace)]
        struct Watcher(Watching);

        let called = Rc::new(Cell::new(0));
        let count = || {
            let called = called.clone();
            move || called.set(called.get() + 1)
        };
        let watched = Gc::new(Node::default());
        let dead = self_loop();
        let watcher = Gc::new(Watcher(Watching::default()));
        *watcher.0.0.borrow_mut() = Some(watcher.clone());
        let weaks = [
            Gc::downgrade_with(&watched, count()),
            Gc::downgrade_with(&dead, count()),
        ];
        watcher.0.1.borrow_mut().extend(weaks);
        drop((watcher, dead));
        // Both are garbage: the callback on the dead one is called off for good.
        assert_eq!((gc::collect(), called.get()), (2, 0));
        assert_eq!(gc::garbage().len(), 2);
        drop(watched);
        assert_eq!(called.get(), 1);
        gc::set_debug(DebugFlags::NONE);
        gc::garbage().clear();
        assert_eq!((gc::collect(), called.get()), (2, 1));
    });
}

#[test]
fn a_thread_ends_with_saved_and_frozen_garbage() {
    let drops = Drops::new();
    let of_thread = drops.clone();
    with_flags(DebugFlags::SAVEALL, move || {
        drop(mortal(&of_thread, || ()));
        assert_eq!(gc::collect(), 1);
        let last = mortal(&of_thread, gc::freeze);
        gc::freeze();
        drop((last, mortal(&of_thread, || gc::set_debug(DebugFlags::LEAK))));
        gc::set_debug_sink(|_| ());
    });
    assert_eq!(drops.count(), 3);
}

#[test]
fn freezing_inside_finalizers_and_hooks() {
    with_flags(DebugFlags::NONE, || {
        let drops = Drops::new();
        let kept = self_loop();
        drop(mortal(&drops, gc::freeze));
        assert_eq!((gc::collect(), drops.count()), (1, 1));
        assert_eq!(gc::freeze_count(), 1);
        drop(mortal(&drops, gc::unfreeze));
        assert_eq!((gc::collect(), drops.count()), (1, 2));
        assert_eq!(gc::freeze_count(), 0);

        // What a hook freezes before the collection begins is not found.
        let hook = gc::on_collect(|event| match event.phase {
            gc::EventPhase::Start => gc::freeze(),
            gc::EventPhase::Stop => (),
        });
        drop((kept, mortal(&drops, || ())));
        assert_eq!((gc::collect(), gc::freeze_count()), (0, 2));
        drop(hook);
        gc::unfreeze();
        assert_eq!((gc::collect(), drops.count()), (2, 3));

        // Through many epochs, so that they are renumbered where they are few.
        let frozen = mortal(&drops, || (0..100).for_each(|_| gc::freeze()));
        gc::freeze();
        let young: Vec<Gc<Node>> = (0..100)
            .map(|_| {
                gc::collect_generation(0);
                Gc::new(Node::default())
            })
            .collect();
        assert_eq!((gc::freeze_count(), gc::objects(None).len()), (1, 100));
        drop(frozen);
        gc::unfreeze();
        assert_eq!((gc::collect(), drops.count()), (1, 4));
        assert_eq!(gc::freeze_count(), 100);
        gc::unfreeze();
        assert_eq!(gc::objects(Some(2)).len(), young.len());
    });
}

#[test]
fn freezing_in_the_panic_hook_of_a_look() {
    let test = || {
        fresh();
        let content = Gc::new(Node::default());
        let grenade = Gc::new(Grenade {
            pin: Cell::new(true),
            content: content.clone(),
        });
        let (dead, of_hook) = (self_loop(), grenade.clone());
        drop((dead, grenade.clone()));
        let deed = move || {
            of_hook.pin.set(false);
            gc::freeze();
        };
        with_panic_hook(deed, || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(gc::collect));
            assert!(outcome.is_err());
        });
        assert_eq!((gc::freeze_count(), gc::collect()), (3, 0));
        gc::unfreeze();
        assert_eq!(gc::collect(), 1);
        assert_eq!(Gc::strong_count(&content), 2);
    };
    thread::spawn(test).join().unwrap();
}

/// A node by its address.
#[derive(Trace)]
struct Key(RefCell<Vec<Gc<Key>>>, #[trace(skip)] u32);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.1.hash(state);
    }
}

fn looped_key(number: u32) -> Gc<Key> {
    let key = Gc::new(Key(RefCell::default(), number));
    key.0.borrow_mut().push(key.clone());
    key
}

#[test]
fn saved_garbage_leaves_weak_collections_and_may_enter_them_again() {
    with_flags(DebugFlags::SAVEALL, || {
        let values: WeakValueMap<u32, Key> = WeakValueMap::new();
        let keys: WeakKeyMap<Key, Gc<Key>> = WeakKeyMap::new();
        let set: WeakSet<Key> = WeakSet::new();
        let enter = |key: &Gc<Key>| {
            values.insert(1, key);
            // The value holds its own key, and another object.
            key.0.borrow_mut().push(looped_key(2));
            keys.insert(key, key.clone());
            set.insert(key);
            (values.len(), keys.len(), set.len())
        };
        let key = looped_key(1);
        assert_eq!(enter(&key), (1, 1, 1));
        drop(key);
        assert_eq!(gc::collect(), 2);
        assert_eq!((values.len(), keys.len(), set.len()), (0, 0, 0));
        let garbage = gc::garbage();
        let saved = |number| {
            let saved = garbage
                .iter()
                .filter_map(|saved| saved.downcast_ref::<Key>());
            let mut found = saved.filter(|key: &&Key| key.1 == number);
            found.next().unwrap().0.borrow()[0].clone()
        };
        let key = saved(1);
        assert_eq!(key.0.borrow()[1].1, 2);
        assert_eq!(enter(&key), (1, 1, 1));
        assert!(Gc::ptr_eq(&values.get(&1).unwrap(), &key));
        assert!(keys.get(&key).is_some_and(|value| Gc::ptr_eq(&value, &key)));
        assert!(set.get(&key).is_some());
        gc::set_debug(DebugFlags::NONE);
        drop(key);
        garbage.clear();
        assert_eq!(values.len(), 1);
        assert_eq!(gc::collect(), 3);
        assert_eq!((values.len(), keys.len(), set.len()), (0, 0, 0));
        assert_eq!(gc::collect(), 0);
    });
}

#[test]
fn walks_see_what_weak_collections_hold_strongly() {
    fresh();
    let (held, key) = (Gc::new(Node::default()), Gc::new(Node::default()));
    let map: Gc<WeakKeyMap<Node, Gc<Node>, std::hash::RandomState, ByIdentity>> =
        Gc::new(WeakKeyMap::default());
    map.insert(&key, held.clone());
    let holders = gc::referrers(&[&held]);
    assert_eq!(holders.len(), 1);
    assert!(holders[0].ptr_eq(&map) && gc::referrers(&[&key]).is_empty());
    assert!(gc::why_alive(&held).path()[0].holder().ptr_eq(&map));
}
