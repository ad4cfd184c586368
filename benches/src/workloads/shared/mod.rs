//! What is measured of handles that threads share.
//!
//! All of it runs on threads that are started beside the main one, also where it is only one: a
//! program with a single thread has no use for these handles, and an allocator that knows of no other
//! thread takes none of its locks.

pub(crate) mod allocate;
mod crew;
pub(crate) mod cycles;
pub(crate) mod graph;
pub(crate) mod handles;
pub(crate) mod locks;

use self::crew::{Crew, Gate};
