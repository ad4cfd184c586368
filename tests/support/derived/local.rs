//! What there is in values on the heap of a thread.

use std::cell::OnceCell as Once;

use gordian::{Gc, Trace, gc};

/// What there can be objects of.
pub trait Value: Trace + 'static {}

impl<T: Trace + 'static> Value for T {}

#[path = "made.rs"]
mod made;

pub use self::made::{Handle, Made, Opaque, Target, check, finalized};
