//! From the names on a child's command line to a function.

use std::thread;

use super::{Run, shared};
use crate::peers::Peer;
use crate::peers::arena;
use crate::peers::bacon_rajan::BaconRajan;
use crate::peers::boa::Boa;
use crate::peers::dumpster::Dumpster;
use crate::peers::gc::MarkSweep;
use crate::peers::gcmodule::Gcmodule;
use crate::peers::gordian::Gordian;
use crate::peers::jrsonnet::Jrsonnet;
use crate::peers::rc::Counted;
use crate::peers::rudo::Rudo;
use crate::peers::rust_cc::RustCc;
use crate::peers::slots::{LeafSlots, Slots};
use crate::workloads as w;

/// Calls a generic workload with the competitor's type, or gc-arena's own version of it.
macro_rules! call {
    ($peer:expr, $run:expr, $($name:ident)::+, $slots:ty) => {
        match $peer {
            Peer::Gordian => w::$($name)::+::<Gordian>($run),
            Peer::Arc => $run.unsupported(),
            Peer::Rc => w::$($name)::+::<Counted>($run),
            Peer::Slotmap => w::$($name)::+::<$slots>($run),
            Peer::Arena => arena::$($name)::+($run),
            Peer::Dumpster => w::$($name)::+::<Dumpster>($run),
            Peer::RustCc => w::$($name)::+::<RustCc>($run),
            Peer::Gcmodule => w::$($name)::+::<Gcmodule>($run),
            Peer::Jrsonnet => w::$($name)::+::<Jrsonnet>($run),
            Peer::BaconRajan => w::$($name)::+::<BaconRajan>($run),
            Peer::Gc => w::$($name)::+::<MarkSweep>($run),
            Peer::Boa => w::$($name)::+::<Boa>($run),
            Peer::Rudo => w::$($name)::+::<Rudo>($run),
        }
    };
}

/// Runs a workload in this process; whether there is one of that name.
pub(crate) fn run(workload: &str, peer: Peer, size: usize) -> bool {
    if workload == "chain-large-stack" {
        // Room for any recursion; memory is taken as it is used.
        let thread = thread::Builder::new().stack_size(4 << 30);
        let run = thread.spawn(move || run("chain", peer, size));
        return run.is_ok_and(|thread| thread.join().unwrap_or(false));
    }
    let run = &mut Run::new(size);
    match workload {
        "nodes" => call!(peer, run, allocate::nodes, Slots<_, _>),
        "leaves" => call!(peer, run, allocate::leaves, LeafSlots),
        "clone" => call!(peer, run, handles::clone, Slots<_, _>),
        "deref" => call!(peer, run, handles::deref, Slots<_, _>),
        "ring" => call!(peer, run, dead::ring, Slots<_, _>),
        "trees" => call!(peer, run, trees::trees, Slots<_, _>),
        "dom" => call!(peer, run, dead::dom, Slots<_, _>),
        "graph" => call!(peer, run, dead::graph, Slots<_, _>),
        "alive" => call!(peer, run, alive::alive, Slots<_, _>),
        "churn" => call!(peer, run, churn::pairs_only, Slots<_, _>),
        "churn-handles" => call!(peer, run, churn::with_handles, Slots<_, _>),
        "pause" => call!(peer, run, churn::pause, Slots<_, _>),
        "chain" => call!(peer, run, chain::short, Slots<_, _>),
        "chain-by-hand" => call!(peer, run, chain::long, Slots<_, _>),
        "memory" => call!(peer, run, memory::memory, Slots<_, _>),
        "freed-ring" => call!(peer, run, freed::ring, Slots<_, _>),
        "freed-trees" => call!(peer, run, freed::trees, Slots<_, _>),
        "freed-dom" => call!(peer, run, freed::dom, Slots<_, _>),
        "freed-graph" => call!(peer, run, freed::graph, Slots<_, _>),
        "pacing-growing" => w::pacing::growing(run),
        "pacing-trees" => w::pacing::trees(run),
        "pacing-documents" => w::pacing::documents(run),
        "pacing-pairs" => w::pacing::pairs(run),
        "pacing-old" => w::pacing::old_garbage(run),
        _ => return shared::run(workload, peer, run),
    }
    true
}
