//! The objects of a program: values that log their drop, with and without a finalizer.

use std::panic::resume_unwind;

use gordian::{Finalize, Trace, unsize};

use super::super::super::program::{Action, Culprit, Event, MOST_VALUES, explodes_first};
use super::super::{Gc, Slot, Value, Weak, world};
use super::action::act;
use super::closure::{Function, capture};
use super::table::Table;
use super::world::{is_on, log, next};

pub(super) type Handle = Gc<dyn Node>;

/// What is the same in all objects.
#[derive(Trace)]
pub(super) struct Core {
    first: First,
    pub(super) edges: Slot<Vec<Handle>>,
    pub(super) weaks: Slot<Vec<Weak<dyn Node>>>,
    pub(super) tables: Slot<Vec<Table>>,
    pub(super) closure: Option<Function>,
    pub(super) me: Slot<Option<Weak<dyn Node>>>,
    pub(super) id: usize,
    last: Last,
}

/// Dropped before everything else in a value.
#[derive(Trace)]
#[trace(leaf)]
struct First {
    id: usize,
    bomb: bool,
}

impl Drop for First {
    fn drop(&mut self) {
        log(Event::Dropped(self.id));
        explode(self.id, self.bomb);
    }
}

/// Dropped after everything else in a value.
#[derive(Trace)]
#[trace(leaf)]
struct Last {
    id: usize,
    bomb: bool,
}

impl Drop for Last {
    fn drop(&mut self) {
        world(|w| *w.values.borrow_mut() -= 1);
        explode(self.id, self.bomb);
    }
}

fn explode(id: usize, is_bomb: bool) {
    if is_bomb && is_on() {
        resume_unwind(Box::new(Culprit::Drop(id)));
    }
}

pub(super) trait Node: Value {
    fn core(&self) -> &Core;
}

/// A type without a finalizer.
#[derive(Trace)]
struct Plain(Core);

/// A type with one.
#[derive(Trace)]
#[trace(finalize)]
struct Final {
    core: Core,
    #[trace(skip)]
    action: Action,
}

impl Node for Plain {
    fn core(&self) -> &Core {
        &self.0
    }
}

impl Node for Final {
    fn core(&self) -> &Core {
        &self.core
    }
}

impl Finalize for Final {
    fn finalize(&self) {
        log(Event::Finalized(self.core.id));
        act(
            self.action,
            Some(&self.core),
            Culprit::Finalizer(self.core.id),
        );
    }
}

/// A new object, unless there are enough, with a finalizer that does `action` if there is one.
pub(super) fn create(
    action: Option<Action>,
    is_bomb: bool,
    captured: Option<u8>,
) -> Option<Handle> {
    if world(|w| *w.values.borrow()) >= MOST_VALUES {
        return None;
    }
    let id = world(|w| {
        *w.values.borrow_mut() += 1;
        next(&w.next_object)
    });
    let core = Core {
        first: First {
            id,
            bomb: is_bomb && explodes_first(id),
        },
        edges: Slot::default(),
        weaks: Slot::default(),
        tables: Slot::default(),
        closure: captured.map(capture),
        me: Slot::default(),
        id,
        last: Last {
            id,
            bomb: is_bomb && !explodes_first(id),
        },
    };
    let handle: Handle = match action {
        Some(action) => unsize!(Gc::new(Final { core, action }) => dyn Node),
        None => unsize!(Gc::new(Plain(core)) => dyn Node),
    };
    *handle.core().me.borrow_mut() = Some(Gc::downgrade(&handle));
    let address = Gc::as_ptr(&handle).addr();
    world(|w| w.numbers.borrow_mut().insert(address, id));
    Some(handle)
}
