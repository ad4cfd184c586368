//! What finalizers and callbacks do: all that may be done there.

use std::sync::atomic::Ordering;

use gordian::sync::{self, Gc, gc, weak};

use crate::build;
use crate::ledger::CALLBACKS;
use crate::node::{Handle, Mortal, Places, WeakHandle, each, lock, restrained};
use crate::random::Random;
use crate::watch::{doing, fail, panic_as_expected};
use crate::world::WORLD;

/// The finalizer of an object.
pub(crate) fn run(id: u64, places: Option<&Places>, me: Option<Gc<Mortal>>) {
    let before = doing("runs a finalizer");
    let mut random = WORLD.random(id);
    restrained(|| {
        if let Some(mut me) = me {
            // What was dropped to get here, or the collector, has the object as well.
            if Gc::get_mut(&mut me).is_some() {
                fail("a finalizer was lent the object that it finalizes");
            }
            if random.one_in(4) && !WORLD.is_over() {
                WORLD.share(Handle::Mortal(me), &mut random);
            } else if random.one_in(4) {
                WORLD.share_weak(Handle::Mortal(me).downgrade(), &mut random);
            }
        }
        for _ in 0..random.below(3) {
            if let Some(places) = places {
                do_with(places, id, &mut random);
            }
            do_something(&mut random);
        }
    });
    doing(before);
    if random.one_in(64) {
        panic_as_expected();
    }
}

/// What a finalizer does with its own object.
fn do_with(places: &Places, id: u64, random: &mut Random) {
    match random.below(6) {
        0 => drop(places.cut()),
        1 => lock(&places.diary).push(id),
        2 => {
            for other in places.handles() {
                other.check();
                if let Some(places) = other.places() {
                    lock(&places.diary).clear();
                }
            }
        }
        3 if !WORLD.is_over() => {
            if let Some(other) = random.pick(&places.handles()) {
                WORLD.share(other.clone(), random);
            }
        }
        4 => {
            for other in places.handles() {
                drop(other.places().map(Places::cut));
            }
        }
        _ => {
            let weaks = std::mem::take(&mut *lock(&places.weaks));
            weaks.iter().for_each(|weak| drop(weak.upgrade()));
        }
    }
}

/// What finalizers and callbacks do besides.
pub(crate) fn do_something(random: &mut Random) {
    match random.below(9) {
        0 => {
            sync::collect();
        }
        1 => {
            gc::collect_generation(0);
        }
        2 => drop(WORLD.upgrade(random)),
        3 => drop(WORLD.find(true, random)),
        4 if !WORLD.is_over() => {
            if let Some(found) = WORLD.upgrade(random) {
                WORLD.share(found, random);
            }
        }
        5 | 6 if !WORLD.is_over() => {
            let fresh = build::object(random);
            if let (Some(found), Some(places)) = (WORLD.find(false, random), fresh.places()) {
                places
                    .edges()
                    .into_iter()
                    .for_each(|mut edges| edges.push(found.clone()));
            }
            if random.one_in(2) {
                WORLD.share(fresh, random);
            }
        }
        7 => {
            if let Some(mut found) = WORLD.find(true, random) {
                build::change(&mut found, random);
            }
        }
        _ => {
            if let Some(found) = WORLD.find(false, random) {
                found
                    .places()
                    .into_iter()
                    .for_each(|places| drop(places.cut()));
            }
        }
    }
}

/// Makes a callback for an object, which it can look for afterwards.
fn callback(weak: WeakHandle, has_to_run: bool, at_exit: bool) -> (u64, impl FnOnce() + Send) {
    let id = CALLBACKS.make(has_to_run);
    let run = move || {
        let before = doing("runs a callback");
        CALLBACKS.end_callback(id);
        restrained(|| {
            let is_early = at_exit && WORLD.exits.load(Ordering::Relaxed);
            if !is_early && weak.upgrade().is_some() {
                fail("a callback runs whose object is there");
            }
            let mut random = WORLD.random(!id);
            do_something(&mut random);
        });
        doing(before);
        if id.is_multiple_of(64) {
            panic_as_expected();
        }
    };
    (id, run)
}

/// A weak handle with a callback.
pub(crate) fn downgrade(handle: &Handle) -> WeakHandle {
    let (_, callback) = callback(handle.downgrade(), false, false);
    handle.downgrade_with(callback)
}

/// Registers a callback that belongs to no weak handle. Few are called, or called off.
pub(crate) fn register(handle: &Handle, random: &mut Random) {
    let at_exit = random.one_in(2);
    let (id, callback) = callback(handle.downgrade(), true, at_exit);
    lock(&WORLD.registered).push((id, handle.life().id()));
    each!(handle, gc => {
        let finalizer = weak::finalize(gc, callback);
        finalizer.set_atexit(at_exit);
        match random.below(8) {
            0 => drop(finalizer.detach().map(|(object, function)| {
                CALLBACKS.end_callback(id);
                drop(function);
                object
            })),
            1 => drop(finalizer.peek(|object, _| Handle::from(object.clone()).check())),
            _ => {}
        }
    });
}
