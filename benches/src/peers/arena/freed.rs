//! As `workloads::freed`.

use super::{InArena, Nodes};
use crate::child::Run;
use crate::structures::{dom, graph, line, tree};
use crate::workloads::freed::{DOM_LEVELS, NODES, Probe, ROUNDS, TREE_LEVELS};

pub(crate) fn ring(run: &mut Run) {
    measure::<1>(run, NODES, |arena| {
        arena.mutate_root(|mutation, root| {
            root.push(line::ring(&mut InArena(mutation), NODES));
        });
    });
}

pub(crate) fn trees(run: &mut Run) {
    measure::<3>(run, tree::size(TREE_LEVELS), |arena| {
        arena.mutate_root(|mutation, root| {
            root.push(tree::build(&mut InArena(mutation), TREE_LEVELS));
        });
    });
}

pub(crate) fn dom(run: &mut Run) {
    measure::<5>(run, dom::size(DOM_LEVELS), |arena| {
        arena.mutate_root(|mutation, root| {
            root.push(dom::build(&mut InArena(mutation), DOM_LEVELS));
        });
    });
}

pub(crate) fn graph(run: &mut Run) {
    measure::<4>(run, NODES, |arena| {
        arena.mutate_root(|mutation, root| *root = graph::build(&mut InArena(mutation), NODES));
    });
}

fn measure<const N: usize>(run: &mut Run, nodes: usize, build: impl Fn(&mut Nodes<Probe, N>)) {
    let mut arena = super::nodes();
    run.repeat(|| {
        let made = ROUNDS * nodes;
        for _ in 0..ROUNDS {
            build(&mut arena);
            arena.mutate_root(|_, root| *root = Vec::new());
            arena.collect_debt();
        }
        let by_itself = Probe::take_dropped();
        arena.finish_cycle();
        arena.finish_cycle();
        let in_all = by_itself + Probe::take_dropped();
        [by_itself, in_all].map(|dropped| dropped as f64 / made as f64 * 100.0)
    });
}
