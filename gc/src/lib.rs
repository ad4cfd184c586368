#![doc = include_str!("../README.md")]

#[cfg(feature = "derive")]
pub use gordian_derive::Trace;

pub use self::closure::{Call, Closure};
pub use self::finalize::Finalize;
pub use self::gc::collect;
pub use self::handle::{Gc, Weak};
pub use self::trace::Trace;

pub mod closure;
pub mod finalize;
pub mod gc;
pub mod std_rc;
pub mod sync;
pub mod trace;
pub mod weak;

mod collector;
mod fields;
mod guarded;
mod handle;
mod heap;
mod object;
mod panics;
mod trace_impls;

/// What the macros of this crate expand to. Not for use by hand, and not stable.
#[doc(hidden)]
pub mod __private {
    pub use std::ops::Drop;

    pub use crate::closure::private as closure;
    pub use crate::fields::Fields;
    pub use crate::finalize::{DeclaresFinalizer, Finalize, Finalizers};
    pub use crate::handle::unsize;
    pub use crate::trace::{Depth, Facts, Leaf, NotTrace, Remainder, Spared, Trace, Tracer};
}
