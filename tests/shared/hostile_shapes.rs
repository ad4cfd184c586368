//! Values of no size, of large alignment, and of as many elements as there are numbers.

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gordian::unsize;
use gordian_tests::{DropProbe, Drops, Place};

use super::{Anything, Finalize, Gc, Slot, Trace, fresh, gc};

/// Something before and behind a handle that leads back, on pages of its own.
#[derive(Trace)]
#[repr(align(4096))]
struct Page {
    name: String,
    edges: Slot<Vec<Gc<Anything>>>,
    slice: Slot<Option<Gc<[Page]>>>,
    probe: DropProbe,
}

fn page(drops: &Drops) -> Page {
    Page {
        name: String::from("a page"),
        edges: Slot::default(),
        slice: Slot::default(),
        probe: drops.probe(),
    }
}

#[test]
fn large_alignments_in_cycles_of_all_kinds() {
    fresh();
    let drops = Drops::new();
    let one = Gc::new(page(&drops));
    let slice = unsize!(Gc::new([page(&drops), page(&drops)]) => [Page]);
    let empty = Gc::<[Page]>::from([]);
    one.edges
        .with(|edges| edges.push(unsize!(one.clone() => Anything)));
    one.slice.put(Some(slice.clone()));
    for part in &*slice {
        part.slice.put(Some(slice.clone()));
        part.edges
            .with(|edges| edges.push(unsize!(one.clone() => Anything)));
    }
    let pages = slice.iter().chain(&*empty).chain([&*one]);
    assert!(
        pages
            .clone()
            .all(|page| std::ptr::from_ref(page).addr() % 4096 == 0)
    );
    assert!(pages.clone().all(|page| page.name == "a page"));
    assert_eq!(pages.count(), 3);
    let weak = Gc::downgrade(&one);
    drop((one, slice, empty));
    assert_eq!((gc::collect(), drops.count()), (2, 3));
    assert!(weak.upgrade().is_none() && drops.count() == 3);
}

static FINALIZED: AtomicUsize = AtomicUsize::new(0);

/// A value of no size.
#[derive(Trace)]
#[trace(leaf, finalize)]
#[repr(align(256))]
struct Nothing;

impl Finalize for Nothing {
    fn finalize(&self) {
        assert_eq!(std::ptr::from_ref(self).addr() % 256, 0);
        FINALIZED.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn values_of_no_size_are_finalized_and_dropped_once() {
    fresh();
    let before = FINALIZED.load(Ordering::Relaxed);
    let all: Vec<_> = (0..100).map(|_| Gc::new(Nothing)).collect();
    let weak = Gc::downgrade(&all[7]);
    let raw = all.into_iter().map(Gc::into_raw);
    // SAFETY: from `into_raw`, once.
    let mut all: Vec<_> = raw.map(|raw| unsafe { Gc::from_raw(raw) }).collect();
    assert!(Gc::get_mut(&mut all[0]).is_some() && Gc::get_mut(&mut all[7]).is_none());
    let holder = Gc::new((all, Slot::new(None::<Gc<Anything>>)));
    holder.1.put(Some(unsize!(holder.clone() => Anything)));
    drop(holder);
    assert_eq!(gc::collect(), 1);
    assert!(weak.upgrade().is_none());
    assert_eq!(FINALIZED.load(Ordering::Relaxed) - before, 100);
}

#[test]
fn slices_as_long_as_can_be() {
    fresh();
    let long: Gc<[()]> = unsize!(Gc::new([(); usize::MAX]) => [()]);
    let unwritten = Gc::<[()]>::new_uninit_slice(usize::MAX);
    assert_eq!((long.len(), unwritten.len()), (usize::MAX, usize::MAX));
    let weak = Gc::downgrade(&long);
    let long = <Gc<[(); 3]>>::try_from(long).unwrap_err();
    let empty = <Gc<[(); 0]>>::try_from(Gc::<[()]>::default()).unwrap();
    assert_eq!((long.iter().next_back(), empty.len()), (Some(&()), 0));
    // SAFETY: there is nothing to write.
    let written: Gc<[()]> = unsafe { unwritten.assume_init() };
    assert_eq!(written.len(), usize::MAX);
    drop((long, written));
    assert!(weak.upgrade().is_none());

    // A handle to what was never written holds it, and nothing else.
    let drops = Drops::new();
    let shared = Arc::new(drops.probe());
    let holder = Gc::new(Slot::new(Vec::new()));
    let unwritten: Gc<[MaybeUninit<Arc<DropProbe>>]> = Gc::new_uninit_slice(9);
    let mut place = unwritten.clone();
    assert!(Gc::get_mut(&mut place).is_none());
    holder.with(|held| held.push((unwritten, shared)));
    drop(holder);
    assert_eq!((gc::collect(), place.len(), drops.count()), (0, 9, 1));
}
