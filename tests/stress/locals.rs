//! Handles in thread-locals, and threads that do not live long.

use std::cell::RefCell;
use std::sync::atomic::Ordering;

use gordian::sync;

use crate::build;
use crate::finalizers;
use crate::node::{Handle, is_restrained, lock};
use crate::random::Random;
use crate::watch::{Watched, doing, guarded};
use crate::world::WORLD;

/// More do not live at once.
const CHILDREN: usize = 12;

/// What a thread keeps until it ends, and what it does then.
struct Kept {
    handles: Vec<Handle>,
    /// Decides that.
    random: Option<Random>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        doing("drops its locals");
        let Some(random) = &mut self.random else {
            return;
        };
        if random.one_in(3) {
            guarded(|| finalizers::do_something(random));
        }
        while let Some(handle) = self.handles.pop() {
            handle.check();
            guarded(|| drop(handle));
            if random.one_in(8) {
                guarded(sync::collect);
            }
        }
    }
}

thread_local! {
    // Of two one may go before the heap notices the end of the thread, and one after that.
    static EARLY: RefCell<Kept> = const { RefCell::new(Kept::NOTHING) };
    static LATE: RefCell<Kept> = const { RefCell::new(Kept::NOTHING) };
}

impl Kept {
    const NOTHING: Self = Self {
        handles: Vec::new(),
        random: None,
    };
}

/// Has a local destroyed in its turn, whatever comes to lie in it.
fn note_locals(random: &mut Random) {
    let place = if random.one_in(2) { &EARLY } else { &LATE };
    place.with_borrow_mut(|kept| kept.random = Some(random.clone()));
}

/// Keeps a handle until the thread ends.
pub(crate) fn keep(handle: Option<Handle>, random: &mut Random) {
    doing("keeps a handle");
    let place = if random.one_in(2) { &EARLY } else { &LATE };
    place.with_borrow_mut(|kept| {
        kept.handles.extend(handle);
        kept.random = Some(random.clone());
    });
    if random.one_in(4) {
        let old = place.with_borrow_mut(|kept| std::mem::take(&mut kept.handles));
        drop(old);
    }
}

/// Starts a thread that does a little with some handles, and ends.
pub(crate) fn start_child(handles: &[Handle], random: &mut Random) {
    doing("starts a thread");
    join_some();
    if is_restrained() || WORLD.number_of_children.load(Ordering::Relaxed) >= CHILDREN {
        return;
    }
    let number = WORLD.number_of_children.fetch_add(1, Ordering::Relaxed);
    let count = random.below(4);
    let given = (0..count).filter_map(|_| random.pick(handles).cloned());
    let given: Vec<_> = given.collect();
    let mut random = Random::new(random.next(), 0);
    let child = Watched::start(format!("child {number}"), move || live(given, &mut random));
    lock(&WORLD.children).push(child);
}

/// Joins those that have ended.
fn join_some() {
    let mut children = lock(&WORLD.children);
    let ended: Vec<_> = children.extract_if(.., |child| child.has_run()).collect();
    drop(children);
    for child in ended {
        child.join();
        WORLD.number_of_children.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What such a thread does.
fn live(mut given: Vec<Handle>, random: &mut Random) {
    if random.one_in(2) {
        note_locals(random);
    }
    for _ in 0..random.below(12) {
        doing("lives for a while");
        given.iter().for_each(Handle::check);
        match random.below(6) {
            0 => given.push(build::object(random)),
            1 => {
                if let (Some(from), Some(to)) = (random.pick(&given), random.pick(&given)) {
                    build::link(from, to, random);
                }
            }
            2 => drop(random.take(&mut given)),
            3 => keep(random.take(&mut given), random),
            4 => {
                if let Some(handle) = random.take(&mut given) {
                    WORLD.share(handle, random);
                }
            }
            _ => finalizers::do_something(random),
        }
    }
    given
        .into_iter()
        .for_each(|handle| keep(Some(handle), random));
}
