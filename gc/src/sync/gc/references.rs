//! Who holds whom on the shared heap.

use std::collections::{HashMap, HashSet};

use super::Saved;
use crate::collector::shared::Walk;
use crate::gc::Found;
use crate::gc::ObjectRef;
use crate::gc::named::{Kind, Named};
use crate::object::Object;
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
    Walk::run(|walk| {
        let mut found = Vec::new();
        for Found { object, has_handle } in find(walk, objects) {
            if !has_handle && !walk.may_look_into(object) {
                continue;
            }
            // SAFETY: [live]: by the handle that was lent to us, or pinned. There is no `&mut` to the
            // value: just checked, or `get_mut` would have borrowed the handle, which is the only one then.
            let edges = unsafe { walk.edges_of(object) };
            let described = edges.iter().map(|edge| {
                // SAFETY: [live]: the handle to it lies in a value that cannot change now.
                unsafe { ObjectRef::describe_shared(edge.object()) }
            });
            found.extend(described);
        }
        found
    })
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
    Walk::run(|walk| {
        let subjects = find(walk, objects).into_iter();
        let held: HashSet<Object> = subjects.map(|found| found.object).collect();
        let mut holders = Vec::new();
        walk.visit_all(|object, edges| {
            if edges.iter().any(|edge| held.contains(&edge.object())) {
                // SAFETY: [live]: the walk has it pinned.
                holders.push(unsafe { ObjectRef::describe_shared(object) });
            }
        });
        // Frozen objects are in no generation.
        holders.retain(|holder| holder.generation().is_some());
        holders
    })
}

/// The objects that are meant; those that are gone are left out.
fn find(walk: &mut Walk, subjects: &[&dyn Subject]) -> Vec<Found> {
    let mut by_address: Option<HashMap<*const (), Object>> = None;
    let find = |subject: &&dyn Subject| match subject.name().0 {
        Kind::Handle(object) => Some(Found {
            object,
            has_handle: true,
        }),
        Kind::Listed(listed) => {
            let all = by_address.get_or_insert_with(|| {
                let all = walk.pin_all().into_iter();
                all.map(|object| (object.address(), object)).collect()
            });
            let object = *all.get(&listed.address())?;
            // SAFETY: [live]: the walk has it pinned.
            let now = unsafe { ObjectRef::describe_shared(object) };
            listed.may_be(&now).then_some(Found {
                object,
                has_handle: false,
            })
        }
    };
    subjects.iter().filter_map(find).collect()
}
