//! Random types with a derived `Trace` report what is in them, and lose nothing when they go.
//!
//! `DERIVE_FUZZ_ROUNDS` says how many programs of them are made, `DERIVE_FUZZ_SEED` which is the first.

use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use gordian_tests::derived::source;

/// How many types there are in a program.
const TYPES: usize = 16;

/// A number in the environment.
fn number<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().expect("it is a number"))
}

#[test]
fn derived_types_report_what_is_in_them() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let first = number("DERIVE_FUZZ_SEED").unwrap_or(now.unwrap_or_default().as_secs());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let cases = trybuild::TestCases::new();
    // One for each heap.
    for seed in first..first + number("DERIVE_FUZZ_ROUNDS").unwrap_or(2) {
        let file = folder.join(format!("derive_fuzz_{seed}.rs"));
        fs::write(&file, source(seed, TYPES)).expect("the target's folder can be written to");
        cases.pass(file);
    }
}
