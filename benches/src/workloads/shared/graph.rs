//! Random graphs that become garbage as a whole, and are collected.

use std::hint::black_box;
use std::time::Instant;

use super::Crew;
use crate::child::{Run, nanoseconds_each};
use crate::peers::shared::SharedHeap;
use crate::structures::Random;

const LINKS: usize = 4;

/// A random graph: all its handles dropped and the graph collected.
pub(crate) fn graph<H: SharedHeap<u64, LINKS>>(run: &mut Run) {
    let count = run.size();
    let crew = Crew::start(1, move || {
        move |_: &_| {
            let nodes = black_box(build::<H>(count));
            let start = Instant::now();
            if H::BY_HAND {
                nodes.iter().for_each(cut::<H>);
            }
            drop(nodes);
            H::collect();
            [nanoseconds_each(start, count)]
        }
    });
    run.repeat(|| crew.work());
}

/// Handles to the nodes of a graph in which each has links to nodes picked at random.
pub(super) fn build<H: SharedHeap<u64, LINKS>>(count: usize) -> Vec<H::Handle> {
    let nodes: Vec<_> = (0..count).map(|value| H::node(value as u64)).collect();
    let mut random = Random::new(1);
    for node in &nodes {
        for slot in 0..LINKS {
            H::set(node, slot, nodes[random.below(count)].clone());
        }
    }
    nodes
}

fn cut<H: SharedHeap<u64, LINKS>>(node: &H::Handle) {
    for slot in 0..LINKS {
        drop(H::take(node, slot));
    }
}
