//! Weak handles and what hangs on them: callbacks, finalizers that belong to no type, and collections
//! whose entries go when objects do.
//!
//! A callback of a single handle is [`Gc::downgrade_with`]; [`finalize`] registers code with an
//! object whoever holds it, and runs it at the latest when the thread ends.
//!
//! # Collections
//!
//! | | holds weakly | owns | an entry goes with |
//! |---|---|---|---|
//! | [`WeakValueMap`] | the values | the keys | its value |
//! | [`WeakKeyMap`], [`WeakIdentityMap`] | the keys | the values | its key |
//! | [`WeakSet`], [`WeakIdentitySet`] | the members | | its member |
//! | [`Ephemeron`] | the key | the value | its key |
//!
//! An entry goes when the weak handles of its object are cleared, after finalizers and before
//! callbacks; what it owns is dropped after the callbacks. Finalizers of what an entry owns by value do
//! not run, as for what is in a cell.
//!
//! # Ephemerons
//!
//! The values of a [`WeakKeyMap`] are those of *ephemerons* (Hayes, *Ephemerons: A New Finalization
//! Mechanism*, 1997). What such a value holds is alive if
//!
//! * the key is alive,
//! * and so is the map: it is not in an object, or in one that is alive, or in a value of which all of
//!   this holds;
//! * or the value is lent at this moment.
//!
//! What is alive is what this and ordinary handles lead to from the stack, statics, and fields that are
//! not traced; the rest is collected, together. So what is in cycles of map, key and value goes when
//! nobody else holds one of them:
//!
//! | the value leads to | and somebody holds | collected |
//! |---|---|---|
//! | its key | the map | key and value, with the entry |
//! | the object that owns the map | the key | owner, map and value |
//! | both | neither | all of them |
//! | the key of another entry, whose value leads back | the maps | both keys and values |
//!
//! A map that is put into a value of its own, or maps that are in each other's values, nobody can get
//! at any more. They are there, with all that their values hold, until one of the keys is gone by which
//! they are in each other.
//!
//! Chains and rings of ephemerons, in whatever order they are found, take time in proportion to their
//! length. A collection of a young generation takes keys and maps of older ones to be alive.
//!
//! [`Gc::downgrade_with`]: crate::Gc::downgrade_with

mod compare;
pub(crate) mod ephemeron;
pub(crate) mod finalizer;
pub mod key_map;
pub(crate) mod lent;
pub mod set;
pub(crate) mod slots;
mod table;
pub(crate) mod tabled;
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

use crate::handle::Gc;
