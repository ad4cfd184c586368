//! Garbage that was saved.

use std::ops::Deref;
use std::slice;

use super::super::super::program::{Action, Event, Op};
use super::super::{gc, world};
use super::light::Light;
use super::object::{Final, Node, Plain};
use super::world::{add_root, log, pick, pull};

/// A copy of the list of saved garbage, or of one member of it.
#[derive(Clone)]
pub(super) enum Copy {
    All(gc::Garbage),
    One(gc::Saved),
}

impl Deref for Copy {
    type Target = [gc::Saved];

    fn deref(&self) -> &[gc::Saved] {
        match self {
            Self::All(garbage) => garbage,
            Self::One(saved) => slice::from_ref(saved),
        }
    }
}

impl Copy {
    /// Empties the library's list and drops the copy.
    fn clear(self) {
        match self {
            Self::All(garbage) => garbage.clear(),
            Self::One(saved) => {
                gc::garbage().clear();
                drop(saved);
            }
        }
    }
}

/// The value of a saved object.
fn node(saved: &gc::Saved) -> &dyn Node {
    let plain = saved.downcast_ref::<Plain>().map(|node| node as &dyn Node);
    let finalized = || saved.downcast_ref::<Final>().map(|node| node as &dyn Node);
    let light = || saved.downcast_ref::<Light>().map(|node| node as &dyn Node);
    let node = plain.or_else(finalized).or_else(light);
    node.expect("there are three types of objects")
}

/// The numbers of what is in a list.
pub(super) fn ids(list: &[gc::Saved]) -> Vec<usize> {
    list.iter().map(|saved| node(saved).id()).collect()
}

/// Tells what is saved; returns a copy of the list.
fn look() -> Copy {
    let garbage = gc::garbage();
    log(Event::Saved(ids(&garbage)));
    Copy::All(garbage)
}

/// Runs an operation on saved garbage.
pub(super) fn run(op: Op) {
    match op {
        Op::SaveAll(on) => save_all(on),
        Op::Garbage => {
            let copy = look();
            world(|w| w.copies.borrow_mut().push(copy));
        }
        Op::CopySaved(copy, member) => {
            let copy = world(|w| pick(&w.copies, copy));
            let one = copy.as_deref().and_then(|copy| at(copy, member));
            world(|w| w.copies.borrow_mut().extend(one.cloned().map(Copy::One)));
        }
        Op::ClearGarbage(number) => {
            let new = look();
            let old = number.is_multiple_of(2).then_some(&number);
            let old = old.and_then(|number| world(|w| pull(&w.copies, *number)));
            match old {
                Some(old) => {
                    drop(new);
                    old.clear();
                }
                None => new.clear(),
            }
        }
        Op::DropSaved(number) => drop(world(|w| pull(&w.copies, number))),
        Op::Reach(copy, member, edge) => {
            let edge = at_saved(copy, member, |node| {
                let edges = node.edges().borrow();
                let index = usize::from(edge).checked_rem(edges.len())?;
                Some(edges[index].clone())
            });
            edge.flatten().into_iter().for_each(add_root);
        }
        Op::CutSaved(copy, member, edge) => {
            drop(at_saved(copy, member, |node| pull(node.edges(), edge)));
        }
        other => unreachable!("{other:?} is not of saved garbage"),
    }
}

/// What user code does with saved garbage.
pub(super) fn act(action: Action) {
    match action {
        Action::SaveAll => save_all(true),
        Action::SaveNothing => save_all(false),
        Action::Garbage => drop(look()),
        Action::ClearGarbage => look().clear(),
        other => unreachable!("{other:?} is not of saved garbage"),
    }
}

pub(super) fn save_all(on: bool) {
    gc::set_debug(if on {
        gc::DebugFlags::SAVEALL
    } else {
        gc::DebugFlags::NONE
    });
}

fn at(copy: &[gc::Saved], member: u8) -> Option<&gc::Saved> {
    copy.get(usize::from(member).checked_rem(copy.len())?)
}

/// Looks at the value of a member of a copy, in its place. No user code is to run in `f`.
fn at_saved<R>(copy: u8, member: u8, f: impl FnOnce(&dyn Node) -> R) -> Option<R> {
    world(|w| {
        let copies = w.copies.borrow();
        let copy = &copies[usize::from(copy).checked_rem(copies.len())?];
        Some(f(node(at(copy, member)?)))
    })
}
