//! Objects that threads share.

mod word;

mod atomic {
    pub(super) use std::sync::atomic::{AtomicU64, Ordering, fence};
}
