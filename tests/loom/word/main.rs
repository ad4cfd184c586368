//! The steps on the state word of a shared object, as the library has them, and a heap built on
//! nothing else: loom runs threads that share it through every interleaving within its bounds.
//!
//! What a model checks: nobody touches the memory of an object that is freed or its value when it
//! is gone, or at the same time as somebody who writes it; each value is dropped once and each
//! object freed once; when all is quiet, a collection frees exactly what cannot be reached, and
//! all counts are those of the handles there are.
//!
//! Each model has a bound of preemptions that it is quick with; `LOOM_MAX_PREEMPTIONS` sets another
//! for all. `tests/loom/take_out` shows which model fails without which protection.

mod access;
mod atomic;
mod collector;
mod finish;
mod heap;
mod look;
mod models;
mod runtime;
mod thread;
#[path = "../../../gc/src/object/shared/weak_count.rs"]
#[expect(dead_code, reason = "nobody asks how many weak handles there are")]
mod weak_count;

#[path = "../../../gc/src/object/shared/word.rs"]
#[expect(
    dead_code,
    reason = "the heap of the models has no walks, epochs and limits"
)]
mod word;
