//! What a program holds, in lists from which numbers choose.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use gordian::{Weak, gc};

use super::super::program::Event;
use super::object::{Handle, Node};
use super::table::{Loan, Table};

thread_local! {
    /// Never dropped: after a failure it holds objects that the thread's end must not touch.
    static WORLD: ManuallyDrop<World> = ManuallyDrop::default();
}

/// All that a program holds.
#[derive(Default)]
pub(super) struct World {
    pub(super) roots: RefCell<Vec<Handle>>,
    pub(super) aside: RefCell<Vec<Handle>>,
    pub(super) weaks: RefCell<Vec<Weak<dyn Node>>>,
    pub(super) loans: RefCell<Vec<Loan>>,
    pub(super) shelf: RefCell<Vec<Rc<Table>>>,
    pub(super) log: RefCell<Vec<Event>>,
    pub(super) numbers: RefCell<HashMap<*const (), usize>>,
    pub(super) next_object: Cell<usize>,
    pub(super) next_callback: Cell<usize>,
    pub(super) next_part: Cell<usize>,
    pub(super) values: Cell<usize>,
    pub(super) hook: RefCell<Option<gc::Hook>>,
}

pub(super) fn world<R>(f: impl FnOnce(&World) -> R) -> R {
    WORLD.with(|world| f(world))
}

pub(super) fn log(event: Event) {
    world(|w| w.log.borrow_mut().push(event));
}

/// The member of a list that a number in a program chooses.
pub(super) fn pick<T: Clone>(list: &RefCell<Vec<T>>, number: u8) -> Option<T> {
    let list = list.borrow();
    let index = usize::from(number).checked_rem(list.len())?;
    Some(list[index].clone())
}

/// The same, taken out.
pub(super) fn pull<T>(list: &RefCell<Vec<T>>, number: u8) -> Option<T> {
    let mut list = list.borrow_mut();
    let index = usize::from(number).checked_rem(list.len())?;
    Some(list.remove(index))
}

pub(super) fn root(number: u8) -> Option<Handle> {
    world(|w| pick(&w.roots, number))
}

/// Uses a root where it lies: a clone that comes and goes would draw the collector's attention.
/// No user code is to run in `f`.
pub(super) fn at_root<R>(number: u8, f: impl FnOnce(&Handle) -> R) -> Option<R> {
    world(|w| {
        let roots = w.roots.borrow();
        Some(f(&roots[usize::from(number).checked_rem(roots.len())?]))
    })
}

pub(super) fn add_root(handle: Handle) {
    world(|w| w.roots.borrow_mut().push(handle));
}
