//! What a workload asks of a competitor.
//!
//! The workloads are written once, against [`Heap`]; each competitor implements it in `peers`.

use std::ops::Deref;

/// Which dead structures the program must take apart itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByHand {
    /// None: there is a collector.
    Never,
    /// Those that counting does not free, and those too deep to be dropped by recursion.
    Cycles,
    /// All: nothing is freed unless it is removed.
    Always,
}

/// Makes, links and gives up nodes that hold a value and `N` links to other nodes.
pub(crate) trait Heap<V, const N: usize> {
    const BY_HAND: ByHand = ByHand::Never;
    /// Whether handles are counted. If not, cloning one copies a pointer or a key, which is no
    /// operation worth measuring.
    const COUNTS: bool = true;

    type Handle: Clone;
    type Table: Table<Self::Handle>;

    fn node(&mut self, value: V) -> Self::Handle;
    fn value<'a>(&'a self, node: &'a Self::Handle) -> &'a V;
    fn set(&mut self, from: &Self::Handle, slot: usize, to: Option<Self::Handle>);
    fn take(&mut self, from: &Self::Handle, slot: usize) -> Option<Self::Handle>;

    /// Gives up the last handle of an object that is in no cycle.
    fn release(&mut self, node: Self::Handle) {
        drop(node);
    }

    /// Gives up an object of a dead structure; by hand, cuts its links first.
    fn discard(&mut self, node: Self::Handle) {
        self.release(node);
    }

    /// As [`release`](Self::release), for a whole table.
    fn release_all(&mut self, table: Self::Table) {
        drop(table);
    }

    /// As [`discard`](Self::discard), for a whole table.
    fn discard_all(&mut self, table: Self::Table) {
        self.release_all(table);
    }

    /// Collects everything there is to collect.
    fn collect(&mut self) {}

    /// Collects the youngest objects, where that can be asked for.
    fn collect_young(&mut self) -> bool {
        false
    }

    /// Called between units of work, in each of which so many objects were made: for collectors
    /// that do not start by themselves.
    fn breathe(&mut self, made: usize) {
        let _ = made;
    }
}

/// A value that holds no handle. A tuple, since not every crate can trace an array.
pub(crate) type Triple = (u64, u64, u64);

/// Objects of a type that can hold no handle.
pub(crate) trait Leaves {
    type Leaf;

    fn leaf(&mut self, value: Triple) -> Self::Leaf;

    fn release_leaf(&mut self, leaf: Self::Leaf) {
        drop(leaf);
    }
}

/// Where a program keeps many handles: a `Vec`, but for rudo-gc, whose collector does not see
/// handles in a `Vec` that is not itself in a `Gc`.
pub(crate) trait Table<H> {
    fn with_capacity(capacity: usize) -> Self;
    fn push(&mut self, handle: H);
    fn handles(&self) -> impl Deref<Target = Vec<H>>;
}

impl<H> Table<H> for Vec<H> {
    fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity(capacity)
    }

    fn push(&mut self, handle: H) {
        self.push(handle);
    }

    fn handles(&self) -> impl Deref<Target = Self> {
        self
    }
}

/// When to start a collector that does not start by itself and says how many objects there are:
/// when as many were made since the last collection as survived it, and at least 10 000. So a
/// collection costs a bounded time per object made.
pub(crate) struct Pacer {
    made: usize,
    limit: usize,
}

impl Pacer {
    pub(crate) const LEAST: usize = 10_000;

    /// Notes objects made; whether it is time to collect.
    pub(crate) fn is_due(&mut self, made: usize) -> bool {
        self.made += made;
        self.made >= self.limit
    }

    pub(crate) fn collected(&mut self, survivors: usize) {
        self.made = 0;
        self.limit = survivors.max(Self::LEAST);
    }
}

impl Default for Pacer {
    fn default() -> Self {
        Self {
            made: 0,
            limit: Self::LEAST,
        }
    }
}
