//! Histories of gordian's threads that are too large for loom: shuttle runs them in random orders.
//!
//! `tests/loom/word` is a heap on the library's own steps, whose models are small, and run in every order.
//! This package mounts the same heap and the same steps, by `#[path]`, with shuttle's types in the place of
//! loom's, and lets several threads do random things to several objects while others collect. What is asserted
//! is what that heap watches: nobody touches what is gone, or what another thread writes; each value is
//! dropped once; in the end exactly what can be reached is there, and then nothing. So it is with the models of
//! records, of the blocks of memory, and of the queues of candidates.
//!
//! It complements loom, and does not take its place: shuttle's atomics are sequentially consistent,
//! whatever their orderings say. An ordering that is too weak is found by the models of loom only.
//!
//! ```text
//! cargo test -p gordian-shuttle --release
//! SHUTTLE_HISTORIES=1000000 cargo test -p gordian-shuttle --release
//! ```
//!
//! The first takes some twenty seconds on two processors, the second, as for a night, runs so many histories
//! of each kind. Without optimization there are a hundredth of them.
//!
//! What fails prints its schedule between quotes, several lines of digits, which have all in them that was
//! random. To see that history again, with the same source:
//!
//! ```text
//! SHUTTLE_REPLAY='91…' cargo test -p gordian-shuttle --release -- --exact NAME_OF_THE_TEST
//! ```

use std::env;
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, Runner};

pub mod atomic;
pub mod cell;

/// How often a history has to be preempted at the right moment to fail.
const DEPTH: usize = 4;

/// Runs so many histories in random orders, unless the environment says otherwise: half of them switch
/// between threads at any step, and half of them seldom, as in probabilistic concurrency testing.
///
/// # Panics
///
/// If a history does.
pub fn explore(histories: usize, history: impl Fn() + Clone + Send + Sync + 'static) {
    if let Ok(schedule) = env::var("SHUTTLE_REPLAY") {
        run(ReplayScheduler::new_from_encoded(&schedule), history);
        return;
    }
    let told = env::var("SHUTTLE_HISTORIES").ok();
    let histories = told.map_or(histories, |told| told.parse().expect("a number"));
    let few = if cfg!(debug_assertions) { 100 } else { 1 };
    let half = histories.div_ceil(2 * few);
    let start = Instant::now();
    run(RandomScheduler::new(half), history.clone());
    run(PctScheduler::new(DEPTH, half), history);
    eprintln!(
        "{}: {} histories, {:.1?}",
        std::thread::current().name().unwrap_or_default(),
        2 * half,
        start.elapsed(),
    );
}

fn run(scheduler: impl Scheduler + 'static, history: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    // The orderings are for loom.
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(history);
}
