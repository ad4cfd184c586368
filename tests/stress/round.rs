//! A round: threads do what its seed says, and when all have ended, all is gone that can be.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use gordian::sync::{self, gc};

use crate::build;
use crate::ledger::{CALLBACKS, OBJECTS};
use crate::locks::{self, Jailer};
use crate::node::lock;
use crate::random::Random;
use crate::watch::{Watched, doing, fail, guarded};
use crate::worker::{Parcel, Worker};
use crate::world::WORLD;

const WORKERS: usize = 4;
const COLLECTORS: usize = 2;
const STEPS: usize = if cfg!(debug_assertions) {
    3_000
} else {
    10_000
};

/// No garbage takes as many collections.
const MOST_COLLECTIONS: usize = 500;

/// Runs a round in threads of its own; returns how many objects it made.
///
/// The calling thread has to do with the ledger only: the conductor is the last to use the heap, and
/// its end collects.
pub(crate) fn run(seed: u64) -> u32 {
    WORLD.start_over(seed);
    let (sender, receiver) = channel();
    let conductor = move || conduct(&sender);
    Watched::start("conductor".to_owned(), conductor).join();
    let Ok(leaked) = receiver.recv() else {
        fail("the conductor did not come to its end");
    };
    expect("after the end of the last thread", &leaked);
    for (callback, object) in unrun_callbacks() {
        if !leaked.contains(&object) {
            fail(&format!(
                "callback {callback:#x} of {object:#x} did not run"
            ));
        }
    }
    locks::forget_leaked();
    OBJECTS.counts().0
}

/// The numbers of callbacks that had to run but did not, with those of their objects.
fn unrun_callbacks() -> Vec<(u64, u64)> {
    let left: HashSet<u64> = CALLBACKS.left(true).into_iter().collect();
    let mut registered = lock(&WORLD.registered).clone();
    registered.retain(|(callback, _)| left.contains(callback));
    registered
}

/// Asserts that all objects are gone but these.
fn expect(when: &str, expected: &HashSet<u64>) {
    let left: HashSet<u64> = OBJECTS.left(false).into_iter().collect();
    let describe = |ids: HashSet<u64>| {
        let some = ids.into_iter().take(20).map(|id| OBJECTS.describe(id));
        some.collect::<Vec<_>>().join("; ")
    };
    if left != *expected {
        let lost = describe(left.difference(expected).copied().collect());
        let gone = describe(expected.difference(&left).copied().collect());
        let (made, ended, finalized) = OBJECTS.counts();
        fail(&format!(
            "{when}: not freed [{lost}], freed too early [{gone}]; \
             {made} made, {ended} gone, {finalized} finalized"
        ));
    }
}

/// The thread that starts all others. It tells what leaked locks keep.
fn conduct(leaked: &Sender<HashSet<u64>>) {
    let mut random = WORLD.random(u64::MAX);
    gc::enable();
    let thresholds = [(700, 10, 10), (100, 4, 4), (3000, 10, 10)];
    gc::set_threshold(thresholds[random.below(thresholds.len())]);
    // It uses the heap to the end.
    WORLD.share(build::node(&mut random), &mut random);
    guarded(|| locks::leak_a_guard(&mut random));
    let jailer = Jailer::start(&mut random);
    build_and_collect();

    doing("clears up");
    let leaves_it_to_the_end = random.one_in(2);
    if leaves_it_to_the_end {
        WORLD.is_over.store(true, Ordering::Relaxed);
        jailer.let_go();
        locks::cut_leaked();
        WORLD.clear();
    } else {
        settle();
        WORLD.is_over.store(true, Ordering::Relaxed);
        settle();
        let held = &jailer.reach() | &locks::reach_of_leaked();
        expect("with locks held", &held);
        jailer.let_go();
        locks::cut_leaked();
        settle();
        expect("at the end", &locks::reach_of_leaked());
    }
    let _ = leaked.send(locks::reach_of_leaked());
    WORLD.exits.store(true, Ordering::Relaxed);
}

/// Runs all threads of the round but the jailer, to their end.
fn build_and_collect() {
    let (outboxes, inboxes): (Vec<_>, Vec<_>) = (0..WORKERS).map(|_| channel::<Parcel>()).unzip();
    let collectors = (0..COLLECTORS).map(|number| {
        let random = WORLD.random(100 + number as u64);
        Watched::start(format!("collector {number}"), move || {
            collect(number == 0, random);
        })
    });
    let collectors: Vec<_> = collectors.collect();
    let (emptied, left) = channel();
    let workers = inboxes.into_iter().enumerate().map(|(number, inbox)| {
        let outboxes = outboxes.clone();
        let emptied = emptied.clone();
        let work = move || {
            let inbox = Worker::new(number as u64, inbox, outboxes).run(STEPS);
            let _ = emptied.send(inbox);
        };
        Watched::start(format!("worker {number}"), work)
    });
    let workers: Vec<_> = workers.collect();
    drop((outboxes, emptied));
    workers.into_iter().for_each(Watched::join);
    for inbox in left {
        while let Ok(parcel) = inbox.try_recv() {
            guarded(|| drop(parcel));
        }
    }
    loop {
        let child = lock(&WORLD.children).pop();
        let Some(child) = child else {
            break;
        };
        child.join();
    }
    WORLD.has_ended.store(true, Ordering::Relaxed);
    collectors.into_iter().for_each(Watched::join);
}

/// Collects until the others have ended.
fn collect(young: bool, mut random: Random) {
    while !WORLD.has_ended.load(Ordering::Relaxed) {
        doing("collects all the time");
        let generation = if young { 0 } else { 2 - random.below(2) };
        guarded(|| gc::collect_generation(generation));
        match random.below(32) {
            0 => drop(gc::objects(None)),
            1 => {
                gc::freeze();
                guarded(sync::collect);
                gc::unfreeze();
            }
            2..8 => thread::yield_now(),
            _ => {}
        }
    }
}

/// Drops what is shared and collects, until nothing is found.
fn settle() {
    for _ in 0..MOST_COLLECTIONS {
        doing("collects what is left");
        let was_any = WORLD.clear();
        let before = OBJECTS.counts();
        let found = guarded(sync::collect);
        if !was_any && found == Some(0) && OBJECTS.counts() == before {
            return;
        }
    }
    fail("collections find garbage again and again");
}
