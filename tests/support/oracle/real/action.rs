//! What user code does inside finalizers and callbacks.

use std::panic::resume_unwind;

use super::super::super::program::{Action, Culprit, Event, Sort};
use super::super::{Gc, Weak, gc, world};
use super::closure::{call, close};
use super::object::{Core, Handle, create};
use super::saved;
use super::table;
use super::world::{add_root, is_on, log, next};

/// What user code does, inside a finalizer (with its object's value) or a callback.
pub(super) fn act(action: Action, core: Option<&Core>, culprit: Culprit) {
    match action {
        _ if !is_on() => {}
        Action::Nothing => {}
        Action::ResurrectSelf => {
            if let Some(handle) = core.and_then(|core| core.me.borrow().as_ref()?.upgrade()) {
                add_root(handle);
            }
        }
        Action::ResurrectNeighbour => {
            if let Some(handle) = core.and_then(|core| core.edges.borrow().first().cloned()) {
                add_root(handle);
            }
        }
        Action::LinkSelf => {
            if let Some(core) = core
                && let Some(me) = core.me.borrow().as_ref().and_then(Weak::upgrade)
            {
                core.edges.borrow_mut().push(me);
            }
        }
        Action::CutEdges => drop(core.map(|core| core.edges.take())),
        Action::DropAside => drop(world(|w| w.aside.borrow_mut().pop())),
        Action::DropRoot => drop(world(|w| w.roots.borrow_mut().pop())),
        Action::UpgradeOne => {
            if let Some(handle) = world(|w| w.weaks.borrow().first()?.upgrade()) {
                add_root(handle);
            }
        }
        Action::UpgradeAll => log(Event::Upgraded(upgrades())),
        Action::DropWeak => drop(world(|w| w.weaks.borrow_mut().pop())),
        Action::MakeWeak => {
            if let Some(handle) = me_or_newest(core) {
                add_weak(&handle, Some(Action::UpgradeAll));
            }
        }
        Action::Collect => log(Event::Returned(gc::collect())),
        Action::Allocate => {
            if let Some(handle) = create(Some(Action::Nothing), Sort::Common) {
                add_root(handle);
            }
        }
        Action::Litter => {
            if let Some(handle) = create(None, Sort::Light) {
                handle.edges().borrow_mut().push(handle.clone());
            }
        }
        Action::Call => {
            let object = me_or_newest(core);
            object.iter().for_each(|o| call(o, Action::Nothing));
        }
        Action::Close => me_or_newest(core).iter().for_each(close),
        Action::Freeze => gc::freeze(),
        Action::Unfreeze => gc::unfreeze(),
        Action::Insert | Action::Remove | Action::Clear | Action::Contents => {
            table::act(action, core);
        }
        Action::Panic => resume_unwind(Box::new(culprit)),
        _ => saved::act(action),
    }
}

/// The object itself, or the newest root.
pub(super) fn me_or_newest(core: Option<&Core>) -> Option<Handle> {
    let me = core.and_then(|core| core.me.borrow().as_ref()?.upgrade());
    me.or_else(|| world(|w| w.roots.borrow().last().cloned()))
}

pub(super) fn add_weak(handle: &Handle, action: Option<Action>) {
    let number = world(|w| next(&w.next_callback));
    let weak = match action {
        None => Gc::downgrade(handle),
        Some(action) => Gc::downgrade_with(handle, move || {
            log(Event::Called(number));
            act(action, None, Culprit::Callback(number));
        }),
    };
    world(|w| w.weaks.borrow_mut().push(weak));
}

fn upgrades() -> Vec<bool> {
    world(|w| {
        w.weaks
            .borrow()
            .iter()
            .map(|weak| weak.upgrade().is_some())
            .collect()
    })
}
