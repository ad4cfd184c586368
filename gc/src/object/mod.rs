//! One object: the memory behind a handle, and the rules about who may touch what.
//!
//! ```text
//!    length of a slice   header (16 bytes)           value
//!   +------------------+----------+-------+-------+-----------------+
//!   | usize            | TypeInfo | state | place | T, [T] or str   |
//!   +------------------+----------+-------+-------+-----------------+
//!                      ^ `Object` points here     ^ `Gc<T>` points here
//! ```
//!
//! The header stands right before the value whatever the value's alignment, so that a handle
//! needs no type to find it and `Deref` is one load. Where an object lies, in a block or in an
//! allocation of its own, follows from its value's layout alone: [`fits_block`].
//!
//! | field | written by | meaning |
//! |---|---|---|
//! | `TypeInfo` + tag bits | construction, `downgrade`, collector | what the value is; rare flags |
//! | `state` | every handle operation, collector | strong count, [`Phase`], loud bit |
//! | `place` | construction, candidates, collector | birth epoch, or index, as the phase says |
//! | length | construction | number of elements of a slice |
//!
//! Invariants, cited by name in `SAFETY` comments:
//!
//! * **\[live\]** The memory is allocated while the strong count is above zero, while the weak
//!   count is above zero, or while the collector or a release holds the object: it is in phase
//!   `Condemned`, `Doomed` or `Dying`, or in `Uninit` and being built. The slot of an object that is
//!   not live is `Vacant`.
//! * **\[typed\]** The `TypeInfo` belongs to the value's concrete type, or is about to (`Uninit`).
//! * **\[value\]** The value is there in every phase but `Uninit` and `Dead`, and in `Dying` until
//!   its drop begins.
//! * **\[once\]** The value is dropped once, by a release or by a collection. One that runs user code
//!   moves the object to `Dying` or `Doomed` first, which it never leaves but for `Dead`.
//! * **\[owner\]** An object is touched only by the thread that made it: handles are `!Send`.
//! * **\[traced\]** The edges that a value reports are a subset of the handles it alone owns, each
//!   at most once (the contract of [`Trace`](crate::Trace)).

mod edge;
mod extension;
mod header;
mod member;
pub(crate) mod shared;
mod state;
mod type_info;

pub(crate) use self::edge::{Edge, LENGTH_SIZE, MAX_SLOT, SLOT_ALIGN, fits_block};
pub(crate) use self::extension::{Adopted, Entry, Extension, Registered, Registration, make_room};
pub(crate) use self::header::{HEADER_SIZE, Header, Object, Prefix, Tag};
pub(crate) use self::member::{Ephemeron, EphemeronMap, Member};
pub(crate) use self::state::{Phase, State};
pub(crate) use self::type_info::TypeInfo;
