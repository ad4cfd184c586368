//! Weak handles and what hangs on them: callbacks and finalizers that belong to no type.
//!
//! A callback of a single handle is [`Gc::downgrade_with`]; [`finalize`] registers code with an
//! object whoever holds it, and runs it at the latest when the thread ends.
//!
//! [`Gc::downgrade_with`]: crate::Gc::downgrade_with

mod finalizer;

pub use self::finalizer::{Finalizer, finalize};
pub use crate::handle::Weak;
