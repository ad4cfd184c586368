//! Weak handles and what hangs on them: callbacks and finalizers that belong to no type.
//!
//! A callback of a single handle is [`Gc::downgrade_with`]; [`finalize`] registers code with an
//! object whoever holds it, and runs it at the latest when the thread ends.
//!
//! [`Gc::downgrade_with`]: crate::Gc::downgrade_with

mod compare;
mod ephemeron;
mod finalizer;
pub mod key_map;
mod lent;
pub mod set;
mod table;
mod trace;
pub mod value_map;

pub use self::compare::{ByIdentity, ByValue, Compare};
pub use self::ephemeron::Ephemeron;
pub use self::finalizer::{Finalizer, finalize};
pub use self::key_map::{WeakIdentityMap, WeakKeyMap};
pub use self::lent::Lent;
pub use self::set::{WeakIdentitySet, WeakSet};
pub use self::value_map::WeakValueMap;
pub use crate::handle::Weak;
