//! The histories: how many threads, what objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gordian_shuttle::explore;

use crate::heap::{Handle, Heap, Spec, Weak, lock, to};
use crate::player::{ALONE, ANY, Move, Player, below, collect_somehow, finalize, once_in};
use crate::runtime::thread::spawn;
use crate::thread::Thread;

/// How large a history is.
#[derive(Clone, Copy, Debug)]
struct Size {
    objects: usize,
    players: usize,
    /// Of each player.
    moves: usize,
    habits: &'static [Move],
    collectors: usize,
    /// Of each collector.
    collections: usize,
    /// Whether some objects have finalizers.
    has_finalizers: bool,
    /// Whether garbage is saved now and then.
    saves: bool,
}

/// Objects that hold each other at random, often in cycles.
fn any_specs(size: Size) -> Vec<Spec> {
    let any = |_| {
        let is_leaf = once_in(8);
        let degree = if is_leaf { 0 } else { below(3) };
        let edges: Vec<_> = (0..degree).map(|_| below(size.objects)).collect();
        Spec {
            is_leaf,
            is_frozen: once_in(4),
            has_weak: once_in(2),
            has_finalizer: size.has_finalizers && once_in(2),
            ..to(&edges)
        }
    };
    (0..size.objects).map(any).collect()
}

/// What a player has in the beginning: some handles to some objects.
fn any_hand(me: &Thread, specs: &[Spec]) -> (Vec<Handle>, Vec<Weak>) {
    let all = || (0..specs.len()).map(Handle);
    let handles = all().filter(|_| once_in(2)).map(|it| me.clone(&it));
    let weak = all().filter(|it| specs[it.0].has_weak && once_in(2));
    (
        handles.collect(),
        weak.map(|it| me.downgrade(&it)).collect(),
    )
}

/// Runs a history: all threads, and then the collections that must find all garbage.
fn run(size: Size) {
    let specs = any_specs(size);
    let all: Vec<_> = specs.iter().map(|spec| (1, spec.clone())).collect();
    let finalized = Arc::new(AtomicUsize::new(0));
    let finalizer = {
        let (finalized, specs) = (Arc::clone(&finalized), specs.clone());
        move |thread: &Thread, id| {
            finalized.fetch_add(1, Ordering::Relaxed);
            finalize(thread, &specs[id], id);
        }
    };
    let threads = size.players + size.collectors + 1;
    let heap = Arc::new(Heap::new(&all, threads, Box::new(finalizer)));
    let thread = |number| Thread {
        heap: Arc::clone(&heap),
        number,
    };
    let me = thread(threads - 1);
    let mut players = Vec::new();
    for number in 0..size.players {
        let once = (number..size.objects).step_by(size.players);
        let once = once.filter(|id| !specs[*id].is_leaf).collect();
        let player = Player::new(
            thread(number),
            &specs,
            any_hand(&me, &specs),
            once,
            (size.habits, size.saves),
        );
        players.push(spawn(move || player.play(size.moves)));
    }
    let mut collectors = Vec::new();
    for number in size.players..threads - 1 {
        let thread = thread(number);
        collectors.push(spawn(move || {
            (0..size.collections).for_each(|_| collect_somehow(&thread, size.saves));
        }));
    }
    (0..size.objects).map(Handle).for_each(|it| me.drop(it));
    let mut held = Vec::new();
    for player in players {
        held.extend(player.join().expect("no history goes on after a panic"));
    }
    for collector in collectors {
        collector.join().expect("no history goes on after a panic");
    }
    end(&me, held, &finalized);
}

/// As long as finalizers run, they may leave garbage. Where none does, one collection finds it all.
fn end(me: &Thread, mut held: Vec<Handle>, finalized: &AtomicUsize) {
    loop {
        let before = finalized.load(Ordering::Relaxed);
        me.collect();
        if finalized.load(Ordering::Relaxed) > before {
            continue;
        }
        me.heap.assert_exact(&held.iter().collect::<Vec<_>>());
        held.append(&mut lock(&me.heap.globals));
        if held.is_empty() {
            break;
        }
        for handle in held.drain(..) {
            me.deref(&handle);
            me.drop(handle);
        }
    }
    me.finish([]);
}

const SMALL: Size = Size {
    objects: 4,
    players: 3,
    moves: 12,
    habits: ANY,
    collectors: 1,
    collections: 3,
    has_finalizers: false,
    saves: false,
};

#[test]
fn three_threads_and_a_collector() {
    explore(20_000, || run(SMALL));
}

#[test]
fn threads_whose_objects_have_finalizers() {
    explore(20_000, || {
        run(Size {
            has_finalizers: true,
            ..SMALL
        });
    });
}

#[test]
fn threads_whose_garbage_is_saved() {
    explore(20_000, || {
        run(Size {
            has_finalizers: true,
            saves: true,
            ..SMALL
        });
    });
}

#[test]
fn threads_that_want_to_be_alone_with_one_object() {
    explore(20_000, || {
        run(Size {
            objects: 1,
            habits: ALONE,
            collections: 2,
            ..SMALL
        });
    });
}

#[test]
fn four_threads_and_two_collectors() {
    explore(10_000, || {
        run(Size {
            objects: 6,
            players: 4,
            moves: 25,
            habits: ANY,
            collectors: 2,
            collections: 4,
            has_finalizers: true,
            saves: false,
        });
    });
}
