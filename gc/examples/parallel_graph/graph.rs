//! The graph: nodes that hold their neighbours, and threads that work on it at the same time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use gordian::Trace;
use gordian::sync::Gc;

use crate::edges::{self, Malformed, Part};

/// A node holds its neighbours, which hold it.
#[derive(Trace)]
struct Node {
    /// The least number of a node that is known to be in the same component.
    component: AtomicU64,
    neighbours: RwLock<Vec<Gc<Node>>>,
    /// Counts the node when it goes.
    _gone: Gone,
}

/// How many nodes have gone.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Trace)]
#[trace(leaf)]
struct Gone(#[trace(skip)] Counter);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The nodes by number, in shards, so that threads rarely wait for each other.
pub(crate) struct Graph {
    shards: Vec<Mutex<HashMap<u64, Gc<Node>>>>,
    edges: AtomicUsize,
    gone: Counter,
}

const SHARDS: usize = 64;
/// How much of a file a thread takes at a time.
const PART: usize = 1 << 18;

/// Loads an edge list with several threads. `progress` is told of the bytes that have been read.
/// Returns the lines, too, that could not be understood, in their order.
pub(crate) fn load(
    text: &[u8],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> (Graph, Vec<Malformed>) {
    let graph = Graph {
        shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        edges: AtomicUsize::new(0),
        gone: Counter::default(),
    };
    let parts = edges::parts(text, PART);
    let malformed = in_parallel(&parts, threads, |part| {
        let malformed = graph.add(*part);
        progress(part.bytes());
        malformed
    });
    (graph, malformed.into_iter().flatten().collect())
}

impl Graph {
    /// Adds the edges of a part; returns the lines that are none.
    fn add(&self, part: Part<'_>) -> Vec<Malformed> {
        let mut malformed = Vec::new();
        for edge in part.edges() {
            match edge {
                Ok((from, to)) => self.connect(from, to),
                Err(line) => malformed.push(line),
            }
        }
        malformed
    }

    fn connect(&self, from: u64, to: u64) {
        let (from, to) = (self.node(from), self.node(to));
        from.add(&to);
        to.add(&from);
        self.edges.fetch_add(1, Ordering::Relaxed);
    }

    fn node(&self, number: u64) -> Gc<Node> {
        let shard = &self.shards[(number % SHARDS as u64) as usize];
        let mut nodes = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let node = nodes.entry(number).or_insert_with(|| {
            Gc::new(Node {
                component: AtomicU64::new(number),
                neighbours: RwLock::default(),
                _gone: Gone(self.gone.clone()),
            })
        });
        node.clone()
    }

    pub(crate) fn nodes(&self) -> usize {
        self.all().len()
    }

    pub(crate) fn edges(&self) -> usize {
        self.edges.load(Ordering::Relaxed)
    }

    /// Counts the nodes that have gone, the graph's own end included.
    pub(crate) fn gone(&self) -> Counter {
        self.gone.clone()
    }

    /// A handle to every node.
    fn all(&self) -> Vec<Gc<Node>> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let nodes = shard.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(nodes.values().cloned());
        }
        all
    }

    /// Finds the connected components with several threads; returns how many nodes each has, the
    /// largest first.
    pub(crate) fn components(&self, threads: usize) -> Vec<usize> {
        let nodes = self.all();
        let parts: Vec<&[Gc<Node>]> = nodes.chunks(1024).collect();
        in_parallel(&parts, threads, |part| part.iter().for_each(Node::spread));
        let mut sizes = HashMap::new();
        for node in &nodes {
            *sizes
                .entry(node.component.load(Ordering::Relaxed))
                .or_insert(0) += 1;
        }
        let mut sizes: Vec<usize> = sizes.into_values().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }
}

impl Node {
    fn add(&self, neighbour: &Gc<Self>) {
        let mut neighbours = self
            .neighbours
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        neighbours.push(neighbour.clone());
    }

    /// Tells everybody within reach of the least number that is known here, until nobody learns
    /// anything new: whoever tells a node something new sees to its neighbours, too.
    fn spread(this: &Gc<Self>) {
        let mut to_tell = vec![this.clone()];
        while let Some(node) = to_tell.pop() {
            let number = node.component.load(Ordering::Relaxed);
            let neighbours = node
                .neighbours
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            for neighbour in &*neighbours {
                if neighbour.component.fetch_min(number, Ordering::Relaxed) > number {
                    to_tell.push(neighbour.clone());
                }
            }
        }
    }
}

/// Has several threads work on parts, each taking the next one when it is done; returns the results
/// in the order of the parts.
fn in_parallel<P: Sync, R: Send>(
    parts: &[P],
    threads: usize,
    work: impl Fn(&P) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(part) = parts.get(number)
                {
                    let result = work(part);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
