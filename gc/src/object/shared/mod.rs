//! Objects that threads share.
//!
//! They look like those of one thread, header before the value, but for the header itself: a record
//! of the type with tag bits, and the state word, in which the protocol between handles and the
//! collector takes place ([`word`]).
//!
//! | field | written by | meaning |
//! |---|---|---|
//! | record + tag bits | construction; once, by the first `downgrade`; `assume_init` | what the value is |
//! | state word | every handle operation, collector | strong count, flags, birth epoch |
//!
//! Invariants, cited by name in `SAFETY` comments, beside those of [`super`]:
//!
//! * **\[claim\]** The memory is there while somebody has a claim to it: the strong handles, or the
//!   collector's pin, together have one until the value is gone; a buffer of candidates has one while
//!   `Buffered` is set; and the weak handles of an object have one. Who gives up the last one frees it.
//! * **\[word\]** The steps on the state word say who may touch the value: who has a handle may read
//!   it; who was granted access by `lend` or `unwrap`, or took the last count away, may do anything;
//!   the collector may read it while it has it pinned.

mod extension;
mod header;
mod member;
mod record;
mod weak_count;
mod word;

pub(crate) use self::extension::{Entry, Extension, Registered, Registration};
pub(crate) use self::header::Header;
pub(crate) use self::member::{Left, Members, Pair};
pub(crate) use self::weak_count::WeakClaim;
pub(crate) use self::word::{
    Access, Bits, Claims, Dropped, Flag, MAX_EPOCH, Taken, Unpinned, Word,
};

use self::record::{Record, TypeCell};
use self::weak_count::WeakCount;
use super::{Tag, TypeInfo};

mod atomic {
    pub(super) use std::hint::spin_loop;
    pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
}
