//! The objects of a program: values that log their drop, with and without a finalizer.

use std::cell::RefCell;
use std::panic::resume_unwind;

use gordian::{Finalize, Gc, Trace, Weak, unsize};

use super::super::program::{Action, Culprit, Event, MOST_VALUES, explodes_first};
use super::action::act;
use super::closure::{Function, capture};
use super::table::Table;
use super::world::{log, world};

pub(super) type Handle = Gc<dyn Node>;

/// What is the same in all objects.
#[derive(Trace)]
pub(super) struct Core {
    first: First,
    pub(super) edges: RefCell<Vec<Handle>>,
    pub(super) weaks: RefCell<Vec<Weak<dyn Node>>>,
    pub(super) tables: RefCell<Vec<Table>>,
    pub(super) closure: Option<Function>,
    pub(super) me: RefCell<Option<Weak<dyn Node>>>,
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
        world(|w| w.values.set(w.values.get() - 1));
        explode(self.id, self.bomb);
    }
}

fn explode(id: usize, is_bomb: bool) {
    if is_bomb {
        resume_unwind(Box::new(Culprit::Drop(id)));
    }
}

pub(super) trait Node: Trace {
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
    if world(|w| w.values.get()) >= MOST_VALUES {
        return None;
    }
    let id = world(|w| {
        w.values.set(w.values.get() + 1);
        w.next_object.replace(w.next_object.get() + 1)
    });
    let core = Core {
        first: First {
            id,
            bomb: is_bomb && explodes_first(id),
        },
        edges: RefCell::default(),
        weaks: RefCell::default(),
        tables: RefCell::default(),
        closure: captured.map(capture),
        me: RefCell::default(),
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
    world(|w| {
        w.numbers
            .borrow_mut()
            .insert(Gc::as_ptr(&handle).cast(), id)
    });
    Some(handle)
}
