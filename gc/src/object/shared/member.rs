//! Entries of weak collections of shared objects, as their objects see them.

use std::any::Any;
use std::sync::Arc;

use crate::object::Object;

/// An entry that has left its collection: to be dropped when user code may run.
pub(crate) type Left = Arc<dyn Any + Send + Sync>;

/// The table of a weak collection, whose entries go when their objects do.
///
/// An object knows its entries by their table and their hash, so that it has no part in the entries
/// themselves, which a collection must be the only one to drop.
pub(crate) trait Members: Send + Sync {
    /// Takes the entries of this hash and object out. They are added to `left`.
    fn leave(&self, hash: u64, object: Object, left: &mut Vec<Left>);

    /// Whether there is an entry of this hash and object.
    fn has(&self, hash: u64, object: Object) -> bool;
}
