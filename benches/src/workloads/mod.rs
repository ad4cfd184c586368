//! What is measured, for all competitors but gc-arena, whose handles cannot leave its `mutate`:
//! `peers::arena` has the same workloads for that.
//!
//! Each function makes ready, then repeats a measurement as often as the parent process asks.

pub(crate) mod alive;
pub(crate) mod allocate;
pub(crate) mod chain;
pub(crate) mod churn;
pub(crate) mod dead;
pub(crate) mod freed;
pub(crate) mod handles;
pub(crate) mod memory;
pub(crate) mod pacing;
pub(crate) mod shared;
pub(crate) mod trees;
