//! A random graph that stays alive, collected in vain.

use std::time::Instant;

use crate::child::{Run, milliseconds};
use crate::heap::{ByHand, Heap, Table};
use crate::structures::graph;

/// How often a collection that is too short to be timed once is repeated.
const REPEATS: usize = 20;

/// Full collections with every node touched, with one node touched, and with nothing touched; and
/// one of the young objects with one node touched. To touch is to clone a handle and drop it.
pub(crate) fn alive<H: Heap<u64, 4> + Default>(run: &mut Run) {
    if H::BY_HAND != ByHand::Never {
        return run.unsupported();
    }
    let count = run.size();
    let mut heap = H::default();
    let table = graph::build(&mut heap, count);
    let nodes = table.handles();
    heap.collect();
    run.repeat(|| {
        for node in nodes.iter() {
            drop(node.clone());
        }
        let all = time(|| heap.collect());
        let one = typical(|| {
            drop(nodes[count / 2].clone());
            time(|| heap.collect())
        });
        let young = typical(|| {
            drop(nodes[count / 2].clone());
            let start = Instant::now();
            if heap.collect_young() {
                milliseconds(start)
            } else {
                f64::NAN
            }
        });
        heap.collect();
        let none = typical(|| time(|| heap.collect()));
        [all, one, young, none]
    });
}

fn time(collect: impl FnOnce()) -> f64 {
    let start = Instant::now();
    collect();
    milliseconds(start)
}

/// The median of several short ones, or the only one if it is long.
fn typical(mut collection: impl FnMut() -> f64) -> f64 {
    let first = collection();
    if first > 1.0 || first.is_nan() {
        return first;
    }
    let mut times: Vec<f64> = (0..REPEATS).map(|_| collection()).collect();
    times.sort_by(f64::total_cmp);
    times[REPEATS / 2]
}
