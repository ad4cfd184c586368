//! The text of the report.

use std::fmt::{self, Write};

use super::{machine, shared, tables};
use crate::peers::{self, Peer};
use crate::session::Results;
use crate::workloads::freed::ROUNDS;

/// The whole of `REPORT.md`.
pub(crate) fn report(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = head(&mut text, results)
        .and_then(|()| targets(&mut text, results))
        .and_then(|()| rows(&mut text, results))
        .and_then(|()| shared::part(&mut text, results))
        .and_then(|()| troubles(&mut text, results))
        .and_then(|()| sweep(&mut text, results))
        .and_then(|()| pacing(&mut text, results))
        .and_then(|()| program(&mut text, results))
        .and_then(|()| method(&mut text, results));
    text
}

fn head(text: &mut String, results: &Results) -> fmt::Result {
    writeln!(text, "# gordian beside its peers\n")?;
    writeln!(
        text,
        "Written by `cargo run --release -p gordian-benches`{}; do not edit.\n",
        if results.quick {
            " with `--quick`: **too short to mean anything**"
        } else {
            ""
        }
    )?;
    for (what, fact) in machine::facts() {
        writeln!(text, "* {what}: {fact}")?;
    }
    writeln!(text, "* time taken: {} s", results.took.as_secs())
}

fn targets(text: &mut String, results: &Results) -> fmt::Result {
    if results.measured.is_empty() && results.shared.is_empty() {
        return Ok(());
    }
    let (reached, targets) = tables::score(results);
    writeln!(
        text,
        "\n## gordian and its targets\n\nReached: {reached} of {targets}.\n"
    )?;
    writeln!(text, "{}", tables::targets(results))
}

fn rows(text: &mut String, results: &Results) -> fmt::Result {
    if results.measured.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "## All crates\n\n![ratios to Rc](plots/overview.svg)\n"
    )?;
    writeln!(
        text,
        "As multiples of `Rc`; collections of the live graph as multiples of gc-arena. Amounts \
         where there is nothing to compare with. A dash: the crate has no such operation (keys and \
         gc-arena's pointers are copied, not counted; `Rc` and slotmap have no collector; only \
         gordian can be asked for a young collection). ✗: see below. †: the process crashed afterwards.\n"
    )?;
    writeln!(
        text,
        "{}",
        tables::ratios(&results.peers, &results.measured)
    )?;
    writeln!(
        text,
        "## Amounts\n\nMedians, with quartiles; for trees and dead pairs means. The longest time for a \
         pair is the third quartile of those of all repetitions, with the median and the greatest: each \
         repetition has thousands of collections of all kinds that come at all, and the greatest one \
         tells of the machine, as that of `Rc` does, which has none.\n"
    )?;
    writeln!(
        text,
        "{}",
        tables::amounts(&results.peers, &results.measured)
    )
}

fn troubles(text: &mut String, results: &Results) -> fmt::Result {
    writeln!(text, "## What failed\n")?;
    for (peer, failure) in &results.left_out {
        writeln!(
            text,
            "* **{}** {failure} when asked for a thousand small objects, and was left out of \
             everything. {}",
            peer.name(),
            remark(*peer)
        )?;
    }
    for failure in tables::failures(results) {
        writeln!(text, "* {failure}.")?;
    }
    if results.freed.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n## What is freed\n\n{ROUNDS} of each structure are made and given up. How many of \
         their values have been dropped by then, and after a last collection that is asked for; \
         one number if they are the same. What is short of 100 % in the end is a leak.\n"
    )?;
    writeln!(text, "{}", tables::freed(results))
}

/// What is known of a crate that does not work at all.
fn remark(peer: Peer) -> &'static str {
    match peer {
        Peer::Rudo => {
            "rudo-gc 0.8.19 built with `opt-level` 2 or 3 (rustc 1.95) never returns from its \
             first `Gc::new`: `allocate_page` maps page after page and sets each aside, as it does \
             when it finds the address of a new page on the stack or in a register. It works with \
             `opt-level` 0 and 1."
        }
        _ => "",
    }
}

fn sweep(text: &mut String, results: &Results) -> fmt::Result {
    if results.curves.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n## How it grows with the heap\n\nDead pairs beside a live graph, by the size of the \
         graph.\n\n![time for a pair by live nodes](plots/scaling.svg)\n"
    )?;
    for curve in &results.curves {
        let last = curve.points.last();
        let size = last.map_or("none".into(), |(size, _)| crate::catalog::grouped(*size));
        if let Some(why) = &curve.stopped {
            writeln!(text, "* {} stops at {size}: it {why}.", curve.peer.name())?;
        }
    }
    Ok(())
}

fn pacing(text: &mut String, results: &Results) -> fmt::Result {
    if results.pacing.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n## What automatic collection costs and leaves\n\nWith the default thresholds, for programs \
         that do nothing but make objects and give them up: the first one keeps all, so that \
         collections look in vain, and in the others all is cyclic garbage, so that collections do \
         all the freeing. The more a program does with its objects, the smaller the share; the time \
         for each object made stays what it is. Alive is what the program can still use at its \
         largest; the rest is garbage that waits. In generation 0 that is, by the rule of \
         `gordian::gc`, at most what survived one of the last collections, or 4\u{202f}700 objects; \
         what dies half built has partly grown old, and waits for up to ten collections of \
         generation 0, as in CPython.\n"
    )?;
    writeln!(text, "{}", tables::pacing(results))?;
    let Some(old) = &results.old_garbage else {
        return Ok(());
    };
    let rows = old.workload.rows.iter();
    let waits = rows.map(|row| tables::gordians(old, row));
    let [garbage, none] = waits.collect::<Vec<_>>().try_into().unwrap_or_default();
    let size = crate::catalog::grouped(old.workload.size);
    writeln!(
        text,
        "A dead ring of {size} old nodes is freed after {garbage} as many new objects where the \
         program makes cyclic garbage, and after {none} as many where it makes none and counting \
         frees what it makes: the former by the full collection that is due then, the latter because \
         160 objects made for each one there is ask for one, whatever has become of them. A program that \
         makes no object at all keeps it until it calls `collect`, or the thread ends: there is no \
         moment at which the collector could run.\n"
    )
}

fn program(text: &mut String, results: &Results) -> fmt::Result {
    let Some(said) = &results.program else {
        return Ok(());
    };
    writeln!(
        text,
        "\n## A whole program\n\n`cargo run --release --example dom -- --compare` parses HTML files (the \
         standard library's documentation, unless it is given others) into documents whose nodes \
         hold their parents, siblings and children, asks them a few questions, and drops them: with \
         automatic collection only. Then the same on `Rc`, which leaks what is in cycles.\n\n```text\n{}\n```",
        said.trim_end()
    )
}

fn method(text: &mut String, results: &Results) -> fmt::Result {
    writeln!(
        text,
        "\n## How it was measured\n\n\
         * Processes of its own for each crate and workload, three one after another (two for means), \
           since the place of its memory can make a process fast or slow; all crates of a workload \
           are made ready, then asked for one repetition at a time, in rounds that each start with \
           another crate.\n\
         * A ratio is the median of the ratios of the rounds. Where a repetition may or may not \
           contain a rare, long collection (trees, dead pairs) it is the ratio of the means.\n\
         * The longest time for a pair is time of the processor, so that what other programs do in \
           the meantime is not in it; but interrupts are, and what `Rc` has is about these.\n\
         * A node is a value of 8 bytes and an array of links in a `RefCell` (or the crate's own \
           cell): 1 link for chains and rings (24 bytes together), 3 for trees, 5 for documents, 4 \
           for graphs.\n\
         * A dead pair: two new nodes hold each other, one of them a random live node, and both \
           are dropped. Collection is automatic; `Rc` cuts the links.\n\
         * Memory is resident memory of the process less that before, so it has the allocator's \
           overhead in it, and pages that do not come from the global allocator.\n\
         * The stack has the default size, 8 MiB.\n"
    )?;
    writeln!(text, "{}", include_str!("tried.md"))?;
    writeln!(text, "## How each crate was used\n")?;
    let left_out = results.left_out.iter().map(|(peer, _)| peer);
    let left_out = left_out.filter(|peer| peer.is_local() && !results.peers.is_empty());
    for &peer in results.peers.iter().chain(left_out) {
        writeln!(text, "* **{}**: {}.", named(peer), peer.usage())?;
    }
    for &peer in &results.shared_peers {
        let usage = peers::shared::usage(peer);
        writeln!(text, "* **{}**, shared: {usage}.", named(peer))?;
    }
    Ok(())
}

/// A crate with its version.
fn named(peer: Peer) -> String {
    match peer {
        Peer::Rc | Peer::Arc => peer.name().into(),
        _ => format!("{} {}", peer.name(), machine::version(peer.name())),
    }
}
