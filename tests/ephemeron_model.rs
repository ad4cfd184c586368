//! Random programs with ephemerons, checked against a model: after a full collection exactly what
//! can be reached is there, by handles, and by values whose key and map can be reached; and weak
//! collections of everything have it, too. What is frozen meanwhile may be there as well.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use gordian::weak::{Lent, WeakIdentityMap, WeakIdentitySet, WeakValueMap};
use gordian::{Gc, Trace, gc};
use gordian_tests::fresh;
use gordian_tests::oracle::Random;

thread_local! {
    static DEAD: RefCell<BTreeSet<usize>> = const { RefCell::new(BTreeSet::new()) };
    static NEXT: Cell<usize> = const { Cell::new(0) };
}

/// Says when an object is gone.
#[derive(Trace)]
#[trace(leaf)]
struct Tag(usize);

impl Tag {
    fn new() -> Self {
        Self(NEXT.replace(NEXT.get() + 1))
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        DEAD.with_borrow_mut(|dead| dead.insert(self.0));
    }
}

/// An object that may own maps.
#[derive(Trace)]
struct Node {
    tag: Tag,
    links: RefCell<Vec<Handle>>,
    maps: Maps,
}

#[derive(Trace, Clone)]
enum Handle {
    Node(Gc<Node>),
    Leaf(Gc<Tag>),
}

impl Handle {
    fn id(&self) -> usize {
        match self {
            Self::Node(node) => node.tag.0,
            Self::Leaf(tag) => tag.0,
        }
    }
}

type Value = RefCell<Vec<Handle>>;

#[derive(Trace, Default)]
struct Maps {
    nodes: WeakIdentityMap<Node, Value>,
    leaves: WeakIdentityMap<Tag, Value>,
}

/// A value that is lent out.
enum Guard {
    Node(Lent<Value, Node>),
    Leaf(Lent<Value, Tag>),
}

impl Guard {
    fn value(&self) -> &Value {
        match self {
            Self::Node(lent) => lent,
            Self::Leaf(lent) => lent,
        }
    }
}

impl Maps {
    fn insert(&self, key: &Handle, value: Value) {
        match key {
            Handle::Node(node) => drop(self.nodes.insert(node, value)),
            Handle::Leaf(leaf) => drop(self.leaves.insert(leaf, value)),
        }
    }

    fn get(&self, key: &Handle) -> Option<Guard> {
        match key {
            Handle::Node(node) => self.nodes.get(node).map(Guard::Node),
            Handle::Leaf(leaf) => self.leaves.get(leaf).map(Guard::Leaf),
        }
    }

    fn remove(&self, key: &Handle) {
        match key {
            Handle::Node(node) => drop(self.nodes.remove(node)),
            Handle::Leaf(leaf) => drop(self.leaves.remove(leaf)),
        }
    }

    fn len(&self) -> usize {
        self.nodes.len() + self.leaves.len()
    }
}

/// Who owns a map: an object, or the program (by number).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Owner {
    Object(usize),
    Program(usize),
}

/// What can be reached, told by ids.
#[derive(Default)]
struct Model {
    links: BTreeMap<usize, Vec<usize>>,
    entries: BTreeMap<Place, Vec<usize>>,
}

impl Model {
    fn live(&self, roots: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        let mut live = BTreeSet::new();
        let mut new: Vec<usize> = roots.collect();
        loop {
            while let Some(id) = new.pop() {
                if live.insert(id) {
                    new.extend(self.links.get(&id).into_iter().flatten());
                }
            }
            for ((owner, key), value) in &self.entries {
                let has_map = match owner {
                    Owner::Object(id) => live.contains(id),
                    Owner::Program(_) => true,
                };
                if has_map && live.contains(key) {
                    new.extend(value.iter().filter(|id| !live.contains(id)));
                }
            }
            if new.is_empty() {
                return live;
            }
        }
    }
}

/// A map's owner and a key.
type Place = (Owner, usize);

/// A value that is lent out, where its entry was, and what it held in the model when that went.
struct Loan {
    guard: Guard,
    place: Place,
    kept: Option<Vec<usize>>,
}

struct World {
    random: Random,
    model: Model,
    roots: Vec<Handle>,
    maps: [Maps; 2],
    loans: Vec<Loan>,
    /// All nodes there are.
    nodes: WeakIdentitySet<Node>,
    by_id: WeakValueMap<usize, Node>,
    is_frozen: bool,
    made: BTreeSet<usize>,
}

impl World {
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.random.below(255)) % bound
    }

    fn root(&mut self) -> Option<Handle> {
        if self.roots.is_empty() {
            return None;
        }
        let index = self.below(self.roots.len());
        Some(self.roots[index].clone())
    }

    fn with_maps<R>(&mut self, f: impl FnOnce(&Maps, Owner, &mut Self) -> R) -> R {
        let choice = self.below(4);
        if choice < 2
            && let Some(Handle::Node(node)) = self.root()
        {
            return f(&node.maps, Owner::Object(node.tag.0), self);
        }
        let maps = std::mem::take(&mut self.maps[choice % 2]);
        let result = f(&maps, Owner::Program(choice % 2), self);
        self.maps[choice % 2] = maps;
        result
    }

    /// The entry of a key is about to go: who has its value lent keeps what it held.
    fn forget(&mut self, place: Place) {
        let held = self.model.entries.remove(&place).unwrap_or_default();
        for loan in self.loans.iter_mut().filter(|loan| loan.place == place) {
            loan.kept.get_or_insert_with(|| held.clone());
        }
    }

    fn step(&mut self) {
        match self.below(22) {
            0..4 => self.create(),
            4..6 => self.link(),
            6 => self.unlink(),
            7..11 => {
                let count = self.roots.len();
                if count > 0 {
                    let index = self.below(count);
                    drop(self.roots.swap_remove(index));
                }
            }
            11..15 => {
                if let Some(key) = self.root() {
                    let values = (0..self.below(3)).filter_map(|_| self.root()).collect();
                    self.insert(&key, values);
                }
            }
            15 => {
                if let Some(key) = self.root() {
                    self.with_maps(|maps, owner, world| {
                        world.forget((owner, key.id()));
                        maps.remove(&key);
                    });
                }
            }
            16 => self.lend(),
            17 => {
                let count = self.loans.len();
                if count > 0 {
                    let index = self.below(count);
                    drop(self.loans.swap_remove(index).guard);
                }
            }
            18 if self.below(3) == 0 => {
                self.is_frozen = true;
                gc::freeze();
            }
            19 => {
                self.is_frozen = false;
                gc::unfreeze();
            }
            20 => {
                let generation = self.below(2);
                gc::collect_generation(generation);
                self.check(false);
            }
            _ => {
                gc::collect();
                self.check(!self.is_frozen);
            }
        }
    }

    fn create(&mut self) {
        let handle = if self.below(3) == 0 {
            Handle::Leaf(Gc::new(Tag::new()))
        } else {
            Handle::Node(Gc::new(Node {
                tag: Tag::new(),
                links: RefCell::default(),
                maps: Maps::default(),
            }))
        };
        if let Handle::Node(node) = &handle {
            self.nodes.insert(node);
            self.by_id.insert(node.tag.0, node);
        }
        self.made.insert(handle.id());
        self.roots.push(handle);
    }

    fn link(&mut self) {
        if let (Some(Handle::Node(from)), Some(to)) = (self.root(), self.root()) {
            let links = self.model.links.entry(from.tag.0).or_default();
            links.push(to.id());
            from.links.borrow_mut().push(to);
        }
    }

    fn unlink(&mut self) {
        if let Some(Handle::Node(from)) = self.root() {
            let cut = from.links.borrow_mut().pop();
            self.model.links.entry(from.tag.0).or_default().pop();
            drop(cut);
        }
    }

    fn insert(&mut self, key: &Handle, values: Vec<Handle>) {
        self.with_maps(|maps, owner, world| {
            let place = (owner, key.id());
            world.forget(place);
            let ids = values.iter().map(Handle::id).collect();
            world.model.entries.insert(place, ids);
            maps.insert(key, RefCell::new(values));
        });
    }

    /// Takes a value on loan, and puts one more handle into it.
    fn lend(&mut self) {
        let (Some(key), Some(new)) = (self.root(), self.root()) else {
            return;
        };
        let lent =
            self.with_maps(|maps, owner, _| maps.get(&key).map(|guard| (guard, (owner, key.id()))));
        if let Some((guard, place)) = lent {
            self.model.entries.entry(place).or_default().push(new.id());
            guard.value().borrow_mut().push(new);
            let kept = None;
            self.loans.push(Loan { guard, place, kept });
        }
    }

    fn check(&self, is_exact: bool) {
        let lent = self.loans.iter().flat_map(|loan| {
            let held = loan.kept.as_ref();
            held.or_else(|| self.model.entries.get(&loan.place))
        });
        let lent = lent.flatten().copied();
        let live = self
            .model
            .live(self.roots.iter().map(Handle::id).chain(lent));
        DEAD.with_borrow(|dead| {
            let lost: Vec<_> = live.intersection(dead).collect();
            assert!(lost.is_empty(), "freed, but to be reached: {lost:?}");
            if is_exact {
                let there: BTreeSet<_> = self.made.difference(dead).copied().collect();
                assert_eq!(there, live, "there, and to be reached");
            }
        });
        let there = self.made.iter().filter(|id| self.by_id.contains_key(id));
        assert_eq!(there.count(), self.by_id.len());
        assert_eq!(self.nodes.len(), self.by_id.len());
        let alive = self.made.len() - DEAD.with_borrow(BTreeSet::len);
        assert!(self.nodes.len() <= alive);
        if is_exact {
            let ids: BTreeSet<_> = self.nodes.iter().map(|node| node.tag.0).collect();
            assert!(ids.is_subset(&live) && ids.len() == self.nodes.len());
            for (number, maps) in self.maps.iter().enumerate() {
                let is_here =
                    |(owner, key): &&Place| *owner == Owner::Program(number) && live.contains(key);
                assert_eq!(
                    maps.len(),
                    self.model.entries.keys().filter(is_here).count()
                );
            }
        }
    }
}

fn run(seed: u64, steps: usize) {
    fresh();
    gc::disable();
    DEAD.take();
    let mut world = World {
        random: Random::new(seed),
        model: Model::default(),
        roots: Vec::new(),
        maps: Default::default(),
        loans: Vec::new(),
        nodes: WeakIdentitySet::default(),
        by_id: WeakValueMap::new(),
        is_frozen: false,
        made: BTreeSet::new(),
    };
    for _ in 0..steps {
        world.step();
    }
    world.roots.clear();
    world.loans.clear();
    gc::unfreeze();
    gc::collect();
    world.check(true);
    assert_eq!(gc::objects(None).len(), 0);
}

#[test]
fn random_programs_with_ephemerons() {
    let seeds = if cfg!(miri) { 20 } else { 1500 };
    for seed in 0..seeds {
        if let Err(panic) = std::panic::catch_unwind(|| run(seed, 120)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
