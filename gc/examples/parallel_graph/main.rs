//! A graph that several threads load into one heap, and that is full of cycles.
//!
//! `cargo run --release --example parallel_graph -- [FILE] [--threads N]`
//!
//! FILE is an edge list as in the SNAP data sets (<https://snap.stanford.edu/data/>): a line
//! `FROM<TAB>TO` for each edge, and comments that begin with `#`. Without a file it takes a small
//! graph of its own.
//!
//! Each node is a `sync::Gc` and holds strong handles to all its neighbours, in both directions, so
//! that every edge is a cycle. Threads load the parts of the file at the same time, then spread
//! component numbers over the graph at the same time. In the end the only handles from outside are
//! dropped, and a collection shows that all of it is gone.
//!
//! Where to look first: `graph.rs` is all that has to do with handles.

mod edges;
mod graph;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use gordian::sync;
use graph::Graph;
use indicatif::{ProgressBar, ProgressStyle};

const HELP: &str = "\
Usage: parallel_graph [FILE] [--threads N]

Loads an edge list (lines FROM<TAB>TO, comments with #) with N threads, 4 if not said otherwise, into
one cyclic graph of gordian::sync handles, counts its connected components, drops it and shows that it
is gone. Without FILE it uses a small graph of its own.
";

/// What was asked for on the command line.
struct Options {
    file: Option<PathBuf>,
    threads: usize,
}

fn main() -> ExitCode {
    let options = match parse(env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            return match write!(io::stdout(), "{HELP}") {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        Err(message) => {
            eprintln!("parallel_graph: {message}\nTry --help.");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parallel_graph: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(
    mut arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Result<Option<Options>, String> {
    let mut options = Options {
        file: None,
        threads: 4,
    };
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--threads") => {
                let number = arguments
                    .next()
                    .and_then(|text| text.to_str()?.parse().ok());
                let number = number.filter(|number| (1..=1024).contains(number));
                options.threads = number.ok_or("--threads takes a number from 1 to 1024")?;
            }
            Some(option) if option.starts_with("--") => {
                return Err(format!("unknown option {option}"));
            }
            _ if options.file.is_some() => return Err("one file at most".into()),
            _ => options.file = Some(argument.into()),
        }
    }
    Ok(Some(options))
}

/// Does the whole job; the exit code says whether every line could be read.
fn run(options: &Options) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let text = match &options.file {
        Some(path) => {
            let named = |error| io::Error::other(format!("{}: {error}", path.display()));
            fs::read(path).map_err(named)?
        }
        None => edges::SAMPLE.into(),
    };

    let start = Instant::now();
    let bar = progress_bar(text.len());
    let (graph, malformed) = graph::load(&text, options.threads, &|bytes| bar.inc(bytes as u64));
    bar.finish_and_clear();
    for line in &malformed {
        eprintln!("parallel_graph: {line}");
    }
    let (nodes, edges) = (graph.nodes(), graph.edges());
    writeln!(
        out,
        "loaded      {nodes} nodes and {edges} edges with {} threads{}",
        options.threads,
        took(start)
    )?;

    let start = Instant::now();
    let sizes = graph.components(options.threads);
    writeln!(
        out,
        "components  {}, the largest of {} nodes{}",
        sizes.len(),
        sizes.first().copied().unwrap_or_default(),
        took(start)
    )?;

    let start = Instant::now();
    let gone = drop_all(graph);
    writeln!(
        out,
        "dropped     {gone} of {nodes} nodes are gone{}",
        took(start)
    )?;
    Ok(if malformed.is_empty() && gone == nodes {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Drops the only handles from outside, and collects. Returns how many nodes have gone.
fn drop_all(graph: Graph) -> usize {
    let gone = graph.gone();
    drop(graph);
    sync::collect();
    gone.count()
}

/// Times differ from run to run: they are for people.
fn took(start: Instant) -> String {
    if io::stdout().is_terminal() || env::var_os("TIMES").is_some() {
        format!(" ({:.2?})", start.elapsed())
    } else {
        String::new()
    }
}

fn progress_bar(bytes: usize) -> ProgressBar {
    /// Less than this is read before anybody sees a bar.
    const LARGE: usize = 1 << 20;
    if bytes < LARGE {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
