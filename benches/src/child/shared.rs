//! From the names on a child's command line to a function, for what threads share.

use super::Run;
use crate::peers::Peer;
use crate::peers::shared::arc::Counted;
use crate::peers::shared::dumpster::Dumpster;
use crate::peers::shared::gcmodule::Gcmodule;
use crate::peers::shared::gordian::Gordian;
use crate::peers::shared::jrsonnet::Jrsonnet;
use crate::workloads::shared as w;

/// Calls a generic workload with the competitor's type.
macro_rules! call {
    ($peer:expr, $($name:ident)::+ ($run:expr $(, $threads:literal)?)) => {
        match $peer {
            Peer::Gordian => w::$($name)::+::<Gordian>($run $(, $threads)?),
            Peer::Arc => w::$($name)::+::<Counted>($run $(, $threads)?),
            Peer::Dumpster => w::$($name)::+::<Dumpster>($run $(, $threads)?),
            Peer::Gcmodule => w::$($name)::+::<Gcmodule>($run $(, $threads)?),
            Peer::Jrsonnet => w::$($name)::+::<Jrsonnet>($run $(, $threads)?),
            _ => $run.unsupported(),
        }
    };
}

/// Runs a workload in this process; whether there is one of that name.
pub(super) fn run(workload: &str, peer: Peer, run: &mut Run) -> bool {
    match workload {
        "shared-nodes" => call!(peer, allocate::nodes(run)),
        "shared-leaves" => call!(peer, allocate::leaves(run)),
        "shared-clone-leaf" => call!(peer, handles::clone_leaf(run, 1)),
        "shared-clone" => call!(peer, handles::clone(run, 1)),
        "shared-clone-leaf-2" => call!(peer, handles::clone_leaf(run, 2)),
        "shared-clone-2" => call!(peer, handles::clone(run, 2)),
        "shared-first-drop" => call!(peer, handles::first_drop(run)),
        "shared-deref" => call!(peer, handles::deref(run, 1)),
        "shared-deref-2" => call!(peer, handles::deref(run, 2)),
        "shared-pairs" => call!(peer, cycles::pairs(run)),
        "shared-freed" => call!(peer, cycles::freed(run)),
        "shared-graph" => call!(peer, graph::graph(run)),
        "shared-waits" => call!(peer, locks::waits(run)),
        _ => return false,
    }
    true
}
