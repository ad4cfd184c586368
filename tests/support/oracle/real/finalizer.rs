//! Functions that wait for the end of an object.

use super::super::super::program::{Culprit, Event, Op};
use super::super::{weak, world};
use super::action::act;
use super::object::Node;
use super::world::{add_root, at_root, log, next, pick, pull};

type Function = Box<dyn FnOnce() + Send>;

pub(super) type Finalizer = weak::Finalizer<dyn Node, Function>;

/// Runs an operation on them.
pub(super) fn run(op: Op) {
    let finalizer = |number| world(|w| pick(&w.finalizers, number));
    match op {
        Op::Finalize(root, action) => {
            let finalizer = at_root(root, |root| {
                let number = world(|w| next(&w.next_callback));
                let function: Function = Box::new(move || {
                    log(Event::Called(number));
                    act(action, None, Culprit::Callback(number));
                });
                weak::finalize(root, function)
            });
            world(|w| w.finalizers.borrow_mut().extend(finalizer));
        }
        Op::CallFinalizer(number) => {
            if let Some(finalizer) = finalizer(number) {
                let result = finalizer.call();
                log(Event::Used(result.is_some()));
            }
        }
        Op::Detach(number) => {
            if let Some(finalizer) = finalizer(number) {
                let object = finalizer.detach().map(|(object, _function)| object);
                log(Event::Used(object.is_some()));
                object.into_iter().for_each(add_root);
            }
        }
        Op::Peek(number) => {
            if let Some(finalizer) = finalizer(number) {
                log(Event::Peeked(finalizer.peek(|object, _| object.id())));
            }
        }
        Op::DropFinalizer(number) => drop(world(|w| pull(&w.finalizers, number))),
        other => unreachable!("{other:?} is not of finalizers"),
    }
}

/// For each whether it waits.
pub(super) fn alive() -> Vec<bool> {
    world(|w| w.finalizers.borrow().iter().map(Finalizer::alive).collect())
}
