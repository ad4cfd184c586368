//! Scenarios beside the table: each is what one rule of the collector is for.

use std::cell::Cell;

use super::stage::{Log, Mortal, Node, Rescue, Slot, in_a_thread};
use super::{Gc, Trace, fresh, gc};

/// Moves a handle into another object, so that no handle is dropped.
fn move_into(into: &Gc<Node>, handle: Gc<Node>) {
    into.edges.lock().unwrap().push(handle);
}

/// A young candidate that an old object holds is one still when it is old itself.
#[test]
fn a_candidate_that_survives_a_young_collection_stays_one() {
    fresh();
    let log = Log::default();
    let old = Node::new("old", &log);
    gc::collect();
    let young = Node::new("young", &log);
    move_into(&young, old);
    // Through the young object, so that the old one loses no handle.
    young.edges.lock().unwrap()[0].link(&young);
    drop(young);
    assert_eq!(gc::collect_generation(0), 0);
    assert_eq!(gc::collect_generation(1), 0);
    assert_eq!(gc::collect(), 2);
    assert_eq!(log.take_sorted(), ["drop old", "drop young"]);
}

/// What resurrects itself into a cycle loses no handle afterwards, and is found all the same.
#[test]
fn an_object_that_resurrects_itself_into_a_cycle_is_found() {
    fresh();
    let log = Log::default();
    let into_itself: fn(&Mortal) = |this| {
        let me = this.me().expect("weak handles are cleared later");
        this.edges.lock().unwrap().push(me);
    };
    drop(Mortal::with("by counting", &log, None, into_itself));
    assert_eq!(log.take(), ["fin by counting"]);
    assert_eq!(gc::collect(), 1);
    assert_eq!(log.take(), ["drop by counting"]);

    let cycle = Mortal::with("by the collector", &log, None, into_itself);
    cycle.link(&cycle);
    drop(cycle);
    assert_eq!(gc::collect(), 1);
    assert_eq!(
        log.take(),
        ["fin by the collector", "drop by the collector"]
    );
}

/// A comb: a spine of `depth` objects, and at its end two branches of two objects each.
fn comb(depth: usize, log: &Log) -> Gc<Node> {
    let end = Node::new("end", log);
    for (name, leaf) in [("left", "left leaf"), ("right", "right leaf")] {
        let branch = Node::new(name, log);
        move_into(&branch, Node::new(leaf, log));
        move_into(&end, branch);
    }
    (0..depth).fold(end, |below, _| {
        let above = Node::new("spine", log);
        move_into(&above, below);
        above
    })
}

/// The order of releases is depth first however deep they are nested.
#[test]
fn deep_releases_keep_the_order_of_shallow_ones() {
    fresh();
    let log = Log::default();
    drop(comb(0, &log));
    let shallow = log.take();
    for depth in 1..100 {
        drop(comb(depth, &log));
        let mut deep = log.take();
        deep.retain(|line| line != "drop spine");
        // An object logs its drop after its edges are gone, or, where these had to wait for their
        // turn, before: what is the same is who comes before whom on each level.
        let order = |names: [&str; 2], lines: &[String]| {
            names.map(|name| lines.iter().position(|line| line == name).unwrap())
        };
        for names in [
            ["drop left", "drop right"],
            ["drop left leaf", "drop right leaf"],
            ["drop left leaf", "drop right"],
            ["drop left", "drop right leaf"],
        ] {
            let [first, second] = order(names, &deep);
            assert!(first < second, "{names:?} at depth {depth}: {deep:?}");
            let [first, second] = order(names, &shallow);
            assert!(first < second, "{names:?}: {shallow:?}");
        }
    }
}

thread_local! {
    /// What user code in a collection saw in the list of all objects.
    static LISTED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// From the start of a collection's finalizers to its end, its garbage is in no list.
#[test]
fn condemned_objects_are_not_listed() {
    fresh();
    let log = Log::default();
    let before = gc::objects(None).len();
    let saved = Rescue::new();
    let list: fn(&Mortal) = |_| LISTED.set(Some(gc::objects(None).len()));
    let cycle = Mortal::with("cycle", &log, Some(&saved), list);
    cycle.link(&cycle);
    let seen = log.clone();
    let watch = Gc::downgrade_with(&cycle, move || {
        seen.add(format!("{} more", gc::objects(None).len() - before));
    });
    drop(cycle);
    assert_eq!(gc::objects(None).len(), before + 2);
    assert_eq!(gc::collect(), 1);
    // The place where finalizers leave handles is what is left.
    assert_eq!(LISTED.take(), Some(before + 1));
    assert_eq!(log.take(), ["fin cycle", "1 more", "drop cycle"]);
    assert!(watch.upgrade().is_none());
    assert_eq!(gc::objects(None).len(), before + 1);
}

#[derive(Trace)]
struct Link(Slot<Gc<Link>>);

/// A chain that ends with `last`.
fn chain(last: Gc<Link>, length: usize) -> Gc<Link> {
    (1..length).fold(last, |next, _| Gc::new(Link(Slot::full(next))))
}

/// Collections that come by themselves meanwhile look into neither.
#[test]
#[cfg_attr(miri, ignore = "a million objects")]
fn a_chain_and_a_ring_of_a_million_grow_while_automatic_collection_is_on() {
    const LENGTH: usize = if cfg!(gordian_system_alloc) {
        50_000
    } else {
        1_000_000
    };
    in_a_thread(|| {
        drop(chain(Gc::new(Link(Slot::empty())), LENGTH));
        assert_eq!(gc::objects(None).len(), 0);
        let last = Gc::new(Link(Slot::empty()));
        let first = chain(last.clone(), LENGTH);
        last.0.set(first);
        drop(last);
        assert_eq!(gc::collect(), LENGTH);
    });
}

/// The default thresholds keep the garbage of a program small.
#[test]
fn automatic_collections_keep_up_with_garbage() {
    in_a_thread(|| {
        let before = gc::stats()[0].collections;
        for _ in 0..100_000 {
            let a = Gc::new(Link(Slot::empty()));
            a.0.set(a.clone());
        }
        assert!(gc::objects(None).len() < 1000);
        assert!(gc::stats()[0].collections > before + 50);
    });
}

/// A value whose alignment is a page's.
#[derive(Trace)]
#[repr(align(4096))]
struct Page(u8, Slot<Gc<Page>>);

#[test]
fn a_cycle_of_one_page_is_collected() {
    fresh();
    let page = Gc::new(Page(7, Slot::empty()));
    assert!(Gc::as_ptr(&page).is_aligned());
    page.1.set(page.clone());
    assert_eq!(page.0, 7);
    drop(page);
    assert_eq!(gc::collect(), 1);
}

/// Old garbage is freed by a program that makes none, as long as it makes objects.
#[test]
#[cfg_attr(miri, ignore = "a million objects")]
fn a_program_that_makes_no_garbage_frees_what_it_has_made_before() {
    const LENGTH: usize = 5_000;
    in_a_thread(|| {
        let last = Gc::new(Link(Slot::empty()));
        let first = chain(last.clone(), LENGTH);
        last.0.set(first);
        gc::collect();
        drop(last);
        let mut made = 0;
        while gc::objects(None).len() > 1 {
            assert!(made <= 161 * LENGTH, "the old garbage waits for ever");
            // Gone before the next ones are made: the counts are where they were.
            (0..1_000).for_each(|_| drop(Gc::new(Link(Slot::empty()))));
            made += 1_000;
        }
        assert!(made >= 159 * LENGTH, "{made}");
    });
}
