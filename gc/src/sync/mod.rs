//! Handles that threads share, and the collector of their heap, which stops no thread.

pub mod gc;

mod handle;

pub use self::gc::collect;
pub use self::handle::{Gc, Weak};
