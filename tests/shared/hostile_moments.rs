//! Everything that user code may do, at every moment at which it runs. What it meets is alive, and what it
//! does leaves the heap in order.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use gordian::gc::DebugFlags;
use gordian::unsize;
use gordian_tests::{DropProbe, Drops, Place};

use super::weak::{WeakKeyMap, WeakSet, WeakValueMap};
use super::{Call, Finalize, Gc, Slot, Trace, Weak, closure, fresh, gc, in_a_thread, weak};

/// What everything is made of. Its finalizer and its destructor are moments.
#[derive(Trace)]
#[trace(finalize)]
struct Node {
    edges: Slot<Vec<Gc<Node>>>,
    me: Slot<Weak<Node>>,
    _key: Key,
    probe: DropProbe,
}

impl Finalize for Node {
    fn finalize(&self) {
        assert!(self.probe.is_intact());
        act();
        assert!(self.probe.is_intact());
    }
}

/// A leaf all of whose methods are moments, and whose hashes are all the same.
#[derive(Trace)]
#[trace(leaf)]
struct Key(u32);

impl Hash for Key {
    fn hash<H: Hasher>(&self, _: &mut H) {
        act();
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        act();
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Clone for Key {
    fn clone(&self) -> Self {
        act();
        Self(self.0)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        act();
    }
}

/// What there is beside the moment.
struct World {
    drops: Drops,
    made: Cell<usize>,
    live: Gc<Node>,
    /// An object that has no other handle, of either kind.
    alone: RefCell<Option<Gc<Vec<Gc<Node>>>>>,
    /// Weak handles to all that was made since the last check.
    weaks: RefCell<Vec<Weak<Node>>>,
    shelf: RefCell<Vec<Gc<Node>>>,
    keys: WeakKeyMap<Key, Gc<Node>>,
    values: WeakValueMap<Key, Node>,
    set: WeakSet<Key>,
}

impl World {
    fn new() -> Self {
        let (drops, made) = (Drops::new(), Cell::new(0));
        let live = make(&drops, &made);
        live.edges.with(|edges| edges.push(live.clone()));
        Self {
            drops,
            made,
            alone: RefCell::new(Some(Gc::new(vec![live.clone()]))),
            live,
            weaks: RefCell::default(),
            shelf: RefCell::default(),
            keys: WeakKeyMap::new(),
            values: WeakValueMap::new(),
            set: WeakSet::new(),
        }
    }

    fn node(&self) -> Gc<Node> {
        let node = make(&self.drops, &self.made);
        let weak = Gc::downgrade_with(&node, act);
        self.weaks.borrow_mut().push(weak);
        weak::finalize(&node, act);
        node
    }

    /// A ring whose members hold each other twice.
    fn ring(&self) -> Gc<Node> {
        let ring: Vec<_> = (0..3).map(|_| self.node()).collect();
        for node in &ring {
            node.edges.with(|edges| edges.extend(ring.iter().cloned()));
        }
        ring[0].clone()
    }
}

fn make(drops: &Drops, made: &Cell<usize>) -> Gc<Node> {
    made.set(made.get() + 1);
    let (edges, me) = (Slot::default(), Slot::default());
    let node = Gc::new(Node {
        edges,
        me,
        _key: Key(0),
        probe: drops.probe(),
    });
    node.me.put(Gc::downgrade(&node));
    node
}

type Deed = fn(&World);

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
    /// What is to be done, and how many moments are to pass before.
    static DUE: Cell<Option<(Deed, usize)>> = const { Cell::new(None) };
}

/// A moment: something is done, if it is due.
fn act() {
    match DUE.take() {
        Some((deed, 0)) => {
            let world = WORLD.with_borrow(Clone::clone);
            deed(&world.expect("it is there before anything is due"));
        }
        Some((deed, moments)) => DUE.set(Some((deed, moments - 1))),
        None => {}
    }
}

const DEEDS: [Deed; 20] = [
    |world| drop(world.ring()),
    |world| world.shelf.borrow_mut().push(world.ring()),
    |_| _ = gc::collect(),
    |_| _ = gc::collect_generation(0),
    |_| gc::shutdown(),
    |_| gc::freeze(),
    |_| {
        gc::set_debug(DebugFlags::SAVEALL);
        gc::garbage().clear();
    },
    |world| {
        let found = gc::objects(None);
        assert!(found.iter().any(|object| object.ptr_eq(&world.live)));
        found.iter().for_each(|object| drop(object.referents()));
        let _ = (gc::referrers(&[&world.live]), gc::dot(&[], 3), gc::count());
        let _ = gc::why_alive(&world.live).to_string();
    },
    // What has not been given up is there, and what is being given up may be brought back, or not.
    |world| {
        for weak in &*world.weaks.borrow() {
            assert!(weak.upgrade().is_none_or(|node| node.probe.is_intact()));
        }
    },
    |world| {
        let weaks = world.weaks.borrow();
        let found = weaks.iter().filter_map(Weak::upgrade);
        world.shelf.borrow_mut().extend(found);
    },
    |world| {
        let found: Vec<_> = world
            .weaks
            .borrow()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        found.iter().for_each(|node| drop(node.edges.pull()));
    },
    |world| {
        for mut node in world.weaks.borrow().iter().filter_map(Weak::upgrade) {
            assert!(Gc::get_mut(&mut node).is_none(), "it has weak handles");
        }
    },
    |world| {
        for node in world.weaks.borrow().iter().filter_map(Weak::upgrade) {
            let is_held = Gc::strong_count(&node) > 1 || gc::is_finalized(&node);
            if let Ok(value) = Gc::try_unwrap(node) {
                assert!(!is_held && value.probe.is_intact());
            }
        }
    },
    |world| {
        let mut alone = world.alone.take().unwrap();
        Gc::get_mut(&mut alone).unwrap().push(world.live.clone());
        Gc::make_mut(&mut alone).pop();
        let weak = Gc::downgrade(&alone);
        Gc::make_mut(&mut alone).reserve(9);
        assert!(weak.upgrade().is_none());
        world.alone.replace(Gc::into_inner(alone).map(Gc::new));
    },
    |world| {
        let key = Gc::new(Key(1));
        world.keys.insert(&key, world.ring());
        world.values.insert(Key(1), &world.live);
        world.set.insert(&key);
    },
    |world| {
        let _ = (world.keys.pop(), world.values.pop(), world.set.pop());
        world.keys.retain(|_, node| node.probe.is_intact());
        world.keys.clear();
        world.values.clear();
        world.set.clear();
    },
    |world| {
        let live = world.live.clone();
        let body = closure!([live] || -> bool { live.probe.is_intact() });
        let body = unsize!(Gc::new(body) => function!(() => bool));
        assert!(body.call(()));
        body.close();
    },
    |world| {
        let raw = Gc::into_raw(world.ring());
        let brought_back = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: from `into_raw`, once.
            let _ring = unsafe { Gc::from_raw(raw) };
            resume_unwind(Box::new("as planned"));
        }));
        assert!(brought_back.is_err());
    },
    |world| {
        let built = catch_unwind(AssertUnwindSafe(|| {
            Gc::new_cyclic(|me: &Weak<Vec<Gc<Node>>>| {
                assert!(me.upgrade().is_none());
                gc::collect();
                drop(world.ring());
                resume_unwind(Box::new("as planned"));
            })
        }));
        assert!(built.is_err());
    },
    |_| resume_unwind(Box::new("as planned")),
];

const MOMENTS: [Deed; 15] = [
    |world| drop(world.node()),
    |world| {
        drop(world.ring());
        gc::collect();
    },
    |world| {
        drop(world.ring());
        gc::collect_generation(0);
    },
    // Beyond the depth at which objects wait.
    |world| {
        let chain = (0..40).fold(world.node(), |next, _| {
            let node = world.node();
            node.edges.put(vec![next]);
            node
        });
        drop(chain);
    },
    |world| {
        drop(world.ring());
        gc::set_debug(DebugFlags::SAVEALL);
        gc::collect();
        gc::garbage().clear();
        gc::set_debug(DebugFlags::NONE);
        gc::collect();
    },
    |world| {
        let _hook = gc::on_collect(|_| act());
        gc::set_debug_sink(|_| act());
        gc::set_debug(DebugFlags::COLLECTABLE | DebugFlags::STATS);
        drop(world.ring());
        gc::collect();
    },
    |world| {
        let keys = [1, 2, 3].map(|number| Gc::new(Key(number)));
        for key in &keys {
            world.keys.insert(key, world.ring());
        }
        drop(world.keys.get(&Gc::new(Key(2))));
        drop(world.keys.entry(&keys[1]).or_insert_with(|| world.node()));
        world.keys.retain(|key, _| {
            act();
            key.0 != 2
        });
        world.keys.iter().for_each(|_| act());
        drop(world.keys.remove(&keys[0]));
    },
    |world| {
        let node = world.ring();
        for number in [1, 2, 3, 2] {
            world.values.insert(Key(number), &node);
        }
        drop(world.values.get(&Key(2)));
        world.values.iter().for_each(|_| act());
        drop(world.values.remove(&Key(1)));
        drop(node);
        gc::collect();
    },
    |world| {
        let members = [1, 2, 3, 2].map(|number| Gc::new(Key(number)));
        members.iter().for_each(|key| _ = world.set.insert(key));
        drop(world.set.take(&Gc::new(Key(2))));
        assert!(world.set.clone().len() <= members.len() + 1);
    },
    |world| {
        let cyclic = Gc::new_cyclic(|me: &Weak<(Weak<Key>, Key)>| {
            drop((world.ring(), Weak::<Key>::new()));
            act();
            assert!(me.upgrade().is_none(), "there is no value yet");
            (Weak::new(), Key(1))
        });
        act();
        assert_eq!(cyclic.1.0, 1);
    },
    |_| {
        let elements = std::iter::from_fn(|| {
            act();
            Some(Key(1))
        });
        let slice: Gc<[Key]> = elements.take(5).collect();
        let copy: Gc<[Key]> = Gc::from(&*slice);
        assert_eq!((slice.len(), copy.len()), (5, 5));
    },
    |_| {
        let mut key = Gc::new((Key(1), Vec::<Gc<Key>>::new()));
        let other = key.clone();
        Gc::make_mut(&mut key).0.0 = 2;
        assert_eq!((key.0.0, other.0.0), (2, 1));
        let _weak = Gc::downgrade_with(&key, act);
        Gc::make_mut(&mut key).0.0 = 3;
        assert_eq!(Gc::unwrap_or_clone(key).0.0, 3);
    },
    |world| {
        let me = Gc::new(Slot::new(None));
        let (of_body, node) = (me.clone(), world.ring());
        let body = closure!([of_body, node] || -> bool {
            act();
            // Closed while it is called, by itself and once more by what it holds.
            let me: Option<Gc<function!(() => bool)>> = of_body.pull();
            me.iter().for_each(|me| me.close());
            drop(me);
            act();
            node.probe.is_intact()
        });
        let body = unsize!(Gc::new(body) => function!(() => bool));
        me.put(Some(body.clone()));
        drop(me);
        assert_eq!(body.try_call(()), Some(true));
        assert!(body.is_closed());
    },
    |world| {
        let node = world.ring();
        let held = RefCell::new(Some(node.clone()));
        let finalizer = weak::finalize(&node, act);
        finalizer.peek(|node, _| act_on(node));
        drop(node);
        finalizer.peek(|node, _| {
            drop(held.take());
            gc::collect();
            act_on(node);
            finalizer.call();
        });
        gc::collect();
    },
    |world| {
        let value = Gc::try_unwrap(world.node());
        let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
        let boxed: Gc<[Gc<Node>]> = Gc::from(vec![world.ring(), world.node()]);
        drop(boxed);
        gc::collect();
    },
];

/// A moment at which a handle is lent.
fn act_on(node: &Gc<Node>) {
    act();
    assert!(node.probe.is_intact());
    assert!(Gc::get_mut(&mut node.clone()).is_none());
}

/// Everything at every one of the first moments of each kind.
#[test]
fn everything_is_done_at_every_moment() {
    const FIRST: usize = if cfg!(miri) { 1 } else { 14 };
    in_a_thread(|| {
        fresh();
        let world = Rc::new(World::new());
        WORLD.set(Some(world.clone()));
        let mut tries = 0;
        for moment in MOMENTS {
            for deed in DEEDS {
                tries += 1;
                // Each moment is tried there, and each deed.
                if cfg!(miri) && tries % 13 != 0 {
                    continue;
                }
                for passed in 0..FIRST {
                    DUE.set(Some((deed, passed)));
                    let _ = catch_unwind(AssertUnwindSafe(|| moment(&world)));
                    if DUE.take().is_some() {
                        // It has no more moments than that.
                        break;
                    }
                    check(&world);
                }
                check(&world);
            }
        }
        WORLD.set(None);
    });
}

/// All is as it was in the beginning.
fn check(world: &World) {
    DUE.set(None);
    gc::set_debug(DebugFlags::NONE);
    gc::reset_debug_sink();
    gc::garbage().clear();
    gc::unfreeze();
    world.keys.clear();
    world.values.clear();
    world.set.clear();
    drop((world.shelf.take(), world.weaks.take()));
    while gc::collect() > 0 {}
    let left = gc::objects(None);
    assert!(world.live.probe.is_intact());
    assert_eq!(world.drops.count() + 1, world.made.get());
    assert_eq!(left.len(), 2, "{left:?}");
}
