//! Handles cloned, dropped and followed.

use std::hint::black_box;
use std::time::Instant;

use crate::child::{Run, nanoseconds_each};
use crate::heap::{Heap, Table};
use crate::structures::Random;

/// Of how many objects in turn a handle is cloned and dropped.
const SEVERAL: usize = 1000;

/// A handle cloned and dropped: of one object, then of a thousand objects in turn.
pub(crate) fn clone<H: Heap<u64, 1> + Default>(run: &mut Run) {
    if !H::COUNTS {
        return run.unsupported();
    }
    let count = run.size();
    let mut heap = H::default();
    let table = table(&mut heap, SEVERAL);
    let nodes = table.handles();
    run.repeat(|| {
        let start = Instant::now();
        for _ in 0..count {
            drop(black_box(black_box(&nodes[0]).clone()));
        }
        let one = nanoseconds_each(start, count);

        let start = Instant::now();
        for _ in 0..count / SEVERAL {
            for node in nodes.iter() {
                drop(black_box(node.clone()));
            }
        }
        [one, nanoseconds_each(start, count / SEVERAL * SEVERAL)]
    });
}

/// A field of every object read: in the order in which they were made, then shuffled.
pub(crate) fn deref<H: Heap<u64, 1> + Default>(run: &mut Run) {
    let count = run.size();
    let mut heap = H::default();
    let ordered = table(&mut heap, count);
    let shuffled = shuffle::<H>(&ordered.handles());
    run.repeat(|| [&ordered, &shuffled].map(|table| time_to_sum(&heap, &table.handles())));
}

fn table<H: Heap<u64, 1>>(heap: &mut H, count: usize) -> H::Table {
    let mut table = H::Table::with_capacity(count);
    for value in 0..count {
        let node = heap.node(value as u64);
        table.push(node);
    }
    table
}

fn shuffle<H: Heap<u64, 1>>(nodes: &[H::Handle]) -> H::Table {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    Random::new(1).shuffle(&mut order);
    let mut table = H::Table::with_capacity(nodes.len());
    for index in order {
        table.push(nodes[index].clone());
    }
    table
}

fn time_to_sum<H: Heap<u64, 1>>(heap: &H, nodes: &[H::Handle]) -> f64 {
    let start = Instant::now();
    let sum: u64 = nodes.iter().map(|node| *heap.value(node)).sum();
    black_box(sum);
    nanoseconds_each(start, nodes.len())
}
