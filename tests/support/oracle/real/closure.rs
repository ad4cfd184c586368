//! The closures of a program: they tell what they have captured, and do something.

use gordian::Trace;

use super::super::super::program::{Action, Culprit, Event, Op, Sort, captures_table, held};
use super::super::{Run, Shared, function, world};
use super::action::act;
use super::object::{Handle, create_root};
use super::table::{Mark, Table};
use super::world::{log, root};

/// All a closure has captured.
#[derive(Trace)]
pub(super) struct Captures {
    mark: Mark,
    handles: Vec<Handle>,
    tables: Vec<Table>,
}

impl Run for Captures {
    fn run(&self, id: usize, action: Action) {
        let handles = self.handles.iter().map(|handle| handle.id()).collect();
        let tables = self.tables.iter().map(Table::len).collect();
        log(Event::Ran(id, Some((handles, tables))));
        act(action, None, Culprit::Closure(id));
    }
}

pub(super) type Function = super::super::Function<Captures>;

/// A closure that captures handles to roots, and perhaps the newest table.
pub(super) fn capture(number: u8) -> Function {
    let handles: Vec<Handle> = held(number).filter_map(root).collect();
    let table = captures_table(number).then(|| world(|w| w.shelf.borrow_mut().pop()));
    let tables: Vec<Table> = table
        .flatten()
        .and_then(Shared::into_inner)
        .into_iter()
        .collect();
    function(Captures {
        mark: Mark::new(),
        handles,
        tables,
    })
}

/// Runs an operation on closures.
pub(super) fn run(op: Op) {
    match op {
        Op::CreateClosure(action, number) => {
            create_root(action, Sort::Closure(number));
        }
        Op::Call(number, action) => {
            if let Some(object) = root(number) {
                call(&object, action);
            }
        }
        Op::Close(number) => {
            if let Some(object) = root(number) {
                close(&object);
            }
        }
        other => unreachable!("{other:?} is not of closures"),
    }
}

/// Calls the closure of an object, if it has one.
pub(super) fn call(object: &Handle, action: Action) {
    if let Some(core) = object.core()
        && let Some(closure) = &core.closure
        && closure.try_call((core.id, action)).is_none()
    {
        log(Event::Ran(core.id, None));
    }
}

/// Closes the closure of an object, if it has one.
pub(super) fn close(object: &Handle) {
    let closure = object.core().and_then(|core| core.closure.as_ref());
    closure.into_iter().for_each(Function::close);
}
