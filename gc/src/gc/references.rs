//! Who holds whom.

use std::collections::HashSet;

use super::object_ref::named::Name;
use super::object_ref::{Found, ObjectRef, Subject, find};
use crate::collector::{Walk, Walks};
use crate::heap::Heap;
use crate::object::{Edge, Object};

/// What the values of some objects have handles to, one after the other: every handle counts, so an
/// object that is held twice is listed twice.
///
/// Handles that the collector cannot see (in skipped fields, in a `RefCell` that is mutably borrowed,
/// behind an `Rc`) are left out, and so are weak ones. A value whose `trace` panics has none.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
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
    Heap::with(|heap| Walk::run(heap, |walk| referents_in(walk, names)))
}

/// The objects whose values have handles to any of some objects, each of them once.
///
/// Not listed: who holds a weak handle; variables and other places that the collector cannot see;
/// frozen objects; garbage that is being collected. An object whose only handle is borrowed by
/// [`Gc::get_mut`](crate::Gc::get_mut) or [`Gc::make_mut`](crate::Gc::make_mut) is not looked into, nor
/// after such a loan if the handle is in a place that the collector cannot see and has never been
/// cloned.
///
/// Takes time in proportion to the handles there are.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, gc};
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
    Heap::with(|heap| Walk::run(heap, |walk| referrers_in(walk, names)))
}

/// See [`referents`].
pub(crate) fn referents_in<'a>(
    walk: &mut impl Walks,
    names: impl Iterator<Item = Name<'a>>,
) -> Vec<ObjectRef> {
    let mut found = Vec::new();
    for Found { object, has_handle } in find(walk, names) {
        // SAFETY: [live]: the handle that was lent to us keeps it, or the walk.
        if has_handle || unsafe { walk.may_look_into(object) } {
            // SAFETY: [live], as above. There is no `&mut` to the value: just checked, or
            // `get_mut` would have borrowed the handle, which is the only one then.
            let edges = unsafe { walk.edges_of(object) }.to_vec();
            let describe = |edge: Edge| {
                // SAFETY: [live]: the handle to it lies in a value that does not change until the next
                // question.
                unsafe { walk.describe(edge.object()) }
            };
            found.extend(edges.into_iter().map(describe));
        }
    }
    found
}

/// See [`referrers`].
pub(crate) fn referrers_in<'a>(
    walk: &mut impl Walks,
    names: impl Iterator<Item = Name<'a>>,
) -> Vec<ObjectRef> {
    let found = find(walk, names).into_iter();
    let held: HashSet<Object> = found.map(|found| found.object).collect();
    let mut holders = Vec::new();
    walk.visit_all(|object, edges| {
        if edges.iter().any(|edge| held.contains(&edge.object())) {
            holders.push(object);
        }
    });
    let describe = |holder| {
        // SAFETY: [live]: visited, so the walk keeps it.
        unsafe { walk.describe(holder) }
    };
    let mut holders: Vec<_> = holders.into_iter().map(describe).collect();
    // Frozen objects are in no generation.
    holders.retain(|holder| holder.generation().is_some());
    holders
}
