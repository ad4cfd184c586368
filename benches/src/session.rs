//! One run from beginning to end: which measurements are made, and in which order.

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::args::Options;
use crate::catalog::{
    FREED_WORKLOADS, OLD_GARBAGE, PACING_WORKLOADS, SHARED_WORKLOADS, SWEEP, Summary, WORKLOADS,
    Workload,
};
use crate::measure::{self, Curve, Failure, Limits, Measured};
use crate::peers::Peer;
use crate::report;

/// What was measured.
pub(crate) struct Results {
    pub(crate) quick: bool,
    /// The competitors that took part.
    pub(crate) peers: Vec<Peer>,
    /// Those that failed at a thousand small objects, and were left out.
    pub(crate) left_out: Vec<(Peer, Failure)>,
    pub(crate) measured: Vec<Measured>,
    /// The competitors whose handles threads can share, and what they did.
    pub(crate) shared_peers: Vec<Peer>,
    pub(crate) shared: Vec<Measured>,
    /// What is made, and how much of it was freed.
    pub(crate) freed: Vec<(&'static str, Measured)>,
    /// What automatic collection of gordian was asked for, and what it cost.
    pub(crate) pacing: Vec<(&'static str, Measured)>,
    pub(crate) old_garbage: Option<Measured>,
    /// What the DOM example said.
    pub(crate) program: Option<String>,
    pub(crate) curves: Vec<Curve>,
    pub(crate) took: Duration,
}

/// From where, and at how many sizes, the sweep goes.
const SWEEP_SIZES: (usize, usize) = (1_000, 24);
const QUICK_SWEEP_SIZES: (usize, usize) = (1_000, 3);

/// The time for a pair, in nanoseconds, from which on a competitor is left out of the sweep.
const SWEEP_LIMIT: f64 = 50_000.0;

const FULL: Limits = Limits {
    processes: 3,
    budget: Duration::from_millis(500),
    patience: Duration::from_secs(20),
    most: 9,
    least: 3,
};

const QUICK: Limits = Limits {
    processes: 1,
    budget: Duration::from_millis(20),
    patience: Duration::from_secs(2),
    most: 3,
    least: 2,
};

/// Measures everything that was asked for, and writes the report.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let limits = if options.quick { QUICK } else { FULL };
    let (peers, mut left_out) = try_out(options, limits)?;
    let (shared_peers, shared_left_out) = try_out_shared(options, limits)?;
    left_out.extend(shared_left_out);
    let mut results = Results {
        quick: options.quick,
        measured: workloads(options, &peers, limits, WORKLOADS)?,
        shared: workloads(options, &shared_peers, limits, SHARED_WORKLOADS)?,
        shared_peers,
        freed: titled(options, &peers, limits, FREED_WORKLOADS)?,
        pacing: titled(options, &[Peer::Gordian], limits, PACING_WORKLOADS)?,
        old_garbage: old_garbage(options, limits)?,
        program: program(options),
        curves: curves(options, &peers, limits)?,
        peers,
        left_out,
        took: Duration::ZERO,
    };
    results.took = start.elapsed();
    report::write(&results, &options.out)?;
    eprintln!("wrote {}", options.out.join("REPORT.md").display());
    Ok(())
}

type Trials = (Vec<Peer>, Vec<(Peer, Failure)>);

/// The competitors that work on one thread, and those that do not.
fn try_out(options: &Options, limits: Limits) -> Result<Trials, Box<dyn Error>> {
    if !options.wants_others("shared") {
        return Ok(Trials::default());
    }
    let peers = options.peers.iter().copied().filter(|peer| peer.is_local());
    trials(peers, "leaves", limits)
}

/// As [`try_out`], for those whose handles threads can share.
fn try_out_shared(options: &Options, limits: Limits) -> Result<Trials, Box<dyn Error>> {
    if !options.wants("shared") {
        return Ok(Trials::default());
    }
    let peers = Peer::SHARED.into_iter();
    let peers = peers.filter(|peer| options.peers.contains(peer));
    trials(peers, "shared-leaves", limits)
}

fn trials(
    peers: impl Iterator<Item = Peer>,
    workload: &str,
    limits: Limits,
) -> Result<Trials, Box<dyn Error>> {
    let (mut fit, mut left_out) = Trials::default();
    for peer in peers {
        match measure::trial(workload, peer, limits.patience / 4)? {
            Ok(()) => fit.push(peer),
            Err(failure) => {
                eprintln!("{} is left out: it {failure}", peer.name());
                left_out.push((peer, failure));
            }
        }
    }
    Ok((fit, left_out))
}

fn workloads(
    options: &Options,
    peers: &[Peer],
    limits: Limits,
    workloads: &[Workload],
) -> Result<Vec<Measured>, Box<dyn Error>> {
    let wanted: Vec<Workload> = workloads
        .iter()
        .filter(|workload| options.wants(workload.group))
        .map(|&workload| {
            if options.quick {
                workload.quickly()
            } else {
                workload
            }
        })
        .collect();
    let mut measured = Vec::new();
    for (number, &workload) in wanted.iter().enumerate() {
        let title = workload.rows[0].title(&workload);
        eprintln!("[{}/{}] {title}", number + 1, wanted.len());
        let peers = peers.iter().copied();
        let peers: Vec<Peer> = peers
            .filter(|&peer| workload.only.is_none_or(|only| only == peer))
            .collect();
        let limits = if workload.rows[0].summary == Summary::Median {
            limits
        } else {
            limits.longer()
        };
        measured.push(measure::measure(workload, &peers, limits)?);
    }
    Ok(measured)
}

/// Measures workloads of the same rows.
fn titled(
    options: &Options,
    peers: &[Peer],
    limits: Limits,
    workloads: &[(&'static str, Workload)],
) -> Result<Vec<(&'static str, Measured)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for &(title, workload) in workloads {
        if options.wants(workload.group) {
            eprintln!("[{}] {title}", workload.group);
            let workload = if options.quick {
                workload.quickly()
            } else {
                workload
            };
            found.push((title, measure::measure(workload, peers, limits)?));
        }
    }
    Ok(found)
}

fn old_garbage(options: &Options, limits: Limits) -> Result<Option<Measured>, Box<dyn Error>> {
    let only = [("old garbage", OLD_GARBAGE)];
    let measured = titled(options, &[Peer::Gordian], limits, &only)?;
    Ok(measured.into_iter().next().map(|(_, measured)| measured))
}

/// Runs the DOM example on the files it finds by itself, and returns what it says.
fn program(options: &Options) -> Option<String> {
    if options.quick || !options.wants("program") {
        return None;
    }
    eprintln!("[program] the DOM example");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "gordian",
            "--example",
            "dom",
            "--",
            "--compare",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn curves(options: &Options, peers: &[Peer], limits: Limits) -> Result<Vec<Curve>, Box<dyn Error>> {
    if !options.wants(SWEEP.group) {
        return Ok(Vec::new());
    }
    let (workload, sizes) = if options.quick {
        (SWEEP.quickly(), QUICK_SWEEP_SIZES)
    } else {
        (SWEEP, SWEEP_SIZES)
    };
    let limits = Limits {
        processes: 1,
        budget: limits.budget * 3 / 2,
        most: limits.most * 3,
        least: 2,
        ..limits
    };
    let progress = |size| eprintln!("[sweep] {size} live nodes");
    let curves = measure::sweep(&workload, peers, limits, sizes, SWEEP_LIMIT, progress)?;
    Ok(curves)
}
