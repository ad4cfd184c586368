//! Finalizers of single objects and of rings: once each, on intact objects, with resurrection.

use gordian_tests::{DropProbe, Drops, Log, Place};

use super::{Finalize, Gc, Shared, Slot, Trace, Weak, fresh, gc};

/// What an object does when it is finalized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Nothing but look around.
    Simple,
    /// Puts a handle to itself where it survives.
    Resurrector,
    /// Clears its edges.
    Suicidal,
}

use Kind::{Resurrector, Simple, Suicidal};

/// What the objects of a test have in common.
#[derive(Clone, Default)]
struct World {
    drops: Drops,
    calls: Log<usize>,
    survivors: Shared<Slot<Vec<Gc<Node>>>>,
}

impl World {
    fn new() -> Self {
        fresh();
        Self::default()
    }

    /// An object without edges.
    fn node(&self, id: usize, kind: Kind) -> Gc<Node> {
        let node = Gc::new(Node {
            id,
            kind,
            left: Slot::default(),
            right: Slot::default(),
            me: Slot::default(),
            world: self.clone(),
            probe: self.drops.probe(),
        });
        node.me.put(Gc::downgrade(&node));
        node
    }

    /// An object that holds itself.
    fn self_loop(&self, id: usize, kind: Kind) -> Gc<Node> {
        let node = self.node(id, kind);
        node.right.put(Some(node.clone()));
        node
    }

    /// Objects that hold their neighbours to both sides; weak handles to them are all that is
    /// left.
    fn lost_ring(&self, kinds: &[Kind]) -> Vec<Weak<Node>> {
        let nodes: Vec<_> = kinds
            .iter()
            .enumerate()
            .map(|(id, &kind)| self.node(id, kind))
            .collect();
        for (index, node) in nodes.iter().enumerate() {
            node.left
                .put(Some(nodes[(index + nodes.len() - 1) % nodes.len()].clone()));
            node.right
                .put(Some(nodes[(index + 1) % nodes.len()].clone()));
        }
        nodes.iter().map(Gc::downgrade).collect()
    }

    /// The ids of the survivors, in order.
    fn survivor_ids(&self) -> Vec<usize> {
        let mut ids: Vec<_> = self
            .survivors
            .with(|survivors| survivors.iter().map(|node| node.id).collect());
        ids.sort_unstable();
        ids
    }

    /// Asserts how many finalizers ran, each of another object, and how many values were dropped.
    #[track_caller]
    fn assert(&self, calls: usize, drops: usize) {
        assert_eq!(
            self.calls.sorted(),
            (0..calls).collect::<Vec<_>>(),
            "finalizers"
        );
        assert_eq!(self.drops.count(), drops, "drops");
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Node {
    id: usize,
    #[trace(skip)]
    kind: Kind,
    left: Slot<Option<Gc<Node>>>,
    right: Slot<Option<Gc<Node>>>,
    me: Slot<Weak<Node>>,
    #[trace(skip)]
    world: World,
    probe: DropProbe,
}

impl Node {
    /// Asserts that what can be seen from here is whole: an edge goes both ways unless the other
    /// end is known to cut its edges.
    fn check(&self) {
        let me = self
            .me
            .peek()
            .upgrade()
            .expect("a finalizer can reach its own object");
        assert!(self.probe.is_intact() && self.drops_nothing_early());
        assert!(gc::is_finalized(&me));
        let (left, right) = (self.left.peek(), self.right.peek());
        if let Some(left) = left
            && left.kind != Suicidal
        {
            assert!(left.right.peek().is_some_and(|back| Gc::ptr_eq(&back, &me)));
        }
        if let Some(right) = right
            && right.kind != Suicidal
            && !Gc::ptr_eq(&right, &me)
        {
            assert!(right.left.peek().is_some_and(|back| Gc::ptr_eq(&back, &me)));
        }
    }

    /// Whether the neighbours' values are there.
    fn drops_nothing_early(&self) -> bool {
        let neighbours = [self.left.peek(), self.right.peek()];
        neighbours
            .iter()
            .flatten()
            .all(|node| node.probe.is_intact())
    }
}

impl Finalize for Node {
    fn finalize(&self) {
        self.world.calls.push(self.id);
        self.check();
        match self.kind {
            Simple => {}
            Resurrector => {
                let me = self
                    .me
                    .peek()
                    .upgrade()
                    .expect("it upgrades in the finalizer");
                self.world.survivors.with(|survivors| survivors.push(me));
            }
            Suicidal => {
                self.left.put(None);
                self.right.put(None);
            }
        }
    }
}

fn alive(weaks: &[Weak<Node>]) -> usize {
    weaks.iter().filter(|weak| weak.upgrade().is_some()).count()
}

/// SimpleFinalizationTest.test_simple
#[test]
fn f_01_simple() {
    let world = World::new();
    let node = world.node(0, Simple);
    let weak = Gc::downgrade(&node);
    world.assert(0, 0);
    drop(node);
    world.assert(1, 1);
    assert!(weak.upgrade().is_none());
    assert_eq!((gc::collect(), gc::collect()), (0, 0));
    world.assert(1, 1);
    assert!(world.survivor_ids().is_empty());
}

/// SimpleFinalizationTest.test_simple_resurrect
#[test]
fn f_02_simple_resurrect() {
    let world = World::new();
    let node = world.node(0, Resurrector);
    let weak = Gc::downgrade(&node);
    drop(node);
    world.assert(1, 0);
    assert_eq!(world.survivor_ids(), [0]);
    assert!(weak.upgrade().is_some());
    assert_eq!(gc::collect(), 0);
    world.survivors.put(Vec::new());
    world.assert(1, 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    world.assert(1, 1);
}

/// SelfCycleFinalizationTest.test_simple
#[test]
fn f_05_self_cycle() {
    /// Its finalizer insists on the edge to itself.
    #[derive(Trace)]
    #[trace(finalize)]
    struct SelfLoop {
        edge: Slot<Option<Gc<SelfLoop>>>,
        #[trace(skip)]
        calls: Log<()>,
        probe: DropProbe,
    }
    impl Finalize for SelfLoop {
        fn finalize(&self) {
            self.calls.push(());
            let edge = self.edge.peek().expect("the edge is intact");
            assert!(std::ptr::eq(&raw const *edge, self));
            assert!(self.probe.is_intact());
        }
    }

    fresh();
    let (drops, calls) = (Drops::new(), Log::new());
    let (edge, probe) = (Slot::default(), drops.probe());
    let node = Gc::new(SelfLoop {
        edge,
        calls: calls.clone(),
        probe,
    });
    node.edge.put(Some(node.clone()));
    let weak = Gc::downgrade(&node);
    drop(node);
    assert!(calls.is_empty() && weak.upgrade().is_some());
    assert_eq!(gc::collect(), 1);
    assert_eq!((calls.len(), drops.count()), (1, 1));
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    assert_eq!((calls.len(), drops.count()), (1, 1));
}

/// SelfCycleFinalizationTest.test_simple_resurrect
#[test]
fn f_06_self_cycle_resurrect() {
    let world = World::new();
    let node = world.self_loop(0, Resurrector);
    let weak = Gc::downgrade(&node);
    drop(node);
    world.assert(0, 0);
    assert_eq!(gc::collect(), 0);
    world.assert(1, 0);
    assert_eq!(world.survivor_ids(), [0]);
    assert!(weak.upgrade().is_some());
    world.survivors.put(Vec::new());
    world.assert(1, 0);
    assert_eq!(gc::collect(), 1);
    world.assert(1, 1);
    assert!(weak.upgrade().is_none());
    assert!(world.survivor_ids().is_empty());
}

/// SelfCycleFinalizationTest.test_simple_suicide
#[test]
fn f_07_self_cycle_suicide() {
    let world = World::new();
    let weak = Gc::downgrade(&world.self_loop(0, Suicidal));
    world.assert(0, 0);
    assert_eq!(gc::collect(), 0);
    world.assert(1, 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(gc::collect(), 0);
    world.assert(1, 1);
}

/// CycleChainFinalizationTest.test_homogenous
#[test]
fn f_08_homogenous() {
    let world = World::new();
    let weaks = world.lost_ring(&[Simple; 3]);
    world.assert(0, 0);
    assert_eq!(alive(&weaks), 3);
    assert_eq!(gc::collect(), 3);
    world.assert(3, 3);
    assert_eq!(alive(&weaks), 0);
    assert_eq!(gc::collect(), 0);
    world.assert(3, 3);
}

/// Asserts that a ring of these is saved by its resurrectors, as a whole but for edges that were
/// cut, and that all of it goes when they are given up.
#[track_caller]
fn assert_resurrects(kinds: &[Kind]) {
    let world = World::new();
    let weaks = world.lost_ring(kinds);
    let count = kinds.len();
    let resurrectors: Vec<_> = (0..count).filter(|&id| kinds[id] == Resurrector).collect();
    world.assert(0, 0);
    assert_eq!(gc::collect(), 0);
    world.assert(count, 0);
    assert_eq!(world.survivor_ids(), resurrectors);
    assert_eq!(alive(&weaks), count);
    world.survivors.put(Vec::new());
    assert_eq!(gc::collect(), count);
    world.assert(count, count);
    assert!(world.survivor_ids().is_empty());
    assert_eq!(alive(&weaks), 0);
    assert_eq!(gc::collect(), 0);
}

/// CycleChainFinalizationTest.test_homogenous_resurrect
#[test]
fn f_09_homogenous_resurrect() {
    assert_resurrects(&[Resurrector; 3]);
}

/// Asserts that each of a ring of these is finalized once, that `collected` are left to the
/// collector then, and that all of them go.
#[track_caller]
fn assert_dies(kinds: &[Kind], collected: usize) {
    let world = World::new();
    let weaks = world.lost_ring(kinds);
    world.assert(0, 0);
    assert_eq!(gc::collect(), collected);
    world.assert(kinds.len(), kinds.len());
    assert_eq!(alive(&weaks), 0);
    assert_eq!(gc::collect(), 0);
    world.assert(kinds.len(), kinds.len());
}

/// CycleChainFinalizationTest.test_homogenous_suicidal
#[test]
fn f_10_homogenous_suicidal() {
    assert_dies(&[Suicidal; 3], 0);
}

/// CycleChainFinalizationTest.test_heterogenous_suicidal_one
#[test]
fn f_11_heterogenous_suicidal_one() {
    assert_dies(&[Suicidal, Simple, Suicidal, Simple], 0);
}

/// CycleChainFinalizationTest.test_heterogenous_suicidal_two
#[test]
fn f_12_heterogenous_suicidal_two() {
    assert_dies(&[Suicidal, Suicidal, Simple, Simple], 4);
}

/// CycleChainFinalizationTest.test_heterogenous_resurrect_one
#[test]
fn f_13_heterogenous_resurrect_one() {
    assert_resurrects(&[Resurrector, Simple, Resurrector, Simple]);
}

/// CycleChainFinalizationTest.test_heterogenous_resurrect_two
#[test]
fn f_14_heterogenous_resurrect_two() {
    assert_resurrects(&[Resurrector, Simple, Suicidal, Resurrector, Simple, Suicidal]);
}

/// CycleChainFinalizationTest.test_heterogenous_resurrect_three
#[test]
fn f_15_heterogenous_resurrect_three() {
    assert_resurrects(&[Resurrector, Resurrector, Simple, Simple, Suicidal, Suicidal]);
}

/// GCTests.test_resurrection_only_happens_once_per_object
#[test]
fn f_16_resurrection_only_once() {
    let world = World::new();
    drop(world.self_loop(0, Resurrector));
    world.assert(0, 0);
    assert_eq!(gc::collect(), 0);
    world.assert(1, 0);
    assert_eq!(world.survivor_ids(), [0]);
    world.survivors.put(Vec::new());
    assert_eq!(gc::collect(), 1);
    world.assert(1, 1);
    assert!(world.survivor_ids().is_empty());
}
