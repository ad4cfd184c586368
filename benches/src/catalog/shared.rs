//! The rows of handles that threads share.

use super::{MILLION, Row, Summary, Unit, Workload};
use crate::peers::Peer;

impl Row {
    /// A time, compared with `Arc`'s.
    const fn shared(title: &'static str, number: usize) -> Self {
        Self {
            baseline: Some(Peer::Arc),
            ..Self::nanoseconds(title, number)
        }
    }
}

impl Workload {
    const fn shared(name: &'static str, sizes: (usize, usize), rows: &'static [Row]) -> Self {
        Self::new(name, "shared", sizes, rows)
    }
}

const HUNDRED_THOUSAND: (usize, usize) = (100_000, 2_000);

const fn wait(title: &'static str, number: usize) -> Row {
    Row::new(title, number, Unit::Milliseconds)
        .summary(Summary::Greatest)
        .alone()
}

/// How long a thread waits for locks while another one collects.
pub(crate) const WAITS: &str = "shared-waits";

/// All workloads of the part, in the order of the report.
pub(crate) const SHARED_WORKLOADS: &[Workload] = &[
    Workload::shared(
        "shared-nodes",
        HUNDRED_THOUSAND,
        &[
            Row::shared("allocate and drop at once", 0).ratio(1.1),
            Row::shared("allocate {}, keep, drop all", 1),
        ],
    ),
    Workload::shared(
        "shared-leaves",
        HUNDRED_THOUSAND,
        &[Row::shared("allocate and drop at once, leaf type", 0)],
    ),
    Workload::shared(
        "shared-clone-leaf",
        MILLION,
        &[
            Row::shared("clone and drop, leaf type, one object", 0).ratio(1.3),
            Row::shared("clone and drop, leaf type, a thousand objects in turn", 1),
        ],
    ),
    Workload::shared(
        "shared-clone",
        MILLION,
        &[
            Row::shared("clone and drop, one object", 0).ratio(1.7),
            Row::shared("clone and drop, a thousand objects in turn", 1),
        ],
    ),
    Workload::shared(
        "shared-clone-leaf-2",
        MILLION,
        &[
            Row::shared(
                "clone and drop, leaf type, two threads, an object of its own each",
                0,
            )
            .ratio(1.5),
            Row::shared(
                "clone and drop, leaf type, two threads, a thousand objects of its own each",
                1,
            ),
        ],
    ),
    Workload::shared(
        "shared-clone-2",
        MILLION,
        &[
            Row::shared("clone and drop, two threads, an object of its own each", 0).ratio(1.5),
            Row::shared(
                "clone and drop, two threads, a thousand objects of its own each",
                1,
            ),
        ],
    ),
    Workload::shared(
        "shared-first-drop",
        (10_000, 1_000),
        &[
            Row::shared("first drop of a clone after a collection, {} objects", 0),
            Row::shared("the same once more", 1),
            Row::new(
                "first drop after a collection, as a multiple of the next one",
                2,
                Unit::Factor,
            )
            .alone()
            .at_most(2.5),
        ],
    ),
    Workload::shared(
        "shared-deref",
        MILLION,
        &[
            Row::shared("deref a thousand objects in turn", 0).ratio(1.05),
            Row::shared("deref {} objects shuffled", 1),
        ],
    ),
    Workload::shared(
        "shared-deref-2",
        MILLION,
        &[
            Row::shared("deref a thousand objects in turn, two threads", 0).ratio(1.05),
            Row::shared("deref {} objects shuffled, two threads", 1),
        ],
    ),
    Workload::shared(
        "shared-pairs",
        HUNDRED_THOUSAND,
        &[
            Row::shared("dead pairs on two threads, automatic collection, a pair", 0)
                .mean()
                .ratio(4.0),
        ],
    ),
    Workload::shared(
        "shared-graph",
        MILLION,
        &[Row::shared(
            "random graph of {}, 4 links each: drop and collect, a node",
            0,
        )
        .ratio(2.5)],
    ),
    Workload::shared(
        WAITS,
        MILLION,
        &[
            wait(
                "longest wait for a lock that the collector holds, {} live nodes, processor time",
                0,
            )
            .at_most(10.0),
            wait("the same in real time", 1),
            wait(
                "longest time to take any lock while another thread collects",
                2,
            ),
            wait("the same while it does not", 3),
        ],
    ),
    Workload::shared(
        "shared-freed",
        HUNDRED_THOUSAND,
        &[
            Row::new(
                "dead pairs on two threads, freed without being asked to",
                0,
                Unit::Percent,
            )
            .alone(),
            Row::new(
                "the same, freed after a collection on a third thread",
                1,
                Unit::Percent,
            )
            .alone(),
            Row::new(
                "the same, freed after one on each thread, too",
                2,
                Unit::Percent,
            )
            .alone(),
        ],
    )
    .once(),
];
