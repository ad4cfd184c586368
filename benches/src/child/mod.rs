//! The process that one competitor runs one workload in.
//!
//! A child makes ready, says so, and then runs one repetition each time it is asked to, so that
//! the parent can take the repetitions of the competitors in turn. What it says is a line each:
//! `ready`, `unsupported`, or the numbers of a repetition.

mod dispatch;
mod resident;
mod shared;
mod worked;

use std::io::{self, BufRead, Write};
use std::time::Instant;

pub(crate) use self::dispatch::run;
pub(crate) use self::resident::Resident;
pub(crate) use self::worked::{ThreadClock, time_without_processor};

pub(crate) const READY: &str = "ready";
pub(crate) const UNSUPPORTED: &str = "unsupported";

/// What a workload is asked for, and where its numbers go.
pub(crate) struct Run {
    size: usize,
}

impl Run {
    pub(crate) fn new(size: usize) -> Self {
        Self { size }
    }

    /// How large it should be: nodes, or what the workload says.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Says that the competitor has no such operation.
    pub(crate) fn unsupported(&mut self) {
        say(UNSUPPORTED);
    }

    /// Repeats a measurement for as long as the parent asks, then ends the process.
    ///
    /// Without going back: what is still alive need not be dropped.
    pub(crate) fn repeat<const N: usize>(&mut self, mut measure: impl FnMut() -> [f64; N]) {
        say(READY);
        for line in io::stdin().lock().lines() {
            if line.is_err() {
                break;
            }
            let numbers = measure().map(|number| number.to_string());
            say(&numbers.join(" "));
        }
        std::process::exit(0);
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(1);
    }
}

pub(crate) fn nanoseconds_each(since: Instant, count: usize) -> f64 {
    since.elapsed().as_nanos() as f64 / count as f64
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
