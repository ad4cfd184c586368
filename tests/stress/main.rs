//! Threads that build, share, cut and drop graphs of shared objects while others collect them: what is
//! finalized and dropped is exact at the end of each round.
//!
//! * `STRESS_SECONDS=n`: rounds for as long, and in the end the memory must not have grown (from
//!   a minute on).
//! * `STRESS_MEMORY=0`: it may have grown. An address sanitizer keeps what is freed.
//! * `STRESS_SEED=n`: the round of this seed first. What a thread decides is the seed's, the schedule is the
//!   system's: several runs may be needed to see the same again.
//!
//! A failure ends the process, and tells the seed and what every thread was doing.

mod build;
mod finalizers;
mod ledger;
mod locals;
mod locks;
mod memory;
mod node;
mod random;
mod round;
mod watch;
mod worker;
mod world;

use std::env;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use watch::{fail, say};

/// As long as `cargo test` takes without being told.
const SECONDS: u64 = 4;
/// Memory is compared in runs that are at least as long.
const LONG: u64 = 60;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[test]
fn exact_at_the_end() {
    let seconds = number("STRESS_SECONDS").unwrap_or(SECONDS);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos() as u64);
    let first = number("STRESS_SEED").unwrap_or(now);
    let end = Instant::now() + Duration::from_secs(seconds);
    watch::watch();
    let (mut seed, mut objects) = (first, 0);
    loop {
        objects += u64::from(round::run(seed));
        memory::measure();
        seed = seed.wrapping_add(1);
        if Instant::now() >= end {
            break;
        }
    }
    let rounds = seed.wrapping_sub(first);
    let least = memory::least();
    say(&format!(
        "stress: {rounds} rounds from seed {first}, {objects} objects; {least:?} bytes in use"
    ));
    let is_compared = seconds >= LONG && number("STRESS_MEMORY") != Some(0);
    if let Some((before, after)) = least.filter(|_| is_compared)
        && after * 20 > before * 21
    {
        fail(&format!("memory has grown from {before} bytes to {after}"));
    }
}
