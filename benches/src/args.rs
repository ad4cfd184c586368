//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::peers::Peer;

/// The first argument of a child process.
pub(crate) const CHILD: &str = "--child";

pub(crate) const HELP: &str = "\
Measures gordian and its peers; writes REPORT.md and plots.

  --quick        small sizes and few repetitions, to see that everything runs
  --out DIR      where to write (default: the folder of this package)
  --only NAME    only this group of rows; can be repeated (allocate, handles, dead, trees, alive,
                 churn, chain, memory, freed, pacing, program, sweep, shared)
  --peers A,B    only these crates
";

/// What to do.
pub(crate) enum Command {
    Help,
    Report(Options),
    /// Run one workload of one competitor, as asked for by the parent process.
    Child {
        workload: String,
        peer: Peer,
        size: usize,
    },
}

pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) out: PathBuf,
    pub(crate) peers: Vec<Peer>,
    only: Vec<String>,
}

impl Options {
    /// Whether a group of rows is wanted.
    pub(crate) fn wants(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == group)
    }

    /// Whether any other group is wanted.
    pub(crate) fn wants_others(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name != group)
    }
}

/// Reads the command line.
pub(crate) fn parse() -> Result<Command, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let mut options = Options {
        quick: false,
        out: env!("CARGO_MANIFEST_DIR").into(),
        peers: Peer::ALL.into(),
        only: Vec::new(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("quick") => options.quick = true,
            Long("out") => options.out = parser.value()?.into(),
            Long("only") => options.only.push(parser.value()?.string()?),
            Long("peers") => options.peers = peers(&parser.value()?.string()?)?,
            Long("child") => return child(&mut parser),
            Long("help") | Short('h') => return Ok(Command::Help),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Report(options))
}

fn peers(names: &str) -> Result<Vec<Peer>, lexopt::Error> {
    names.split(',').map(peer).collect()
}

fn peer(name: &str) -> Result<Peer, lexopt::Error> {
    Peer::named(name).ok_or_else(|| format!("there is no peer {name:?}").into())
}

fn child(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    Ok(Command::Child {
        workload: parser.value()?.string()?,
        peer: peer(&parser.value()?.string()?)?,
        size: parser.value()?.parse()?,
    })
}
