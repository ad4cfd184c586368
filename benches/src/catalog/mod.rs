//! The rows of the report: which workload, at which size, and what gordian is to reach.

mod shared;

use crate::peers::Peer;

pub(crate) use self::shared::{SHARED_WORKLOADS, WAITS};

/// Something that children run, with the rows of the report that its numbers go to.
#[derive(Clone, Copy)]
pub(crate) struct Workload {
    /// The name on a child's command line.
    pub(crate) name: &'static str,
    /// What `--only` selects it by.
    pub(crate) group: &'static str,
    pub(crate) size: usize,
    quick: usize,
    /// Run once, since a second time would not start from the same state.
    pub(crate) once: bool,
    /// The competitors it is for, if not all.
    pub(crate) only: Option<Peer>,
    pub(crate) rows: &'static [Row],
}

/// A row of the report.
pub(crate) struct Row {
    /// With `{}` for the size.
    title: &'static str,
    /// Which of the numbers of a repetition.
    pub(crate) number: usize,
    pub(crate) unit: Unit,
    pub(crate) summary: Summary,
    /// What the others are compared with.
    pub(crate) baseline: Option<Peer>,
    pub(crate) target: Option<Target>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Milliseconds,
    Bytes,
    Factor,
    Percent,
    /// Percent, where digits behind the point mean nothing.
    Share,
}

/// What stands for all repetitions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Summary {
    Median,
    /// Where some repetitions contain a rare, long collection that must be counted in. The last
    /// number of a repetition is how many operations it was of.
    Mean,
    /// For pauses.
    Greatest,
    /// For pauses that every repetition has: the third quartile. What is longer in few repetitions is the
    /// machine's: `Rc` has it as well.
    Recurring,
}

/// What gordian is to reach at most.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// A multiple of the baseline.
    Ratio(f64),
    /// An amount in the row's unit.
    Amount(f64),
}

impl Row {
    const fn new(title: &'static str, number: usize, unit: Unit) -> Self {
        Self {
            title,
            number,
            unit,
            summary: Summary::Median,
            baseline: Some(Peer::Rc),
            target: None,
        }
    }

    const fn nanoseconds(title: &'static str, number: usize) -> Self {
        Self::new(title, number, Unit::Nanoseconds)
    }

    /// A collection, compared with gc-arena's.
    const fn collection(title: &'static str, number: usize) -> Self {
        Self {
            baseline: Some(Peer::Arena),
            ..Self::new(title, number, Unit::Milliseconds)
        }
    }

    const fn summary(self, summary: Summary) -> Self {
        Self { summary, ..self }
    }

    const fn mean(self) -> Self {
        self.summary(Summary::Mean)
    }

    const fn alone(self) -> Self {
        Self {
            baseline: None,
            ..self
        }
    }

    /// At most so many times the baseline.
    const fn ratio(self, target: f64) -> Self {
        Self {
            target: Some(Target::Ratio(target)),
            ..self
        }
    }

    /// At most so much.
    const fn at_most(self, target: f64) -> Self {
        Self {
            target: Some(Target::Amount(target)),
            ..self
        }
    }

    /// The title of a row without a size.
    pub(crate) fn bare_title(&self) -> &'static str {
        self.title
    }

    pub(crate) fn title(&self, workload: &Workload) -> String {
        self.title.replace("{}", &grouped(workload.size))
    }
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

impl Workload {
    const fn new(
        name: &'static str,
        group: &'static str,
        (size, quick): (usize, usize),
        rows: &'static [Row],
    ) -> Self {
        Self {
            name,
            group,
            size,
            quick,
            once: false,
            only: None,
            rows,
        }
    }

    const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// The same at the size of a quick run.
    pub(crate) fn quickly(self) -> Self {
        self.at(self.quick)
    }

    /// The same at another size.
    pub(crate) fn at(self, size: usize) -> Self {
        Self { size, ..self }
    }
}

const MILLION: (usize, usize) = (1_000_000, 10_000);

/// The largest size of the sweep.
pub(crate) const SWEEP: Workload = Workload::new("churn", "sweep", MILLION, CHURN_1E6);

const CHURN_TITLE: &str = "dead pairs beside {} live nodes, a pair";
const CHURN_1E4: &[Row] = &[Row::nanoseconds(CHURN_TITLE, 0).mean().ratio(1.5)];
const CHURN_1E5: &[Row] = &[Row::nanoseconds(CHURN_TITLE, 0).mean().ratio(1.5)];
const CHURN_1E6: &[Row] = &[Row::nanoseconds(CHURN_TITLE, 0).mean().ratio(1.4)];
const WITH_HANDLES: &[Row] = &[Row::nanoseconds(
    "dead pairs beside {} live nodes, with a random live handle cloned and dropped",
    0,
)
.mean()
.ratio(1.5)];

/// All workloads, in the order of the report.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload::new(
        "nodes",
        "allocate",
        (100_000, 2_000),
        &[
            Row::nanoseconds("allocate and drop at once", 0).ratio(0.6),
            Row::nanoseconds("allocate {}, keep, drop all", 1).ratio(0.6),
        ],
    ),
    Workload::new(
        "leaves",
        "allocate",
        (100_000, 2_000),
        &[Row::nanoseconds("allocate and drop at once, leaf type", 0).ratio(0.5)],
    ),
    Workload::new(
        "clone",
        "handles",
        (1_000_000, 10_000),
        &[
            Row::nanoseconds("clone and drop, one object", 0).ratio(1.1),
            Row::nanoseconds("clone and drop, a thousand objects in turn", 1).ratio(1.3),
        ],
    ),
    Workload::new(
        "deref",
        "handles",
        MILLION,
        &[
            Row::nanoseconds("deref {} objects in order", 0).ratio(1.1),
            Row::nanoseconds("deref {} objects shuffled", 1).ratio(1.1),
        ],
    ),
    Workload::new(
        "ring",
        "dead",
        MILLION,
        &[
            Row::nanoseconds("ring of {}: drop and collect, a node", 0).ratio(2.5),
            Row::nanoseconds("ring of {}: build, drop and collect, a node", 1).ratio(1.3),
        ],
    ),
    Workload::new(
        "trees",
        "trees",
        (50, 5),
        &[Row::nanoseconds(
            "{} binary trees with parents (2047 nodes), automatic collection, a node",
            0,
        )
        .mean()
        .ratio(1.4)],
    ),
    Workload::new(
        "dom",
        "dead",
        (6, 4),
        &[
            Row::nanoseconds(
                "document of {} levels (10 children): drop and collect, a node",
                0,
            ),
            Row::nanoseconds("document of {} levels: build, drop and collect, a node", 1)
                .ratio(2.0),
        ],
    ),
    Workload::new(
        "graph",
        "dead",
        MILLION,
        &[Row::nanoseconds(
            "random graph of {}, 4 links each: drop and collect, a node",
            0,
        )
        .ratio(0.9)],
    ),
    Workload::new(
        "alive",
        "alive",
        MILLION,
        &[
            Row::collection("live graph of {}, all touched: full collection", 0).ratio(1.0),
            Row::collection("live graph of {}, one touched: full collection", 1).ratio(2.0),
            Row::collection("live graph of {}, one touched: young collection", 2)
                .alone()
                .at_most(0.05),
            Row::collection("live graph of {}, nothing touched: full collection", 3).at_most(0.001),
        ],
    ),
    Workload::new("churn", "churn", (10_000, 1_000), CHURN_1E4),
    Workload::new("churn", "churn", (100_000, 3_000), CHURN_1E5),
    Workload::new("churn", "churn", (1_000_000, 10_000), CHURN_1E6),
    Workload::new(
        "pause",
        "churn",
        MILLION,
        &[Row::new(
            "dead pairs beside {} live nodes, longest time for a pair",
            0,
            Unit::Milliseconds,
        )
        .alone()
        .summary(Summary::Recurring)
        .at_most(1.0)],
    ),
    Workload::new("churn-handles", "churn", (10_000, 1_000), WITH_HANDLES),
    Workload::new("churn-handles", "churn", (100_000, 3_000), WITH_HANDLES),
    Workload::new("churn-handles", "churn", (1_000_000, 10_000), WITH_HANDLES),
    Workload::new(
        "chain",
        "chain",
        (10_000, 1_000),
        &[Row::nanoseconds("chain of {} released by its head, a node", 0).ratio(0.5)],
    ),
    Workload::new(
        "chain-large-stack",
        "chain",
        MILLION,
        &[Row::nanoseconds(
            "chain of {} released by its head, on a stack of 4 GiB, a node",
            0,
        )
        .ratio(0.3)],
    ),
    Workload::new(
        "chain-by-hand",
        "chain",
        MILLION,
        &[Row::nanoseconds(
            "chain of {} released by its head (Rc: node by node), a node",
            0,
        )],
    ),
    Workload {
        only: Some(Peer::Rc),
        ..Workload::new(
            "chain",
            "chain",
            MILLION,
            &[Row::nanoseconds(
                "chain of {} released by its head, Rc without help, a node",
                0,
            )],
        )
    },
    Workload::new(
        "memory",
        "memory",
        MILLION,
        &[
            Row::new(
                "memory for {} live nodes, 24-byte values, after a collection, a node",
                0,
                Unit::Bytes,
            )
            .at_most(48.0),
            Row::new(
                "memory while they are collected, as a multiple",
                1,
                Unit::Factor,
            )
            .alone()
            .at_most(1.6),
        ],
    )
    .once(),
];

const FREED: &[Row] = &[
    Row::new("freed without being asked to", 0, Unit::Percent).alone(),
    Row::new("freed after a last collection", 1, Unit::Percent).alone(),
];

/// What is made, with the workload that tells how much of it is freed.
pub(crate) const FREED_WORKLOADS: &[(&str, Workload)] = &[
    (
        "rings of 10 000",
        Workload::new("freed-ring", "freed", (1, 1), FREED).once(),
    ),
    (
        "trees of 4095",
        Workload::new("freed-trees", "freed", (1, 1), FREED).once(),
    ),
    (
        "documents of 1111",
        Workload::new("freed-dom", "freed", (1, 1), FREED).once(),
    ),
    (
        "graphs of 10 000",
        Workload::new("freed-graph", "freed", (1, 1), FREED).once(),
    ),
];

const PACING: &[Row] = &[
    Row::new("share of the time in collections", 0, Unit::Share).alone(),
    Row::nanoseconds("the same for an object made", 1).alone(),
    Row::new("most objects by those alive", 2, Unit::Factor).alone(),
];

/// What automatic collection costs and leaves, with the workload that tells.
pub(crate) const PACING_WORKLOADS: &[(&str, Workload)] = &[
    (
        "a ring being built",
        Workload::new("pacing-growing", "pacing", MILLION, PACING).once(),
    ),
    (
        "trees of 2047, one after another: how many",
        Workload::new("pacing-trees", "pacing", (500, 50), PACING),
    ),
    (
        "documents of 11 111, one after another: how many",
        Workload::new("pacing-documents", "pacing", (100, 10), PACING),
    ),
    (
        "dead pairs beside live nodes",
        Workload::new("pacing-pairs", "pacing", (10_000, 1_000), PACING),
    ),
    (
        "dead pairs beside live nodes",
        Workload::new("pacing-pairs", "pacing", MILLION, PACING),
    ),
];

/// How long old garbage waits.
pub(crate) const OLD_GARBAGE: Workload = Workload::new("pacing-old", "pacing", MILLION, OLD).once();

const OLD: &[Row] = &[
    Row::new("of a program that makes garbage", 0, Unit::Factor).alone(),
    Row::new("of one that makes none", 1, Unit::Factor).alone(),
];
