//! Models of gordian's lock-free parts: loom runs each in every order its threads can take, within a
//! bound of preemptions.
//!
//! A model compiles the library's own source, by `#[path]`, with loom's types in the place of the
//! library's: a test file says `use gordian_loom::atomic;` and then
//! `#[path = "../../../gc/src/…"] mod …;`. Run them by
//!
//! ```text
//! cargo test -p gordian-loom --release
//! ```
//!
//! Each model has a bound that it is quick with: all of them take less than a minute on two processors,
//! but for those that are ignored. `LOOM_MAX_PREEMPTIONS` sets another bound for all, as for a night:
//!
//! ```text
//! LOOM_MAX_PREEMPTIONS=5 cargo test -p gordian-loom --release -- --include-ignored
//! ```
//!
//! Each protection is shown to be needed: `tests/loom/take_out` takes them out, one after the other as
//! `breaks/*.patch` say, and expects the models they name to fail. It prints a table, takes a quarter
//! of an hour, and fails if a model does not notice, a patch does not apply any more, or what it breaks does
//! not compile. `tests/loom/take_out NAME…` does so with these alone. Who changes a protocol runs it; it
//! is no part of `.ci/run`.

pub mod atomic;

/// How many preemptions there are at most, unless the environment says otherwise.
const PREEMPTIONS: usize = 3;

/// Runs a model in all orders.
pub fn explore(model: impl Fn() + Sync + Send + 'static) {
    explore_within(PREEMPTIONS, model);
}

/// Runs a model in all orders with so many preemptions, unless the environment says otherwise.
pub fn explore_within(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}
