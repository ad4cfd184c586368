//! Objects of every layout, side by side.

use std::alloc::Layout;
use std::collections::HashSet;

use super::{Candidates, Heap, OLDEST, OUTSIDE};
use crate::object::{Edge, HEADER_SIZE, LENGTH_SIZE, Object, TypeInfo, fits_block};
use crate::trace::Facts;

/// The kinds of objects: tracked or not, of a slice or not.
const KINDS: [(Facts, bool); 4] = [
    (Facts::NOTHING, false),
    (Facts::NOTHING, true),
    (Facts::HANDLE, false),
    (Facts::HANDLE, true),
];

fn allocate(heap: &Heap, layout: Layout, (facts, is_slice): (Facts, bool)) -> Object {
    let (info, length) = if is_slice {
        (TypeInfo::of_slice::<u8>(), Some(layout.size()))
    } else {
        (TypeInfo::of::<u8>(), None)
    };
    heap.allocate(info, layout, length, facts)
}

/// Checks that the objects of a layout keep out of each other's way, and frees them.
fn check(heap: &Heap, layout: Layout, kind: (Facts, bool), count: usize) {
    let objects: Vec<Object> = (0..count).map(|_| allocate(heap, layout, kind)).collect();
    let mut ranges = Vec::new();
    let mut numbers = HashSet::new();
    for (byte, object) in with_bytes(&objects) {
        let value = object.value();
        assert_eq!(value.addr().get() % layout.align(), 0);
        let before = HEADER_SIZE + if kind.1 { LENGTH_SIZE } else { 0 };
        ranges.push((
            value.addr().get() - before,
            value.addr().get() + layout.size(),
        ));
        // SAFETY: the value's own memory.
        unsafe { value.write_bytes(byte, layout.size()) };
        let edge = Edge::new(*object, layout);
        assert_eq!(
            (edge.object(), edge.is_in_block()),
            (*object, fits_block(layout))
        );
        // SAFETY: [live].
        let spot = unsafe { Heap::spot(edge) };
        assert_eq!(spot.is_some(), kind.0.contains(Facts::HANDLE));
        if let Some(spot) = spot {
            assert_eq!(spot.word().get(), 0);
            // By way of its distance it is the same word, wherever that was found.
            for distance in [spot.distance(), spot.word().distance(edge)] {
                // SAFETY: [live], and its distance.
                let word = unsafe { distance.word(*object) }.expect("it is near");
                word.set(u32::from(byte) + 1);
                assert_eq!(spot.word().get(), u32::from(byte) + 1);
                spot.word().set(0);
            }
            assert!(numbers.insert(spot.number()));
            spot.word().set(u32::from(byte) + 1);
        }
    }
    ranges.sort_unstable();
    assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    let listed = heap.all_objects();
    assert_eq!(listed.len(), count);
    let listed: HashSet<Object> = listed.into_iter().collect();
    assert_eq!(listed, objects.iter().copied().collect());
    for (byte, object) in with_bytes(&objects) {
        let value = object.value().as_ptr().cast_const();
        // SAFETY: written above.
        let value = unsafe { std::slice::from_raw_parts(value, layout.size()) };
        assert!(value.iter().all(|found| *found == byte));
        // SAFETY: [live].
        if let Some(spot) = unsafe { Heap::spot(Edge::new(*object, layout)) } {
            assert_eq!(heap.word_at(spot.number()), u32::from(byte) + 1);
            spot.word().set(0);
        }
    }
    free_all(heap, objects, layout);
}

/// Frees objects in another order than they were made.
fn free_all(heap: &Heap, mut objects: Vec<Object>, layout: Layout) {
    while !objects.is_empty() {
        let object = objects.swap_remove(objects.len() * 7_919 / 10_007 % objects.len());
        // SAFETY: nobody uses it any more.
        unsafe { heap.free_now(object, layout) };
    }
    assert!(heap.all_objects().is_empty());
}

/// Pairs objects with bytes, from zero on and over again.
fn with_bytes(objects: &[Object]) -> impl Iterator<Item = (u8, &Object)> {
    objects
        .iter()
        .enumerate()
        .map(|(number, object)| (number as u8, object))
}

#[test]
#[cfg_attr(miri, ignore = "a hundred thousand objects")]
fn objects_of_every_layout_keep_out_of_each_others_way() {
    let heap = Heap::new();
    for align in [1, 2, 4, 8, 16, 64] {
        for size in (0..=600).step_by(align) {
            let layout = Layout::from_size_align(size, align).unwrap();
            for kind in KINDS {
                check(&heap, layout, kind, 20);
            }
        }
    }
    // Some that fill more than a block.
    for size in [0, 8, 24, 40, 104, 480, 488] {
        let layout = Layout::from_size_align(size, 8).unwrap();
        for kind in KINDS {
            check(&heap, layout, kind, 2 * 65_536 / (size + 16));
        }
    }
    heap.shrink();
    assert_eq!(heap.spots(), (0, 0));
}

#[test]
#[cfg_attr(miri, ignore = "twenty thousand objects")]
fn many_objects_are_freed_at_once_and_the_others_stay() {
    let heap = Heap::new();
    // In the second case few objects lie in blocks that stay.
    for (size, every) in [(24, 500), (104, 7_000), (600, 500)] {
        let layout = Layout::from_size_align(size, 8).unwrap();
        // Of a type that knows its layout, by which the large ones are freed.
        let make = |count| -> Vec<Object> {
            let objects = (0..count).map(|_| allocate(&heap, layout, KINDS[3]));
            objects.collect()
        };
        // Some blocks with nothing else in them, some with one object that stays, and the last one.
        let objects = make(6_000);
        let stays = |number: usize| number > 3_000 && number.is_multiple_of(every);
        let (mut kept, mut freed) = (Vec::new(), Vec::new());
        for (number, object) in objects.into_iter().enumerate() {
            if stays(number) {
                kept.push(object);
            } else {
                freed.push(Edge::new(object, layout));
            }
        }
        // What is found dead says so in its visit word.
        for edge in &freed {
            // SAFETY: [live].
            if let Some(spot) = unsafe { Heap::spot(*edge) } {
                spot.word().set(1);
            }
        }
        // SAFETY: nobody uses them, and each is in there once.
        unsafe { heap.free_all(&freed) };
        let left: HashSet<Object> = heap.all_objects().into_iter().collect();
        assert_eq!(left, kept.iter().copied().collect());
        let more = make(3_000);
        for object in &more {
            // SAFETY: [live].
            let spot = unsafe { Heap::spot(Edge::new(*object, layout)) };
            assert!(spot.is_none_or(|spot| spot.word().get() == 0));
        }
        assert_eq!(heap.all_objects().len(), kept.len() + more.len());
        let all: Vec<Edge> = kept
            .into_iter()
            .chain(more)
            .map(|object| Edge::new(object, layout))
            .collect();
        let distinct: HashSet<Object> = all.iter().map(|edge| edge.object()).collect();
        assert_eq!(distinct.len(), all.len());
        // SAFETY: as above.
        unsafe { heap.free_all(&all) };
        assert!(heap.all_objects().is_empty());
    }
    heap.shrink();
    assert_eq!(heap.spots(), (0, 0));
}

#[test]
#[cfg_attr(miri, ignore = "a hundred thousand objects")]
fn what_is_freed_at_once_lies_anywhere() {
    /// In blocks of several classes, and in none.
    const KINDS_OF_SIZE: [(usize, (Facts, bool)); 5] = [
        (24, KINDS[2]),
        (104, KINDS[3]),
        (400, KINDS[2]),
        (600, KINDS[3]),
        (24, KINDS[3]),
    ];
    let heap = Heap::new();
    let mut random = 1_u32;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % limit
    };
    let mut all: Vec<Edge> = Vec::new();
    // One in so many stays; none at last.
    for (round, every) in [2, 3_000, 20, 6_000, 4, usize::MAX].into_iter().enumerate() {
        all.extend((0..15_000).map(|_| {
            // One by one, or many of a kind.
            let (size, kind) = KINDS_OF_SIZE[below(if round % 2 == 0 { 5 } else { 2 })];
            let layout = Layout::from_size_align(size, 1).unwrap();
            Edge::new(allocate(&heap, layout, kind), layout)
        }));
        if round % 3 != 1 {
            (1..all.len()).for_each(|index| all.swap(index, below(index + 1)));
        }
        let (mut kept, mut freed) = (Vec::new(), Vec::new());
        for edge in all {
            let stays = every != usize::MAX && below(every) == 0;
            if stays { &mut kept } else { &mut freed }.push(edge);
        }
        for edge in &freed {
            // SAFETY: [live].
            let spot = unsafe { Heap::spot(*edge) };
            spot.expect("it is tracked").word().set(1);
        }
        // SAFETY: nobody uses them, and each is in there once.
        unsafe { heap.free_all(&freed) };
        let left: HashSet<Object> = heap.all_objects().into_iter().collect();
        assert_eq!(left, kept.iter().map(|edge| edge.object()).collect());
        let (in_blocks, outside) = heap.spots();
        for number in (0..in_blocks as u32).chain((0..outside as u32).map(|slot| OUTSIDE + slot)) {
            assert_eq!(heap.word_at(number), 0, "in round {round}");
        }
        all = kept;
    }
    assert!(all.is_empty());
    heap.shrink();
    assert_eq!(heap.spots(), (0, 0));
}

#[test]
fn the_table_shrinks_when_most_of_what_is_in_it_has_died() {
    let heap = Heap::new();
    let layout = Layout::from_size_align(600, 8).unwrap();
    let count = if cfg!(miri) { 500 } else { 10_000 };
    let mut objects: Vec<Object> = (0..count)
        .map(|_| allocate(&heap, layout, KINDS[2]))
        .collect();
    assert!(heap.table.room() >= objects.len());
    let stays = objects.swap_remove(count / 10);
    for object in objects {
        // SAFETY: nobody uses it any more.
        unsafe { heap.free_now(object, layout) };
    }
    assert_eq!(heap.all_objects(), [stays]);
    // SAFETY: [live], with an allocation of its own.
    let number = unsafe { Heap::spot(Edge::new(stays, layout)) }.map(|spot| spot.number());
    assert_eq!(number, Some(OUTSIDE + count as u32 / 10));
    let slots = heap.spots().1;
    assert!(heap.table.room() <= 128 && (count / 10..count / 10 + 65).contains(&slots));
    // SAFETY: as above.
    unsafe { heap.free_now(stays, layout) };
    assert_eq!(heap.spots().1, 0);
    // What is left at the end of a thread may die later.
    let late = allocate(&heap, layout, KINDS[2]);
    heap.shrink();
    assert_eq!(heap.table.room(), 64);
    // SAFETY: as above.
    unsafe { heap.free_now(late, layout) };
    assert_eq!(heap.table.room(), 0);
}

#[test]
fn candidates_keep_their_places() {
    /// More than are apart, and than fit the first chunk.
    const COUNT: u32 = 1500;
    Heap::with(|heap| {
        let layout = Layout::new::<u8>();
        let object = allocate(heap, layout, KINDS[2]);
        let edge = Edge::new(object, layout);
        let candidates = Candidates::new();
        let push = |epoch| {
            let quickly = candidates.push_quickly(edge, epoch);
            quickly.unwrap_or_else(|| candidates.push(edge, epoch))
        };
        let epochs = |generation| {
            let mut epochs = Vec::new();
            candidates.visit(generation, |candidate| epochs.push(candidate.epoch));
            epochs
        };
        for epoch in 0..COUNT {
            assert_eq!(push(epoch), epoch);
            assert_eq!(candidates.epoch(epoch), epoch);
        }
        assert_eq!(candidates.count(OLDEST), COUNT as usize);
        // Some that are settled, and some of the newest.
        let gone = [0, 700, COUNT - 2, COUNT - 1];
        for place in gone {
            assert_eq!(candidates.vacate(place), place);
        }
        assert_eq!(candidates.count(OLDEST), COUNT as usize - gone.len());
        let left: Vec<u32> = (0..COUNT).filter(|place| !gone.contains(place)).collect();
        assert_eq!(epochs(OLDEST), left);
        // Their places are taken again, when there is no more room apart.
        let places: HashSet<u32> = (0..100).map(|_| push(COUNT)).collect();
        assert!(places.len() == 100 && gone.iter().all(|place| places.contains(place)));
        candidates.promote(0, false);
        assert_eq!(push(COUNT + 1), COUNT + 96);
        assert_eq!(epochs(0), [COUNT + 1]);
        assert_eq!(candidates.vacate(COUNT + 96), COUNT + 1);
        candidates.clear(&heap.scratch, |_| {});
        assert!(!candidates.exist() && epochs(OLDEST).is_empty());
        // SAFETY: its value was never written, and nothing else holds it.
        unsafe { heap.free(object) };
    });
}
