//! Who holds whom on the shared heap.
#![forbid(unsafe_code)]

use super::Saved;
use crate::collector::shared::Walk;
use crate::gc::named::Named;
use crate::gc::{ObjectRef, referents_in, referrers_in};
use crate::sync::Gc;

/// What stands for a shared object in a question about it: a [`Gc`], [`Saved`] garbage or an
/// [`ObjectRef`].
pub trait Subject: Named {}

impl<T: ?Sized> Subject for Gc<T> {}
impl Subject for Saved {}
impl Subject for ObjectRef {}

/// What the values of some objects have handles to, one after the other: as
/// [`gc::referents`](crate::gc::referents()).
///
/// Handles behind a lock that is taken are left out. While this goes on, the locks in the values are taken.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// let one = Gc::new(1);
/// let both = Gc::new((one.clone(), one.clone()));
/// let held = gc::referents(&[&both]);
/// assert_eq!(held.len(), 2);
/// assert!(held.iter().all(|object| object.ptr_eq(&one)));
/// ```
#[must_use]
pub fn referents(objects: &[&dyn Subject]) -> Vec<ObjectRef> {
    let names = objects.iter().map(|object| object.name());
    Walk::run(|walk| referents_in(walk, names))
}

/// The objects whose values have handles to any of some objects, each of them once: as
/// [`gc::referrers`](crate::gc::referrers()).
///
/// Handles behind a lock that is taken are left out. Takes time in proportion to the handles there are.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// let one = Gc::new(1);
/// let holder = Gc::new(vec![one.clone(), one.clone()]);
/// let holders = gc::referrers(&[&one]);
/// assert_eq!(holders.len(), 1);
/// assert!(holders[0].ptr_eq(&holder));
/// ```
#[must_use]
pub fn referrers(objects: &[&dyn Subject]) -> Vec<ObjectRef> {
    let names = objects.iter().map(|object| object.name());
    Walk::run(|walk| referrers_in(walk, names))
}
