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
//! `LOOM_MAX_PREEMPTIONS` sets another bound. Each protection is shown to be needed: `tests/loom/take_out`
//! takes them out, one after the other as `breaks/*.patch` say, and expects the models they name to fail.

pub mod atomic;

/// How many preemptions there are at most, unless the environment says otherwise.
const PREEMPTIONS: usize = 3;

/// Runs a model in all orders.
pub fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.check(model);
}
