//! The competitors, each used as its documentation says.
//!
//! One file per crate: its node type, what it needs to be traced, and how it is asked to collect.
//! A node is a value and an array of links behind one cell, so it has the same size for all.

pub(crate) mod arena;
pub(crate) mod bacon_rajan;
pub(crate) mod boa;
pub(crate) mod dumpster;
pub(crate) mod gc;
pub(crate) mod gcmodule;
pub(crate) mod gordian;
pub(crate) mod jrsonnet;
mod pointer;
pub(crate) mod rc;
pub(crate) mod rudo;
pub(crate) mod rust_cc;
pub(crate) mod shared;
pub(crate) mod slots;

/// A competitor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Peer {
    Gordian,
    Rc,
    Slotmap,
    Arena,
    Dumpster,
    RustCc,
    Gcmodule,
    Jrsonnet,
    BaconRajan,
    Gc,
    Boa,
    Rudo,
    /// Only where handles are shared between threads.
    Arc,
}

impl Peer {
    pub(crate) const ALL: [Self; 13] = [
        Self::Gordian,
        Self::Rc,
        Self::Slotmap,
        Self::Arena,
        Self::Dumpster,
        Self::RustCc,
        Self::Gcmodule,
        Self::Jrsonnet,
        Self::BaconRajan,
        Self::Gc,
        Self::Boa,
        Self::Rudo,
        Self::Arc,
    ];

    /// Those whose handles threads can share, in the order of the report.
    pub(crate) const SHARED: [Self; 5] = [
        Self::Gordian,
        Self::Arc,
        Self::Dumpster,
        Self::Gcmodule,
        Self::Jrsonnet,
    ];

    /// The name of the crate, and `Rc` and `Arc` for the standard library's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gordian => "gordian",
            Self::Rc => "Rc",
            Self::Slotmap => "slotmap",
            Self::Arena => "gc-arena",
            Self::Dumpster => "dumpster",
            Self::RustCc => "rust-cc",
            Self::Gcmodule => "gcmodule",
            Self::Jrsonnet => "jrsonnet-gcmodule",
            Self::BaconRajan => "bacon_rajan_cc",
            Self::Gc => "gc",
            Self::Boa => "boa_gc",
            Self::Rudo => "rudo-gc",
            Self::Arc => "Arc",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|peer| peer.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is for a single thread's objects.
    pub(crate) fn is_local(self) -> bool {
        self != Self::Arc
    }

    /// How the crate is used here, for the report.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Gordian => "`Gc`, `#[derive(Trace)]`, default thresholds",
            Self::Rc => "cycles are broken by hand: links are cut before the last handle goes",
            Self::Slotmap => "`SlotMap` with keys for links; every object is removed by hand",
            Self::Arena => {
                "`Gc` in an `Arena`, default pacing; `mutate` in small steps with `collect_debt` \
                 in between, `finish_cycle` where others collect"
            }
            Self::Dumpster => "`unsync::Gc`, default collection condition",
            Self::RustCc => "`Cc`, default features and configuration",
            Self::Gcmodule => {
                "`Cc`; never collects by itself: `collect_thread_cycles` once as many objects \
                 were made as survived the last time, and at least 10 000"
            }
            Self::Jrsonnet => "as gcmodule",
            Self::BaconRajan => {
                "`Cc`; never collects by itself: `collect_cycles` once \
                 `number_of_roots_buffered` passes 10 000, or 100 000 objects were made"
            }
            Self::Gc => "`Gc`, `GcCell`",
            Self::Boa => "`Gc`, `GcRefCell`",
            Self::Rudo => {
                "`Gc`, `GcCell`, default features; handles are kept in a `Gc<GcCell<Vec<Gc<_>>>>`, \
                 as its README demands; `collect_full` where others collect"
            }
            Self::Arc => "not used on one thread",
        }
    }
}
