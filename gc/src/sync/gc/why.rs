//! Why a shared object is alive, and a picture of what is around it.
#![forbid(unsafe_code)]

use super::Subject;
use crate::collector::shared::Walk;
use crate::gc::named::Named;
use crate::gc::{ObjectRef, WhyAlive, draw};
use crate::sync::Gc;

/// Says why an object is alive: how many handles there are to it from outside, or else the shortest
/// path to it from an object that has some, field by field: as [`gc::why_alive`](crate::gc::why_alive).
///
/// Other threads go on meanwhile, so that what is said was true of each object at some moment, but maybe
/// never of all at one. A handle behind a lock that is taken counts as one from outside, and so does
/// one that another thread stores while this goes on. In a panic hook that runs in a `trace` all do.
///
/// Takes time and memory in proportion to the handles there are.
///
/// # Examples
///
/// ```
/// use gordian::Trace;
/// use gordian::sync::{Gc, gc};
/// use std::sync::Mutex;
///
/// #[derive(Trace)]
/// struct Registry { listeners: Mutex<Vec<Gc<Listener>>> }
///
/// #[derive(Trace)]
/// struct Listener { window: Gc<String> }
///
/// let registry = Gc::new(Registry { listeners: Mutex::default() });
/// let window = Gc::new(String::from("a window"));
/// registry.listeners.lock().unwrap().push(Gc::new(Listener { window: window.clone() }));
///
/// let why = gc::why_alive(&window);
/// assert_eq!(why.outside_handles(), 0);
/// let fields: Vec<&str> = why.path().iter().map(|step| step.field()).collect();
/// assert_eq!(fields, ["listeners", "window"]);
/// assert!(why.path()[0].holder().ptr_eq(&registry));
/// ```
#[must_use]
pub fn why_alive<T: ?Sized>(object: &Gc<T>) -> WhyAlive {
    let why = Walk::run(|walk| WhyAlive::of_named(walk, object.name()));
    why.unwrap_or_else(|| WhyAlive::of_handle(ObjectRef::of_handle(object)))
}

/// See [`ObjectRef::why_alive`].
pub(crate) fn why_listed_is_alive(listed: &ObjectRef) -> Option<WhyAlive> {
    Walk::run(|walk| WhyAlive::of_named(walk, listed.name()))
}

/// Draws some objects and what is around them, up to a distance, in the language of Graphviz: as
/// [`gc::dot`](crate::gc::dot), and as far as other threads let it.
///
/// # Examples
///
/// ```
/// use gordian::sync::{Gc, gc};
///
/// let one = Gc::new(1);
/// let pair = Gc::new((one.clone(), one.clone()));
/// let picture = gc::dot(&[&pair], 1);
/// assert!(picture.starts_with("digraph"));
/// ```
#[must_use]
pub fn dot(objects: &[&dyn Subject], distance: usize) -> String {
    let names = objects.iter().map(|object| object.name());
    Walk::run(|walk| draw(walk, names, distance))
}
