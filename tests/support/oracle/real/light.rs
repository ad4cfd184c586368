//! Objects that hold nothing but handles: nobody needs to drop those that are garbage.

use gordian::Trace;
use gordian::trace::{Depth, Facts, Remainder, Tracer};

use super::super::super::program::Event;
use super::super::{Slot, world};
use super::object::{Core, Handle, Node, count_in};
use super::world::log;

#[derive(Trace)]
pub(super) struct Light {
    first: First,
    edges: Slot<Vec<Handle>>,
    id: usize,
    last: Last,
}

impl Light {
    pub(super) fn new(id: usize) -> Self {
        Self {
            first: First(id),
            edges: Slot::default(),
            id,
            last: Last,
        }
    }
}

impl Light {
    /// It is that of another object now.
    pub(super) fn renumber(&mut self, id: usize) {
        self.id = id;
        self.first.0 = id;
    }
}

/// A value of another object, with the same edges.
impl Clone for Light {
    fn clone(&self) -> Self {
        let light = Self::new(count_in());
        light.edges.replace(self.edges.borrow().clone());
        light
    }
}

impl Node for Light {
    fn id(&self) -> usize {
        self.id
    }

    fn edges(&self) -> &Slot<Vec<Handle>> {
        &self.edges
    }

    fn core(&self) -> Option<&Core> {
        None
    }
}

/// Tells of the drop of a value, before anything else in it is dropped.
struct First(usize);

impl Drop for First {
    fn drop(&mut self) {
        log(Event::Dropped(self.0));
    }
}

/// Counts a value out when everything else in it is dropped.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        world(|w| *w.values.borrow_mut() -= 1);
    }
}

/// A type that owns no handle, and is called bare although it has a `Drop`: that of derived types with
/// one is user code for all that the library knows, and would keep it from its shortest ways.
macro_rules! bare {
    ($ty:ty) => {
        // SAFETY: duties 1, 2, 3 and 5 speak of reported handles, and none is; 4: it does nothing;
        // 6: its drop writes to what has nothing to do with the library, and panics on no account.
        unsafe impl Trace for $ty {
            fn trace(&self, _: &mut Tracer) {}

            fn facts(_: Depth) -> Facts {
                Facts::NOTHING
            }

            fn remainder(_: Depth) -> Remainder {
                Remainder::Bare
            }
        }
    };
}

bare!(First);
bare!(Last);
