//! The objects of a program: values that log their drop, with and without a finalizer.

use std::panic::resume_unwind;

use gordian::{Finalize, Trace, unsize};

use super::super::super::program::{Action, Culprit, Event, MOST_VALUES, Sort, explodes_first};
use super::super::{Gc, Slot, Value, Weak, world};
use super::action::act;
use super::closure::{Function, capture};
use super::light::Light;
use super::table::Table;
use super::world::{add_root, is_on, log, next};

pub(super) type Handle = Gc<dyn Node>;

/// What is the same in all objects but light ones.
#[derive(Trace)]
pub(super) struct Core {
    first: First,
    pub(super) edges: Slot<Vec<Handle>>,
    pub(super) weaks: Slot<Vec<Weak<dyn Node>>>,
    pub(super) tables: Slot<Vec<Table>>,
    pub(super) closure: Option<Function>,
    /// Itself, if it has a finalizer, which needs it.
    pub(super) me: Slot<Option<Weak<dyn Node>>>,
    pub(super) id: usize,
    last: Last,
}

impl Core {
    fn new(id: usize, sort: Sort) -> Self {
        let explodes = |when| sort == Sort::Bomb && explodes_first(id) == when;
        let closure = match sort {
            Sort::Closure(number) => Some(capture(number)),
            Sort::Common | Sort::Bomb | Sort::Light => None,
        };
        Self {
            first: First {
                id,
                bomb: explodes(true),
            },
            edges: Slot::default(),
            weaks: Slot::default(),
            tables: Slot::default(),
            closure,
            me: Slot::default(),
            id,
            last: Last {
                id,
                bomb: explodes(false),
            },
        }
    }
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
    fn id(&self) -> usize;

    fn edges(&self) -> &Slot<Vec<Handle>>;

    /// All that there is but in a light object.
    fn core(&self) -> Option<&Core>;
}

/// A type without a finalizer.
#[derive(Trace)]
pub(super) struct Plain(Core);

/// A type with one.
#[derive(Trace)]
#[trace(finalize)]
pub(super) struct Final {
    core: Core,
    #[trace(skip)]
    action: Action,
}

impl Node for Plain {
    fn id(&self) -> usize {
        self.0.id
    }

    fn edges(&self) -> &Slot<Vec<Handle>> {
        &self.0.edges
    }

    fn core(&self) -> Option<&Core> {
        Some(&self.0)
    }
}

impl Node for Final {
    fn id(&self) -> usize {
        self.core.id
    }

    fn edges(&self) -> &Slot<Vec<Handle>> {
        &self.core.edges
    }

    fn core(&self) -> Option<&Core> {
        Some(&self.core)
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

/// A new root.
pub(super) fn create_root(action: Option<Action>, sort: Sort) {
    create(action, sort).into_iter().for_each(add_root);
}

/// A new object, unless there are enough, with a finalizer that does `action` if there is one.
pub(super) fn create(action: Option<Action>, sort: Sort) -> Option<Handle> {
    if world(|w| *w.values.borrow()) >= MOST_VALUES {
        return None;
    }
    let id = count_in();
    let handle: Handle = match (sort, action) {
        (Sort::Light, _) => unsize!(Gc::new(Light::new(id)) => dyn Node),
        (_, Some(action)) => {
            let core = Core::new(id, sort);
            unsize!(Gc::new(Final { core, action }) => dyn Node)
        }
        (_, None) => unsize!(Gc::new(Plain(Core::new(id, sort))) => dyn Node),
    };
    if action.is_some()
        && let Some(core) = handle.core()
    {
        *core.me.borrow_mut() = Some(Gc::downgrade(&handle));
    }
    register(&handle);
    Some(handle)
}

/// The number of a new value, one more.
pub(super) fn count_in() -> usize {
    world(|w| {
        *w.values.borrow_mut() += 1;
        next(&w.next_object)
    })
}

/// A new root to which there is a weak handle before its value, whose making does something.
pub(super) fn create_cyclic(action: Option<Action>, making: Action) {
    if world(|w| *w.values.borrow()) >= MOST_VALUES {
        return;
    }
    let id = world(|w| next(&w.next_object));
    let make = |me: Weak<dyn Node>| {
        log(Event::Making(id));
        world(|w| {
            next(&w.next_callback);
            w.weaks.borrow_mut().push(me.clone());
        });
        act(making, None, Culprit::Making(id));
        world(|w| *w.values.borrow_mut() += 1);
        let core = Core::new(id, Sort::Common);
        *core.me.borrow_mut() = action.map(|_| me);
        core
    };
    let handle: Handle = match action {
        Some(action) => {
            let make = |me: &Weak<Final>| Final {
                core: make(unsize!(me.clone() => dyn Node)),
                action,
            };
            unsize!(Gc::new_cyclic(make) => dyn Node)
        }
        None => {
            let make = |me: &Weak<Plain>| Plain(make(unsize!(me.clone() => dyn Node)));
            unsize!(Gc::new_cyclic(make) => dyn Node)
        }
    };
    register(&handle);
    add_root(handle);
}

/// Notes where an object is.
pub(super) fn register(handle: &Handle) {
    let address = Gc::as_ptr(handle).addr();
    world(|w| w.numbers.borrow_mut().insert(address, handle.id()));
}
