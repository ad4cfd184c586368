//! Threads that allocate, and free what others have allocated.

mod stress;

use std::alloc::Layout;
use std::cell::RefCell;
use std::collections::HashSet;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{
    VACANT, View, allocate, clear_visit_words, drain, for_each_object, free, give_back,
    len_estimate, note_size, push, spot, view,
};
use super::{directory, large};
use crate::object::{Edge, HEADER_SIZE, LENGTH_SIZE, Object, fits_block};

/// The process has one shared heap: one test at a time. Whatever it holds then is the test's own, as long
/// as all its work is done by threads that end.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_nothing_is_left();
    guard
}

fn assert_nothing_is_left() {
    assert_eq!(directory::lock().counts(), (0, 0));
    assert_eq!(large::lock().objects().len(), 0);
    assert_eq!(view().sizes().1, 0);
}

/// Does something in a thread that ends.
fn in_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(work).join()).unwrap()
}

/// An object whose value is filled with a byte.
#[derive(Debug)]
struct Thing {
    object: Object,
    layout: Layout,
    byte: u8,
}

// SAFETY: shared objects are for all threads.
unsafe impl Send for Thing {}
// SAFETY: as above.
unsafe impl Sync for Thing {}

impl Thing {
    fn new(layout: Layout, is_tracked: bool, is_slice: bool, byte: u8) -> Self {
        let header = allocate(layout, is_tracked, is_slice);
        let object = Object::new(header.cast());
        let (first, state) = words(header);
        assert_eq!(state.load(Ordering::Relaxed), VACANT);
        let tag = if is_tracked { 0 } else { 2 };
        first.store(
            std::ptr::without_provenance_mut(64 + tag),
            Ordering::Relaxed,
        );
        state.store(1, Ordering::Release);
        if is_slice {
            // SAFETY: new, and allocated for a slice.
            unsafe { object.set_length(layout.size()) };
        }
        let value = object.value();
        assert_eq!(value.addr().get() % layout.align(), 0);
        // SAFETY: the value's own memory.
        unsafe { value.write_bytes(byte, layout.size()) };
        Self {
            object,
            layout,
            byte,
        }
    }

    /// Of some layout, that follows from a random number.
    fn random(random: &mut Random) -> Self {
        let size = match random.below(8) {
            0 => random.below(700),
            1 => 480 - random.below(32),
            _ => 8 + random.below(10) * 8,
        };
        let align = if random.below(16) == 0 { 32 } else { 8 };
        let layout = Layout::from_size_align(size as usize, align).unwrap();
        let kind = random.below(4);
        Self::new(
            layout,
            kind & 1 == 0,
            kind & 2 == 0,
            random.below(256) as u8,
        )
    }

    fn edge(&self) -> Edge {
        Edge::new(self.object, self.layout)
    }

    fn free(self) {
        let value = self.object.value().as_ptr().cast_const();
        // SAFETY: written by `new`.
        let value = unsafe { std::slice::from_raw_parts(value, self.layout.size()) };
        assert!(value == vec![self.byte; self.layout.size()]);
        let (_, state) = words(self.object.header_ptr().cast());
        assert_eq!(state.swap(0, Ordering::Acquire), 1);
        // SAFETY: nobody uses it any more.
        unsafe { free(self.object, self.layout) };
    }
}

/// The words of a header.
fn words<'a>(header: NonNull<()>) -> (&'a AtomicPtr<()>, &'a AtomicU64) {
    // SAFETY: both are there as long as the object is, which is longer than the tests use them.
    let first = unsafe { header.cast::<AtomicPtr<()>>().as_ref() };
    // SAFETY: the second word of the header.
    let state = unsafe { header.cast::<AtomicU64>().add(1) };
    // SAFETY: as above.
    (first, unsafe { state.as_ref() })
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % limit
    }
}

/// Checks that the objects of a layout keep out of each other's way.
fn check(layout: Layout, is_tracked: bool, is_slice: bool, count: usize) {
    let make = |number| Thing::new(layout, is_tracked, is_slice, number as u8);
    let mut things: Vec<Thing> = (0..count).map(make).collect();
    let before = HEADER_SIZE + if is_slice { LENGTH_SIZE } else { 0 };
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut numbers = HashSet::new();
    for thing in &things {
        let value = thing.object.value().addr().get();
        ranges.push((value - before, value + layout.size()));
        // SAFETY: [live], and no other thread collects.
        let spot = unsafe { spot(thing.edge()) };
        assert_eq!(spot.is_some(), is_tracked);
        if let Some(spot) = spot {
            assert_eq!(spot.word().get(), 0);
            assert!(numbers.insert(spot.number()));
            spot.word().set(u32::from(thing.byte) + 1);
        }
    }
    ranges.sort_unstable();
    assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    let mut listed = HashSet::new();
    for_each_object(|object| assert!(listed.insert(object)));
    assert_eq!(listed, things.iter().map(|thing| thing.object).collect());
    let view: View = view();
    let (blocks, large) = view.sizes();
    for thing in &things {
        // SAFETY: [live], and no other thread collects.
        if let Some(spot) = unsafe { spot(thing.edge()) } {
            // SAFETY: [live] when the view was made, and now.
            let word = unsafe { view.word_at(spot.number()) };
            assert_eq!(word, u32::from(thing.byte) + 1);
            let number = spot.number() as usize;
            let is_in = fits_block(layout) && number < blocks;
            assert!(is_in || number - (1 << 31) < large);
        }
    }
    let edges: Vec<Edge> = things.iter().map(Thing::edge).collect();
    // SAFETY: [live], and no other thread collects.
    unsafe { clear_visit_words(&edges) };
    while !things.is_empty() {
        let place = things.len() * 7_919 / 10_007 % things.len();
        things.swap_remove(place).free();
    }
}

#[test]
#[cfg_attr(miri, ignore = "ten thousands of objects")]
fn objects_of_every_layout_keep_out_of_each_others_way() {
    let _alone = alone();
    in_thread(|| {
        for kind in 0..4 {
            let (is_tracked, is_slice) = (kind & 1 == 0, kind & 2 == 0);
            for align in [1, 8, 64] {
                for size in (0..=600).step_by(align.max(4)) {
                    let layout = Layout::from_size_align(size, align).unwrap();
                    check(layout, is_tracked, is_slice, 10);
                }
            }
            // Some that fill more than a block.
            for size in [0, 24, 104, 480] {
                let layout = Layout::from_size_align(size, 8).unwrap();
                check(layout, is_tracked, is_slice, 2 * 65_536 / (size + 16));
            }
        }
    });
    assert_nothing_is_left();
}

#[test]
fn memory_goes_back_when_others_free_it() {
    let _alone = alone();
    let layout = Layout::from_size_align(480, 8).unwrap();
    let make = || -> Vec<Thing> {
        let make = |number: usize| Thing::new(layout, true, false, number as u8);
        (0..if cfg!(miri) { 600 } else { 5_000 })
            .map(make)
            .collect()
    };
    // The thread that made them has ended.
    let things = in_thread(make);
    note_size();
    in_thread(move || things.into_iter().for_each(Thing::free));
    assert_nothing_is_left();
    // It has not: full blocks go back all the same, and those it keeps when it ends.
    let (send, receive) = channel::<Vec<Thing>>();
    let (done, wait) = channel::<()>();
    thread::scope(|scope| {
        let maker = scope.spawn(move || {
            send.send(make()).unwrap();
            wait.recv().unwrap();
        });
        let things = receive.recv().unwrap();
        in_thread(move || things.into_iter().for_each(Thing::free));
        if fits_block(layout) {
            assert_eq!(directory::lock().counts(), (0, 1));
        }
        done.send(()).unwrap();
        // The end of the scope alone does not wait for the thread's locals.
        maker.join().unwrap();
    });
    give_back();
    assert_nothing_is_left();
}

#[test]
#[cfg_attr(miri, ignore = "twenty thousand objects")]
fn a_thread_keeps_few_blocks_for_itself() {
    let _alone = alone();
    let layout = Layout::from_size_align(488, 8).unwrap();
    in_thread(|| {
        let mut things: Vec<Thing> = (0..20_000)
            .map(|number| Thing::new(layout, true, false, number as u8))
            .collect();
        let mut number = 0;
        let (freed, kept): (Vec<Thing>, Vec<Thing>) = things.drain(..).partition(|_| {
            number += 1;
            number % 16 == 0
        });
        freed.into_iter().for_each(Thing::free);
        let (open, all) = directory::lock().counts();
        if fits_block(layout) {
            assert!(all > 100 && all - open <= 10, "{open} of {all}");
        }
        // Another thread takes them all.
        in_thread(move || {
            let more: Vec<Thing> = (0..1_000)
                .map(|number| Thing::new(layout, true, false, number as u8))
                .collect();
            assert!(directory::lock().counts().1 <= all + 1);
            more.into_iter().for_each(Thing::free);
        });
        kept.into_iter().for_each(Thing::free);
    });
    assert_nothing_is_left();
}

#[test]
fn a_view_is_as_large_as_what_lives_and_reads_what_it_is_asked_for() {
    let _alone = alone();
    let layout = Layout::from_size_align(600, 8).unwrap();
    in_thread(|| {
        let make = |number| Thing::new(layout, true, false, number as u8);
        let count = if cfg!(miri) { 500 } else { 10_000 };
        let mut things: Vec<Thing> = (0..count).map(make).collect();
        let before = view();
        let stays = things.swap_remove(count / 10);
        // SAFETY: [live], and no other thread collects.
        let spot = unsafe { spot(stays.edge()) }.unwrap();
        spot.word().set(17);
        // Another thread frees what is listed beside it, and makes what is listed there then.
        let more: Vec<Thing> = in_thread(move || {
            things.into_iter().for_each(Thing::free);
            assert!(large::lock().room() <= 128);
            (0..100).map(make).collect()
        });
        for view in [&before, &view()] {
            // SAFETY: [live] when the view was made, and now.
            assert_eq!(unsafe { view.word_at(spot.number()) }, 17);
            assert_eq!(view.parts_read(), 1);
        }
        in_thread(move || more.into_iter().for_each(Thing::free));
        assert!((count / 10..count / 10 + 65).contains(&view().sizes().1));
        let mut found = Vec::new();
        for_each_object(|object| found.push(object));
        assert_eq!(found, [stays.object]);
        stays.free();
    });
    assert_nothing_is_left();
}

/// Frees what it holds when it is dropped, and makes another one for a moment.
struct Holder(RefCell<Vec<Thing>>);

impl Drop for Holder {
    fn drop(&mut self) {
        let things = self.0.take();
        let layout = things[0].layout;
        things.into_iter().for_each(Thing::free);
        Thing::new(layout, true, false, 7).free();
        let thing = Thing::new(layout, true, false, 8);
        push(thing.edge());
        thing.free();
    }
}

/// How many things each holds.
const COUNT: usize = if cfg!(miri) { 30 } else { 2_000 };

thread_local! {
    static EARLY: Holder = const { Holder(RefCell::new(Vec::new())) };
    static LATE: Holder = const { Holder(RefCell::new(Vec::new())) };
}

#[test]
fn thread_locals_free_and_allocate_in_their_destructors() {
    let _alone = alone();
    for size in [24, 3_000] {
        let layout = Layout::from_size_align(size, 8).unwrap();
        let (send, receive) = channel::<Thing>();
        in_thread(move || {
            // One is destroyed before the guard, the other one after it, whatever the order is.
            EARLY.with(|_| ());
            let make = |number| Thing::new(layout, true, false, number as u8);
            EARLY.with(|holder| holder.0.borrow_mut().extend((0..COUNT).map(make)));
            LATE.with(|holder| holder.0.borrow_mut().extend((0..COUNT).map(make)));
            send.send(make(1)).unwrap();
        });
        receive.recv().unwrap().free();
        in_thread(|| {
            let mut found = 0;
            drain(|_| found += 1);
            assert_eq!(found, 2);
        });
    }
    // The thread of the test has freed one object, and keeps nothing for that.
    assert_nothing_is_left();
}

#[test]
fn candidates_of_all_threads_are_drained_once() {
    let _alone = alone();
    let layout = Layout::from_size_align(24, 8).unwrap();
    const EACH: usize = if cfg!(miri) { 600 } else { 3_000 };
    let total = AtomicU64::new(0);
    in_thread(|| {
        let things: Vec<Thing> = (0..EACH)
            .map(|number| Thing::new(layout, true, false, number as u8))
            .collect();
        thread::scope(|scope| {
            let pushers: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| things.iter().for_each(|thing| push(thing.edge()))))
                .collect();
            let mut found: Vec<Object> = Vec::new();
            let mut take = || drain(|edge| found.push(edge.object()));
            while !pushers.iter().all(thread::ScopedJoinHandle::is_finished) {
                take();
                thread::yield_now();
            }
            pushers
                .into_iter()
                .for_each(|pusher| pusher.join().unwrap());
            take();
            total.store(found.len() as u64, Ordering::Relaxed);
            found.sort_unstable_by_key(|object| object.address());
            assert!(
                found
                    .chunks(3)
                    .all(|same| same.iter().all(|object| *object == same[0]))
            );
        });
        assert_eq!(len_estimate(), 0);
        things.into_iter().for_each(Thing::free);
    });
    assert_eq!(total.into_inner(), 3 * EACH as u64);
    assert_nothing_is_left();
}
