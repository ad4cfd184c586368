//! What a program holds, in lists from which numbers choose.

use std::collections::HashMap;

use super::super::super::program::Event;
use super::super::{Shared, Slot, Weak, gc, world};
use super::finalizer::Finalizer;
use super::object::{Handle, Node};
use super::saved::Copy;
use super::table::{Loan, Table};

/// All that a program holds.
#[derive(Default)]
pub(in super::super) struct World {
    pub(super) roots: Slot<Vec<Handle>>,
    pub(super) aside: Slot<Vec<Handle>>,
    pub(super) weaks: Slot<Vec<Weak<dyn Node>>>,
    pub(super) finalizers: Slot<Vec<Finalizer>>,
    pub(super) loans: Slot<Vec<Loan>>,
    pub(super) shelf: Slot<Vec<Shared<Table>>>,
    pub(super) copies: Slot<Vec<Copy>>,
    pub(super) log: Slot<Vec<Event>>,
    pub(super) numbers: Slot<HashMap<usize, usize>>,
    pub(super) next_object: Slot<usize>,
    pub(super) next_callback: Slot<usize>,
    pub(super) next_part: Slot<usize>,
    pub(super) values: Slot<usize>,
    pub(super) hook: Slot<Option<gc::Hook>>,
    /// The program is not run any more: what user code does is of no interest.
    pub(in super::super) is_over: Slot<bool>,
}

/// Whether a program is run.
pub(super) fn is_on() -> bool {
    world(|w| !*w.is_over.borrow())
}

pub(super) fn log(event: Event) {
    if is_on() {
        world(|w| w.log.borrow_mut().push(event));
    }
}

/// The next number of a sequence.
pub(super) fn next(number: &Slot<usize>) -> usize {
    let mut number = number.borrow_mut();
    *number += 1;
    *number - 1
}

/// The member of a list that a number in a program chooses.
pub(super) fn pick<T: Clone>(list: &Slot<Vec<T>>, number: u8) -> Option<T> {
    let list = list.borrow();
    let index = usize::from(number).checked_rem(list.len())?;
    Some(list[index].clone())
}

/// The same, taken out.
pub(super) fn pull<T>(list: &Slot<Vec<T>>, number: u8) -> Option<T> {
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
