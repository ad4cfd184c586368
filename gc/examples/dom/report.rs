//! What the example prints.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{BinaryBytes, HumanCount};

use crate::meter::{self, Measured};
use crate::page::{Edits, Page};

/// Sums over all files.
#[derive(Default)]
pub(crate) struct Totals {
    files: u64,
    bytes: u64,
    headings: u64,
    links: u64,
    links_with_heading: u64,
    edits: Edits,
    /// The longest that any one file took, collections included.
    pub(crate) slowest_page: Duration,
}

impl Totals {
    pub(crate) fn add(&mut self, bytes: usize, page: &Page) {
        self.files += 1;
        self.bytes += bytes as u64;
        self.headings += page.headings.len() as u64;
        self.links += page.links.len() as u64;
        self.links_with_heading += page
            .links
            .iter()
            .filter(|link| link.heading.is_some())
            .count() as u64;
        self.edits.moved += page.edits.moved;
        self.edits.deleted += page.edits.deleted;
    }
}

/// Prints what was found in one document.
pub(crate) fn page(out: &mut impl Write, page: &Page) -> io::Result<()> {
    writeln!(out, "{}", page.title.as_deref().unwrap_or("(no title)"))?;
    let links_of = |heading| {
        page.links
            .iter()
            .filter(move |link| link.heading == heading)
    };
    for link in links_of(None) {
        writeln!(out, "  - {} -> {}", link.text, link.href)?;
    }
    for (index, heading) in page.headings.iter().enumerate() {
        writeln!(out, "{} {}", "#".repeat(heading.level.into()), heading.text)?;
        for link in links_of(Some(index)) {
            writeln!(out, "  - {} -> {}", link.text, link.href)?;
        }
    }
    writeln!(out)
}

/// Prints the totals and what became of the nodes.
pub(crate) fn totals(out: &mut impl Write, totals: &Totals, run: &Measured) -> io::Result<()> {
    let count = HumanCount;
    let nodes = &run.nodes;
    let [young, middle, old] = run.collections;
    let waiting = nodes.made - nodes.counted - nodes.collected;

    writeln!(
        out,
        "files          {} ({})",
        count(totals.files),
        BinaryBytes(totals.bytes)
    )?;
    writeln!(out, "nodes          {}", count(nodes.made))?;
    writeln!(out, "headings       {}", count(totals.headings))?;
    let (links, below) = (count(totals.links), count(totals.links_with_heading));
    writeln!(out, "links          {links} ({below} below a heading)")?;
    let (moved, deleted) = (
        count(totals.edits.moved as u64),
        count(totals.edits.deleted as u64),
    );
    writeln!(out, "subtrees       {moved} moved, {deleted} deleted")?;
    writeln!(out)?;
    writeln!(
        out,
        "freed by counting        {} nodes",
        count(nodes.counted)
    )?;
    writeln!(out, "found by the collector   {} nodes", count(run.found))?;
    writeln!(
        out,
        "left for the collector   {} nodes at the end",
        count(waiting)
    )?;
    let collections = count(young + middle + old);
    let (young, middle, old) = (count(young), count(middle), count(old));
    writeln!(
        out,
        "collections              {collections} ({young} + {middle} + {old} by generation)"
    )?;
    let share = 100.0 * run.paused.as_secs_f64() / run.elapsed.as_secs_f64().max(f64::EPSILON);
    writeln!(
        out,
        "time in collections      {:.1?} ({share:.1} %)",
        run.paused
    )?;
    writeln!(out, "longest pause            {:.1?}", run.longest_pause)?;
    writeln!(out, "slowest file             {:.1?}", totals.slowest_page)?;
    writeln!(out, "total time               {:.1?}", run.elapsed)?;
    match meter::peak_memory() {
        Some(bytes) => writeln!(out, "peak memory              {}", BinaryBytes(bytes)),
        None => writeln!(out, "peak memory              unknown"),
    }
}
