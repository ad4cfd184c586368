//! Entries of weak collections of shared objects, as their objects and the collector see them.

use std::any::Any;
use std::sync::Arc;

use crate::object::{Ephemeron, Object};
use crate::trace::Guards;

/// An entry that has left its collection: to be dropped when user code may run.
pub(crate) type Left = Arc<dyn Any + Send + Sync>;

/// The table of a weak collection, whose entries go when their objects do.
///
/// An object knows its entries by their table and their hash, so that it has no part in the entries
/// themselves, which a collection must be the only one to drop.
pub(crate) trait Members: Send + Sync {
    /// Takes the entries of this hash and object out. They are added to `left`.
    fn leave(&self, hash: u64, object: Object, left: &mut Vec<Left>);

    /// Whether there is an entry of this hash and object, for all that is known without waiting.
    fn has(&self, hash: u64, object: Object) -> bool;

    /// What the collector has to know of the entries of this hash and object, if it has to. The table's
    /// lock is kept in `guards`, unless it is already.
    ///
    /// # Safety
    ///
    /// The thread has the detector, and `guards` are let go before it is given up.
    unsafe fn pairs_of(
        self: Arc<Self>,
        hash: u64,
        object: Object,
        guards: &mut Guards,
    ) -> Vec<Arc<dyn Pair>>;

    /// The same of all entries.
    ///
    /// # Safety
    ///
    /// As for [`pairs_of`](Self::pairs_of).
    unsafe fn pairs(self: Arc<Self>, guards: &mut Guards) -> Vec<Arc<dyn Pair>>;
}

/// An entry of a weak collection that may own handles: an ephemeron, if its object is a key; else it is
/// one without a key.
///
/// Who looks at it has the table's lock.
pub(crate) trait Pair: Ephemeron + Send + Sync {
    /// Takes it out of its table. It is to be dropped when user code may run.
    ///
    /// # Safety
    ///
    /// The thread has the detector.
    unsafe fn take_out(&self);
}
