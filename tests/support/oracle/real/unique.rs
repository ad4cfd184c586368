//! Handles that are, or become, the only ones to their objects.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gordian::unsize;

use super::super::super::program::{Event, MOST_VALUES, Op};
use super::super::{Gc, world};
use super::light::Light;
use super::object::{Handle, Node, register};
use super::world::{add_root, at_root, log, next, pull};

/// Runs an operation that asks whether a root is the only handle.
pub(super) fn run(op: Op) {
    match op {
        Op::GetMut(number) => get_mut(number),
        Op::MakeMut(number) => {
            if let Some(light) = pull_light(number) {
                make_mut(light);
            }
        }
        Op::Unwrap(number) => {
            if let Some(light) = pull_light(number) {
                let result = Gc::try_unwrap(light);
                let is_only = result.is_ok();
                match result {
                    Ok(value) => drop(value),
                    Err(light) => add_root(unsize!(light => dyn Node)),
                }
                log(Event::Only(is_only));
            }
        }
        Op::IntoInner(number) => {
            if let Some(light) = pull_light(number) {
                let is_only = Gc::into_inner(light).is_some();
                log(Event::Only(is_only));
            }
        }
        other => unreachable!("{other:?} asks for no such thing"),
    }
}

fn get_mut(number: u8) {
    let edge = world(|w| {
        let mut roots = w.roots.borrow_mut();
        let index = usize::from(number).checked_rem(roots.len())?;
        let node = Gc::get_mut(&mut roots[index]);
        log(Event::Only(node.is_some()));
        node?.edges().borrow_mut().pop()
    });
    edge.into_iter().for_each(add_root);
}

/// A root is made the only handle, whatever panics meanwhile.
fn make_mut(mut light: Gc<Light>) {
    let moves = Gc::strong_count(&light) == 1 && Gc::weak_count(&light) > 0;
    let number = moves.then(|| world(|w| next(&w.next_object)));
    let result = catch_unwind(AssertUnwindSafe(|| {
        Gc::make_mut(&mut light);
    }));
    if let Some(number) = number {
        let moved = Gc::get_mut(&mut light);
        moved.expect("it is the only handle").renumber(number);
    }
    let handle: Handle = unsize!(light => dyn Node);
    register(&handle);
    add_root(handle);
    result.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Takes out a root, if it is of a light object, and there may be one value more.
fn pull_light(number: u8) -> Option<Gc<Light>> {
    let is_light = at_root(number, |root| root.core().is_none())?;
    if !is_light || world(|w| *w.values.borrow()) >= MOST_VALUES {
        return None;
    }
    let handle = world(|w| pull(&w.roots, number))?;
    #[expect(clippy::cast_ptr_alignment, reason = "it points to a light object")]
    let light = Gc::into_raw(handle).cast::<Light>();
    // SAFETY: light objects are the only ones without what all others have.
    Some(unsafe { Gc::from_raw(light) })
}
