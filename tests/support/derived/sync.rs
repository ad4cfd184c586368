//! What there is in values that threads share.

use std::sync::OnceLock as Once;

use gordian::Trace;
use gordian::sync::{Gc, gc};

/// What there can be objects of.
pub trait Value: Trace + Send + Sync + 'static {}

impl<T: Trace + Send + Sync + 'static> Value for T {}

#[path = "made.rs"]
mod made;

pub use self::made::{Handle, Made, Opaque, Target, check, finalized};
