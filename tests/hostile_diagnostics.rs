//! Diagnostics in the wrong moment: under loans, panics and hooks.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::thread;

use gordian::trace::{Facts, Tracer};
use gordian::weak::{ByIdentity, WeakKeyMap};
use gordian::{Gc, Trace, gc};
use gordian_tests::fresh;

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

impl Grenade {
    /// One that is told to panic.
    fn armed(content: &Gc<Node>) -> Self {
        Self {
            pin: Cell::new(true),
            content: content.clone(),
        }
    }
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
    let picture = gc::dot(&[&listed, &held], 2);
    assert_eq!(
        (
            picture.matches("style=bold").count(),
            picture.matches(" -> ").count()
        ),
        (2, 0)
    );
    assert!(listed.why_alive().is_some_and(|why| why.path().is_empty()));
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
    let grenade = Gc::new(Grenade::armed(&content));
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
        let grenade = Gc::new(Grenade::armed(&content));
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
        let grenade = Gc::new(Grenade::armed(&content));
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

#[test]
fn freezing_in_the_panic_hook_of_a_look() {
    let test = || {
        fresh();
        let content = Gc::new(Node::default());
        let grenade = Gc::new(Grenade::armed(&content));
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

/// A value that leads back to its key, and is being read when its `trace` panics, is not garbage for
/// the collection that the panic hook begins: it is dropped after that.
#[test]
fn a_collection_in_the_midst_of_reading_a_value_leaves_it_alone() {
    type Map = WeakKeyMap<Node, Grenade, std::hash::RandomState, ByIdentity>;
    let test = |reads_all: bool| {
        fresh();
        let map = Rc::new(Map::default());
        let key = Gc::new(Node::default());
        map.insert(&key, Grenade::armed(&key));
        let found = Rc::new(Cell::new(None));
        let deed = {
            let (map, found) = (map.clone(), found.clone());
            move || {
                map.values().for_each(|value| value.pin.set(false));
                found.set(Some(gc::collect()));
            }
        };
        with_panic_hook(deed, || {
            if reads_all {
                drop(key);
                let read = AssertUnwindSafe(|| Tracer::edges_of(&*map));
                assert!(panic::catch_unwind(read).is_err());
            } else {
                // The end of a loan that a look has left out reads the value.
                let lent = map.get(&key);
                drop(key);
                assert_eq!(gc::collect(), 0);
                drop(lent);
            }
        });
        assert_eq!((found.get(), map.len()), (Some(0), 1));
        if !reads_all {
            assert_eq!(gc::collect(), 1, "it is looked at again");
        }
        // Without a look since, somebody has to ask for one.
        map.keys().for_each(drop);
        gc::collect();
        assert_eq!((map.len(), gc::objects(None).len()), (0, 0));
    };
    for reads_all in [true, false] {
        thread::spawn(move || test(reads_all)).join().unwrap();
    }
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

/// A loan has ended for certain when there has been another handle since.
#[test]
fn what_was_lent_is_looked_into_again() {
    fresh();
    let held = Gc::new(Node::default());
    let mut holder = Gc::new(vec![held.clone()]);
    Gc::get_mut(&mut holder).unwrap().push(held.clone());
    assert!(gc::referrers(&[&held]).is_empty());
    drop(holder.clone());
    assert!(gc::referrers(&[&held])[0].ptr_eq(&holder));
}
