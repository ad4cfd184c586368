//! The tables of the report.

use std::fmt::Write;

use super::format;
use crate::catalog::{Row, Target, grouped};
use crate::measure::{Measured, Outcome, State};
use crate::peers::Peer;
use crate::session::Results;
use crate::workloads::shared::locks::{DECADES, KINDS};

/// The rows of workloads.
fn rows(measured: &[Measured]) -> impl Iterator<Item = (&Measured, &Row)> {
    measured.iter().flat_map(|measured| {
        measured
            .workload
            .rows
            .iter()
            .map(move |row| (measured, row))
    })
}

/// How gordian does in each row that has a target.
pub(crate) fn targets(results: &Results) -> String {
    let mut table = header(&[
        "workload",
        "gordian",
        "quartiles",
        "of",
        "is",
        "ratio",
        "target",
        "",
    ]);
    let shared = rows(&results.shared).map(|row| (row, "shared: "));
    for ((measured, row), part) in rows(&results.measured).map(|row| (row, "")).chain(shared) {
        let (Some(target), Some(outcome)) = (row.target, measured.of(Peer::Gordian)) else {
            continue;
        };
        let unit = row.unit;
        let baseline = row.baseline.and_then(|peer| measured.of(peer));
        let cells = [
            format!("{part}{}", row.title(&measured.workload)),
            cell(outcome, row),
            spread(outcome, row),
            baseline.map_or(String::new(), |outcome| outcome.peer.name().into()),
            baseline.map_or(String::new(), |outcome| cell(outcome, row)),
            measured
                .ratio(row, Peer::Gordian)
                .map_or(String::new(), format::ratio),
            format::target(target, unit),
            verdict(measured, row, target).into(),
        ];
        line(&mut table, &cells);
    }
    table
}

/// How many of the targets are reached, and how many there are.
pub(crate) fn score(results: &Results) -> (usize, usize) {
    let verdicts: Vec<&str> = rows(&results.measured)
        .chain(rows(&results.shared))
        .filter_map(|(measured, row)| Some(verdict(measured, row, row.target?)))
        .collect();
    let reached = verdicts.iter().filter(|verdict| **verdict == REACHED);
    (reached.count(), verdicts.len())
}

const REACHED: &str = "reached";

fn verdict(measured: &Measured, row: &Row, target: Target) -> &'static str {
    let (got, most) = match target {
        Target::Ratio(most) => (measured.ratio(row, Peer::Gordian), most),
        Target::Amount(most) => {
            let outcome = measured.of(Peer::Gordian);
            (outcome.and_then(|outcome| outcome.value(row)), most)
        }
    };
    match got {
        Some(got) if got <= most => REACHED,
        Some(_) => "**no**",
        None => "**not measured**",
    }
}

/// All competitors as multiples of the baseline, or with their amounts where there is none.
pub(crate) fn ratios(peers: &[Peer], measured: &[Measured]) -> String {
    let mut table = peer_header(peers, "workload");
    for (measured, row) in rows(measured) {
        let mut cells = vec![row.title(&measured.workload)];
        cells.extend(peers.iter().map(|&peer| {
            match measured.ratio(row, peer) {
                Some(ratio) => format::ratio(ratio),
                None => measured
                    .of(peer)
                    .map_or("–".into(), |outcome| cell(outcome, row)),
            }
        }));
        line(&mut table, &cells);
    }
    table
}

/// All competitors' amounts, with quartiles.
pub(crate) fn amounts(peers: &[Peer], measured: &[Measured]) -> String {
    let mut table = peer_header(peers, "workload");
    for (measured, row) in rows(measured) {
        let mut cells = vec![row.title(&measured.workload)];
        cells.extend(peers.iter().map(|&peer| {
            measured
                .of(peer)
                .map_or("–".into(), |outcome| match spread(outcome, row) {
                    spread if spread.is_empty() => cell(outcome, row),
                    spread => format!("{}<br>({spread})", cell(outcome, row)),
                })
        }));
        line(&mut table, &cells);
    }
    table
}

/// How much each competitor frees.
pub(crate) fn freed(results: &Results) -> String {
    let mut table = peer_header(&results.peers, "made");
    for (title, measured) in &results.freed {
        let mut cells = vec![(*title).to_owned()];
        cells.extend(results.peers.iter().map(|&peer| {
            let Some(outcome) = measured.of(peer) else {
                return "–".into();
            };
            let shares = measured.workload.rows.iter().map(|row| cell(outcome, row));
            let mut shares: Vec<String> = shares.collect();
            shares.dedup();
            shares.join(" / ")
        }));
        line(&mut table, &cells);
    }
    table
}

/// How many locks were taken in which time; nothing if nobody can do it.
pub(crate) fn waits(measured: &Measured) -> String {
    let fit = |outcome: &&Outcome| outcome.is_fine() && !outcome.samples.is_empty();
    let outcomes: Vec<&Outcome> = measured.outcomes.iter().filter(fit).collect();
    let kinds: [_; KINDS] = [
        "held by the collector (processor time)",
        "held by the collector",
        "while it ran",
        "while it did not",
    ];
    let names = outcomes
        .iter()
        .flat_map(|outcome| kinds.map(|kind| format!("{}, {kind}", outcome.peer.name())));
    let names: Vec<String> = std::iter::once("locks taken in".into())
        .chain(names)
        .collect();
    let mut table = header(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (decade, title) in DECADES.into_iter().enumerate() {
        let mut cells = vec![title.to_owned()];
        cells.extend(outcomes.iter().flat_map(|outcome| {
            let count = |kind| outcome.total(KINDS + kind * DECADES.len() + decade);
            std::array::from_fn::<_, KINDS, _>(|kind| grouped(count(kind) as usize))
        }));
        line(&mut table, &cells);
    }
    table
}

/// What automatic collection costs and leaves.
pub(crate) fn pacing(results: &Results) -> String {
    let rows = results.pacing.first().map(|(_, it)| it.workload.rows);
    let Some(rows) = rows else {
        return String::new();
    };
    let titles = rows.iter().map(Row::bare_title);
    let mut table = header(
        &["program", "size"]
            .into_iter()
            .chain(titles)
            .collect::<Vec<_>>(),
    );
    for (title, measured) in &results.pacing {
        let mut cells = vec![(*title).to_owned(), grouped(measured.workload.size)];
        cells.extend(rows.iter().map(|row| gordians(measured, row)));
        line(&mut table, &cells);
    }
    table
}

/// What gordian has in a row.
pub(crate) fn gordians(measured: &Measured, row: &Row) -> String {
    let outcome = measured.of(Peer::Gordian);
    outcome.map_or("–".into(), |outcome| cell(outcome, row))
}

/// Who failed at what.
pub(crate) fn failures(results: &Results) -> Vec<String> {
    let local = results
        .measured
        .iter()
        .chain(results.freed.iter().map(|(_, it)| it));
    let measured = local
        .map(|measured| (measured, ""))
        .chain(results.shared.iter().map(|measured| (measured, "shared: ")));
    let mut found: Vec<(Peer, String, Vec<String>)> = Vec::new();
    for (measured, part) in measured {
        let title = measured.workload.rows[0].title(&measured.workload);
        let title = format!("{part}{title}");
        for outcome in &measured.outcomes {
            let what = match &outcome.state {
                State::Fine | State::Unsupported => continue,
                State::Failed(failure) => failure.to_string(),
                State::FailedAtEnd(failure) => format!("{failure} when the process ended, in"),
            };
            let same = |it: &&mut (Peer, String, _)| it.0 == outcome.peer && it.1 == what;
            match found.iter_mut().find(same) {
                Some((.., titles)) => titles.push(title.clone()),
                None => found.push((outcome.peer, what, vec![title.clone()])),
            }
        }
    }
    found.sort();
    let sentence = |(peer, what, titles): (Peer, String, Vec<String>)| {
        format!("**{}** {what}: {}", peer.name(), titles.join("; "))
    };
    found.into_iter().map(sentence).collect()
}

/// A value, or in a word why there is none.
fn cell(outcome: &Outcome, row: &Row) -> String {
    match (outcome.value(row), &outcome.state) {
        (Some(value), State::FailedAtEnd(_)) => format!("{} †", format::amount(value, row.unit)),
        (Some(value), _) => format::amount(value, row.unit),
        (None, State::Failed(failure)) => format!("✗ {}", failure.short()),
        (None, _) => "–".into(),
    }
}

fn spread(outcome: &Outcome, row: &Row) -> String {
    outcome.spread(row).map_or(String::new(), |(low, high)| {
        let (low, high) = (
            format::amount(low, row.unit),
            format::amount(high, row.unit),
        );
        format!("{low} – {high}")
    })
}

fn peer_header(peers: &[Peer], first: &str) -> String {
    let names = peers.iter().map(|peer| peer.name());
    header(&[first].into_iter().chain(names).collect::<Vec<_>>())
}

fn header(cells: &[&str]) -> String {
    let mut table = String::new();
    line(&mut table, cells);
    line(&mut table, &vec!["---"; cells.len()]);
    table
}

fn line(table: &mut String, cells: &[impl AsRef<str>]) {
    for cell in cells {
        let _ = write!(table, "| {} ", cell.as_ref());
    }
    table.push_str("|\n");
}
