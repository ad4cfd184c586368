//! What gordian's automatic collection costs and leaves: its share of the time, how many objects
//! there are at most, and how long old garbage waits.

use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use gordian::gc::{self, EventPhase};

use super::churn;
use crate::child::Run;
use crate::heap::{Heap, Table};
use crate::peers::gordian::Gordian;
use crate::structures::{Random, dom, graph, line, tree};

thread_local! {
    static MADE: Cell<usize> = const { Cell::new(0) };
}

/// gordian, with the nodes it makes counted.
#[derive(Default)]
struct Counted(Gordian);

impl<V: 'static, const N: usize> Heap<V, N> for Counted {
    type Handle = <Gordian as Heap<V, N>>::Handle;
    type Table = Vec<Self::Handle>;

    fn node(&mut self, value: V) -> Self::Handle {
        MADE.set(MADE.get() + 1);
        self.0.node(value)
    }

    fn value<'a>(&'a self, node: &'a Self::Handle) -> &'a V {
        self.0.value(node)
    }

    fn set(&mut self, from: &Self::Handle, slot: usize, to: Option<Self::Handle>) {
        self.0.set(from, slot, to);
    }

    fn take(&mut self, from: &Self::Handle, slot: usize) -> Option<Self::Handle> {
        self.0.take(from, slot)
    }
}

thread_local! {
    static COLLECTED: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
    static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The share of the time that collections take, in percent, and their time for each object made, in
/// nanoseconds; and the most objects there are at once, as a multiple of `alive`.
fn watch(alive: usize, program: impl FnOnce()) -> [f64; 3] {
    gordian::collect();
    MADE.set(0);
    COLLECTED.set(0);
    MOST.set(0);
    SPENT.set(Duration::ZERO);
    let since = Cell::new(Instant::now());
    let hook = gc::on_collect(move |event| match event.phase {
        EventPhase::Start => {
            since.set(Instant::now());
            let there = MADE.get() - COLLECTED.get();
            MOST.set(MOST.get().max(there));
        }
        EventPhase::Stop => {
            COLLECTED.set(COLLECTED.get() + event.collected);
            SPENT.set(SPENT.get() + since.get().elapsed());
        }
    });
    let start = Instant::now();
    program();
    let took = start.elapsed();
    drop(hook);
    let most = MOST.get().max(MADE.get() - COLLECTED.get());
    let share = SPENT.get().as_secs_f64() / took.as_secs_f64();
    let each = SPENT.get().as_secs_f64() / MADE.get() as f64;
    [share * 100.0, each * 1e9, most as f64 / alive as f64]
}

/// A ring of as many nodes as the size says, built for the first time.
pub(crate) fn growing(run: &mut Run) {
    let count = run.size();
    run.repeat(|| {
        let mut heap = Counted::default();
        let kept = Cell::new(None);
        let result = watch(count, || {
            kept.set(Some(line::ring::<u64, _>(&mut heap, count)));
        });
        black_box(kept.take());
        result
    });
}

/// Trees, one after another.
pub(crate) fn trees(run: &mut Run) {
    let count = run.size();
    run.repeat(|| {
        let mut heap = Counted::default();
        watch(tree::size(super::trees::LEVELS), || {
            for _ in 0..count {
                black_box(tree::build::<u64, _>(&mut heap, super::trees::LEVELS));
            }
        })
    });
}

/// Documents, one after another.
pub(crate) fn documents(run: &mut Run) {
    const LEVELS: u32 = 5;
    let count = run.size();
    run.repeat(|| {
        let mut heap = Counted::default();
        watch(dom::size(LEVELS), || {
            for _ in 0..count {
                black_box(dom::build::<u64, _>(&mut heap, LEVELS));
            }
        })
    });
}

/// Dead pairs beside a random graph of as many nodes as the size says.
pub(crate) fn pairs(run: &mut Run) {
    let size = run.size();
    let mut heap = Counted::default();
    let table = graph::build::<u64, _>(&mut heap, size);
    gordian::collect();
    let live = table.handles();
    let mut random = Random::new(2);
    run.repeat(|| {
        let [share, each, most] = watch(size, || {
            for _ in 0..churn::pairs(size) {
                churn::pair(&mut heap, &live[random.below(size)]);
            }
        });
        // The graph was there before.
        [share, each, 1.0 + most]
    });
}

/// How many objects are made until a dead ring is freed, as multiples of its size: of garbage, and
/// of objects that counting frees.
pub(crate) fn old_garbage(run: &mut Run) {
    let size = run.size();
    run.repeat(|| {
        [true, false].map(|makes_garbage| {
            let mut heap = Counted::default();
            let ring = line::ring::<u64, _>(&mut heap, size);
            // Twice, as survivors of the first are old afterwards.
            gordian::collect();
            gordian::collect();
            drop(ring);
            MADE.set(0);
            COLLECTED.set(0);
            let hook = gc::on_collect(|event| COLLECTED.set(COLLECTED.get() + event.collected));
            while COLLECTED.get() < size {
                let node: <Counted as Heap<u64, 1>>::Handle = heap.node(0_u64);
                if makes_garbage {
                    heap.set(&node, 0, Some(node.clone()));
                }
            }
            drop(hook);
            gordian::collect();
            MADE.get() as f64 / size as f64
        })
    });
}
