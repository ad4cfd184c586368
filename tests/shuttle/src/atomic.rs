//! What the library's `atomic` modules have, by shuttle.

pub use shuttle::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

pub use crate::cell::UnsafeCell;
