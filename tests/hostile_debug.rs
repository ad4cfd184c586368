//! Saved garbage and freezing under user code that does its worst: what is not in
//! `shared/gc_debug_hostile.rs`, as it is of one thread, or of ephemerons.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread;

use gordian::gc::DebugFlags;
use gordian::weak::{WeakKeyMap, WeakSet, WeakValueMap};
use gordian::{Finalize, Gc, Trace, Weak, gc, weak};
use gordian_tests::{DropProbe, Drops, Log, fresh};

#[derive(Trace, Default)]
struct Node {
    edges: RefCell<Vec<Gc<Node>>>,
}

fn self_loop() -> Gc<Node> {
    let node = Gc::new(Node::default());
    node.edges.borrow_mut().push(node.clone());
    node
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
fn what_is_resurrected_where_all_is_frozen_is_frozen_too() {
    with_flags(DebugFlags::NONE, || {
        let drops = Drops::new();
        // Where epochs are few they are renumbered now and then, at times inside the finalizer.
        for round in 0..100 {
            let shelf: Rc<RefCell<Vec<Gc<Mortal>>>> = Rc::default();
            let weak: Rc<RefCell<Weak<Mortal>>> = Rc::new(RefCell::new(Weak::new()));
            let (of_deed, its_weak) = (shelf.clone(), weak.clone());
            let dead = mortal(&drops, move || {
                (0..=round % 5).for_each(|_| gc::freeze());
                of_deed.borrow_mut().extend(its_weak.borrow().upgrade());
            });
            *weak.borrow_mut() = Gc::downgrade(&dead);
            drop(dead);
            assert_eq!((gc::collect(), gc::freeze_count()), (0, 1));
            gc::unfreeze();
            assert_eq!(gc::objects(Some(2)).len(), 1);
            shelf.take();
            assert_eq!((gc::collect(), drops.count()), (1, round + 1));
        }
    });
}

/// Saved garbage is given up at the end of a long chain, in whose drop nothing more is dropped at once.
#[test]
fn saved_garbage_goes_with_the_last_of_many_objects() {
    #[derive(Trace)]
    struct Link {
        next: Option<Gc<Link>>,
        #[trace(skip)]
        _saved: Option<gc::Saved>,
    }

    with_flags(DebugFlags::SAVEALL, || {
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        assert_eq!(gc::collect(), 1);
        gc::set_debug(DebugFlags::NONE);
        let garbage = gc::garbage();
        let saved = garbage.iter().next().cloned();
        saved
            .as_ref()
            .unwrap()
            .downcast_ref::<Mortal>()
            .unwrap()
            .me
            .take();
        garbage.clear();
        let mut chain = None;
        for number in 0..10_000 {
            let _saved = saved.clone().filter(|_| number == 0);
            chain = Some(Gc::new(Link {
                next: chain,
                _saved,
            }));
        }
        drop(saved);
        assert_eq!(drops.count(), 0);
        drop(chain);
        assert_eq!((drops.count(), gc::objects(None).len()), (1, 0));
    });
}

/// When they run, what nothing but the list of saved garbage held is gone.
#[test]
fn saved_garbage_goes_before_the_finalizers_at_exit() {
    let log = Log::new();
    let seen = log.clone();
    with_flags(DebugFlags::SAVEALL, move || {
        let drops = Drops::new();
        drop(mortal(&drops, || ()));
        assert_eq!(gc::collect(), 1);
        gc::set_debug(DebugFlags::NONE);
        let garbage = gc::garbage();
        garbage[0].downcast_ref::<Mortal>().unwrap().me.take();
        weak::finalize(&self_loop(), move || seen.push(drops.count()));
    });
    assert_eq!(log.take(), [1]);
}

/// A panic at a thread's end would abort the process.
#[test]
fn a_sink_that_panics_when_it_goes_with_the_thread() {
    struct Bomb(Log<()>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.push(());
            resume_unwind(Box::new(()));
        }
    }

    let log = Log::new();
    let bomb = Bomb(log.clone());
    with_flags(DebugFlags::NONE, move || {
        let bomb = RefCell::new(Some(bomb));
        gc::set_debug_sink(move |_| assert!(bomb.borrow().is_some()));
    });
    assert_eq!(log.len(), 1);
}
