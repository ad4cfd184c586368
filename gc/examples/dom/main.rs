//! A DOM with strong handles in every direction, over as many HTML files as you like.
//!
//! `cargo run --release --example dom -- [FILE or DIRECTORY]... [--compare]`
//!
//! Each file is parsed by html5ever into a tree in which every node holds strong handles to its
//! parent, its siblings and its children, so that one node holds the whole document. The example
//! answers some questions by walking the tree in all directions, moves and deletes subtrees, drops
//! the document and goes on to the next file. There is not one `Weak` and not one call to
//! `collect` in it: the collector runs by itself with its default settings, and memory stays flat.
//!
//! Where to look first: `dom/node.rs` is the tree and the only file that declares what the
//! collector has to know; `meter.rs` watches the collector through `gordian::gc`. The modules
//! below `dom/` are compiled twice, on `Gc` and on `Rc`, for `--compare`.
#![expect(
    clippy::duplicate_mod,
    reason = "the DOM is compiled on `Gc` and on `Rc` to compare them"
)]

mod alloc;
mod args;
mod compare;
mod input;
mod meter;
mod on_gc;
mod on_rc;
mod page;
mod report;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use args::{Command, Options};
use indicatif::{ProgressBar, ProgressStyle};
use input::{Inputs, Skipped};
use meter::Meter;
use report::Totals;

/// Runs shorter than this show no progress bar.
const LONG_RUN: usize = 100;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => write!(io::stdout(), "{}", args::HELP).map(|()| ExitCode::SUCCESS),
        Ok(Command::Child(tree)) => compare::child(tree).map(|()| ExitCode::SUCCESS),
        Ok(Command::Run(options)) => run(options),
        Err(message) => {
            eprintln!("dom: {message}\nTry --help.");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dom: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does the whole job; the exit code says whether every input could be read.
fn run(options: Options) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let inputs = if options.inputs.is_empty() {
        input::default_inputs()
    } else {
        input::walk(&options.inputs)
    };
    let Inputs { files, mut skipped } = inputs;
    for entry in &skipped {
        eprintln!("dom: skipped {entry}");
    }

    let meter = Meter::start();
    let mut totals = Totals::default();
    let read = if files.is_empty() && options.inputs.is_empty() {
        writeln!(
            out,
            "No documentation of Rust found; this is the embedded sample.\n"
        )?;
        let page = on_gc::dom::read_page(input::SAMPLE);
        totals.add(input::SAMPLE.len(), &page);
        report::page(&mut out, &page)?;
        Vec::new()
    } else {
        read_files(&mut out, files, &mut totals, &mut skipped)?
    };
    report::totals(&mut out, &totals, &meter.stop())?;

    // Without a file this would compare the sample, which is right only if that is what ran.
    if options.compare && (options.inputs.is_empty() || !read.is_empty()) {
        writeln!(out)?;
        compare::run(&mut out, &read)?;
    }
    Ok(if skipped.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Builds, questions, edits and drops the DOM of every file; returns the files that were readable.
fn read_files(
    out: &mut impl Write,
    files: Vec<PathBuf>,
    totals: &mut Totals,
    skipped: &mut Vec<Skipped>,
) -> io::Result<Vec<PathBuf>> {
    let bar = progress_bar(files.len());
    let only_one = files.len() == 1;
    let mut read = Vec::with_capacity(files.len());
    for path in files {
        match fs::read(&path) {
            Ok(html) => {
                let started = Instant::now();
                let page = on_gc::dom::read_page(&html);
                totals.slowest_page = totals.slowest_page.max(started.elapsed());
                totals.add(html.len(), &page);
                if only_one {
                    report::page(out, &page)?;
                }
                read.push(path);
            }
            Err(error) => {
                let entry = Skipped::new(path, &error);
                bar.suspend(|| eprintln!("dom: skipped {entry}"));
                skipped.push(entry);
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(read)
}

/// A bar on standard error, hidden on short runs and where nobody watches.
fn progress_bar(files: usize) -> ProgressBar {
    if files < LONG_RUN || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} files, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}
