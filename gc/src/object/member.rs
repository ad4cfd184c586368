//! Entries of weak collections, as their objects and the collector see them.

use std::rc::Rc;

use super::{Edge, Object};
use crate::trace::Tracer;

/// An entry of a weak collection, which goes when an object does.
pub(crate) trait Member {
    /// Takes the entry out of its collection, if it is in one because of this object. What is
    /// returned is to be dropped when user code may run.
    fn leave(&self, object: Object) -> Option<Rc<dyn Member>>;

    /// Whether it has joined an object no more since the one that it gave this number to.
    fn is_joined(&self, number: u32) -> bool;

    /// The entry as an ephemeron, if it is one and in its map.
    fn into_ephemeron(self: Rc<Self>) -> Option<Rc<dyn Ephemeron>>;
}

/// A pair of a weakly held key and a value, in a map: the value is of concern only as long as both
/// key and map are alive, whoever the value holds.
pub(crate) trait Ephemeron {
    /// What tells the map from others: where it is.
    fn map(&self) -> *const ();

    /// The way to the key, if there is one that has to be alive.
    fn key(&self) -> Option<Edge>;

    /// Notes a look. Returns whether it is the first time that it sees the ephemeron.
    fn note(&self, look: u64) -> bool;

    /// Reports the handles of the value.
    fn trace(&self, tracer: &mut Tracer);
}

/// A map of ephemerons.
pub(crate) trait EphemeronMap {
    /// All there are.
    fn ephemerons(&self) -> Vec<Rc<dyn Ephemeron>>;
}
