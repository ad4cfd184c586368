//! Random programs against the model for as long as one likes:
//! `soak [--seconds N] [--seed S] [--heap local|sync]`.
//!
//! A seed is of one program; with `--seed` just that one runs, unless `--seconds` is given too.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gordian_tests::oracle::{Op, Random, check, check_shared};

const USAGE: &str = "usage: soak [--seconds N] [--seed S] [--heap local|sync]";

struct Options {
    seconds: Option<u64>,
    seed: Option<u64>,
    check: fn(&[Op]) -> Result<(), String>,
}

fn options() -> Option<Options> {
    let mut options = Options {
        seconds: None,
        seed: None,
        check,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match (name.as_str(), value.as_str()) {
            ("--seconds", _) => options.seconds = Some(value.parse().ok()?),
            ("--seed", _) => options.seed = Some(value.parse().ok()?),
            ("--heap", "local") => options.check = check,
            ("--heap", "sync") => options.check = check_shared,
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let first = options.seed.unwrap_or(now.as_nanos() as u64);
    let seconds = options
        .seconds
        .unwrap_or(if options.seed.is_some() { 0 } else { 60 });
    let end = Instant::now() + Duration::from_secs(seconds);
    println!("the first seed is {first}");
    let (mut seed, mut programs, mut operations) = (first, 0_u64, 0);
    loop {
        let mut random = Random::new(seed);
        let steps = 10 + usize::from(random.below(250));
        if let Err(difference) = (options.check)(&random.program(steps)) {
            println!("seed {seed}: {difference}");
            return ExitCode::FAILURE;
        }
        programs += 1;
        operations += steps;
        seed = seed.wrapping_add(1);
        if Instant::now() >= end {
            break;
        }
    }
    println!("{programs} programs, {operations} operations, no difference; next seed {seed}");
    ExitCode::SUCCESS
}
