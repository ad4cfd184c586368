//! Garbage that is freed without counting: attempts to get at it, or to have it freed wrongly.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;

use gordian::trace::{Depth, Facts, Remainder, Spared, Tracer};
use gordian::{Gc, Trace, gc};

/// A type whose values are part of a cycle, with handles to others before and behind.
#[derive(Trace)]
struct WithLeaves {
    leaves: Vec<Gc<String>>,
    me: RefCell<Option<Gc<WithLeaves>>>,
    leaf: Gc<String>,
}

#[test]
fn a_value_is_not_looked_at_by_a_handle_in_it_that_is_dropped() {
    gc::disable();
    let leaf = Gc::new("leaf".to_owned());
    let object = Gc::new(WithLeaves {
        leaves: vec![leaf.clone()],
        me: RefCell::default(),
        leaf: leaf.clone(),
    });
    *object.me.borrow_mut() = Some(object.clone());
    assert_eq!((object.leaves.len(), &**object.leaf), (1, "leaf"));
    drop(object);
    assert_eq!(gc::collect(), 1);
    assert_eq!(Gc::strong_count(&leaf), 1);
}

/// In a cycle, and with a handle to something else.
#[derive(Trace, Default)]
struct Cycle {
    me: RefCell<Option<Gc<Cycle>>>,
    other: RefCell<Option<Gc<NotNow>>>,
}

fn cycle() -> Gc<Cycle> {
    let cycle = Gc::new(Cycle::default());
    *cycle.me.borrow_mut() = Some(cycle.clone());
    cycle
}

/// Cannot be traced, and does something when it is dropped.
struct NotNow(Option<Box<dyn FnOnce()>>);

// SAFETY: all duties: it panics at once, and has no handles that it could report.
unsafe impl Trace for NotNow {
    fn trace(&self, _: &mut Tracer) {
        panic!("not now");
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

impl Drop for NotNow {
    fn drop(&mut self) {
        if let Some(on_drop) = self.0.take() {
            on_drop();
        }
    }
}

/// Collects a cycle with an object that cannot be traced. Returns whether that panicked.
fn collect_untraceable(on_drop: impl FnOnce() + 'static) -> bool {
    gc::disable();
    *cycle().other.borrow_mut() = Some(Gc::new(NotNow(Some(Box::new(on_drop)))));
    catch_unwind(AssertUnwindSafe(gc::collect)).is_err()
}

#[test]
fn untraceable_garbage_is_hidden_while_user_code_runs() {
    let found = Rc::new(Cell::new(None));
    let note = Rc::clone(&found);
    assert!(collect_untraceable(
        move || note.set(Some(gc::objects(None).len()))
    ));
    assert_eq!(found.get(), Some(0));
}

#[test]
fn untraceable_garbage_leaves_unique_handles_unique() {
    gc::disable();
    let mut live = Gc::new(Cycle::default());
    let was_unique = Rc::new(Cell::new(false));
    let note = Rc::clone(&was_unique);
    assert!(collect_untraceable(
        move || note.set(Gc::get_mut(&mut live).is_some())
    ));
    assert!(was_unique.get());
}

#[test]
fn untraceable_garbage_may_panic_when_it_is_dropped() {
    assert!(collect_untraceable(|| panic!("in drop")));
    assert!(gc::objects(None).is_empty());
}

thread_local! {
    static LISTED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The payload of a panic; lists the heap when it is dropped.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        LISTED.set(Some(gc::objects(None).len()));
    }
}

/// Panics when it is first traced.
struct Once(Cell<bool>);

// SAFETY: all duties: it reports nothing, and panics at once.
unsafe impl Trace for Once {
    fn trace(&self, _: &mut Tracer) {
        if !self.0.replace(true) {
            panic_any(Payload);
        }
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

#[test]
fn the_panic_of_a_look_is_dropped_when_the_garbage_is_gone() {
    gc::disable();
    drop((cycle(), cycle()));
    let hook = gc::on_collect(|event| {
        if event.phase == gc::EventPhase::Start {
            panic!("the first");
        }
    });
    let once = Gc::new(Once(Cell::new(false)));
    drop(once.clone());
    assert!(catch_unwind(AssertUnwindSafe(gc::collect)).is_err());
    drop(hook);
    assert_eq!(LISTED.take(), Some(1));
}

/// A container of somebody else's, whose `Trace` says no more than it must.
struct Foreign<T>(RefCell<Option<T>>);

// SAFETY: all duties as for the cell, to which the call goes.
unsafe impl<T: Trace> Trace for Foreign<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
    }

    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth).without_finalizer()
    }
}

#[derive(Trace)]
struct InForeign {
    name: [u64; 80],
    next: Foreign<Gc<InForeign>>,
}

#[test]
fn a_container_that_says_nothing_of_its_drop_glue_drops_its_handles() {
    gc::disable();
    let new = |number| {
        Gc::new(InForeign {
            name: [number; 80],
            next: Foreign(RefCell::default()),
        })
    };
    let ring: Vec<_> = (0..4).map(new).collect();
    for (number, object) in ring.iter().enumerate() {
        *object.next.0.borrow_mut() = Some(ring[(number + 1) % 4].clone());
    }
    assert_eq!(ring[3].name[0], 3);
    drop(ring);
    assert_eq!(gc::collect(), 4);
}

/// Tells when it is dropped, and does something.
#[derive(Trace)]
#[trace(leaf)]
struct Leaf(&'static str, Box<dyn Fn()>);

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(text: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(text.into()));
}

impl Drop for Leaf {
    fn drop(&mut self) {
        log(self.0);
        (self.1)();
    }
}

#[derive(Trace, Default)]
struct Bare {
    peers: RefCell<Vec<Gc<Bare>>>,
    leaves: RefCell<Vec<Gc<Leaf>>>,
}

fn bare() -> Gc<Bare> {
    let bare = Gc::new(Bare::default());
    bare.peers.borrow_mut().push(bare.clone());
    bare
}

#[test]
fn what_garbage_held_alone_goes_after_it() {
    for generation in [0, 1, 2] {
        gc::disable();
        LOG.take();
        let (first, second) = (bare(), bare());
        first.peers.borrow_mut().push(second.clone());
        let list = || log(format!("{} objects", gc::objects(None).len()));
        let leaf = |name, action: Box<dyn Fn()>| Gc::new(Leaf(name, action));
        first
            .leaves
            .borrow_mut()
            .push(leaf("lists", Box::new(list)));
        let panics = || panic!("in a leaf");
        first
            .leaves
            .borrow_mut()
            .push(leaf("panics", Box::new(panics)));
        let makes = || drop(bare());
        second
            .leaves
            .borrow_mut()
            .push(leaf("makes", Box::new(makes)));
        drop((first, second));
        let collect = AssertUnwindSafe(|| gc::collect_generation(generation));
        assert!(catch_unwind(collect).is_err());
        LOG.with_borrow_mut(|log| log.sort());
        assert_eq!(LOG.take(), ["0 objects", "lists", "makes", "panics"]);
        assert_eq!(gc::collect(), 1, "what a leaf has made");
    }
}

#[test]
fn what_a_leaked_borrow_hides_is_dropped() {
    gc::disable();
    LOG.take();
    let (first, second) = (bare(), bare());
    first.peers.borrow_mut().push(second.clone());
    let hidden = Gc::new(Leaf("hidden", Box::new(|| ())));
    let mut leaves = second.leaves.borrow_mut();
    leaves.push(hidden);
    let _ = std::mem::ManuallyDrop::new(leaves);
    drop((first, second));
    assert_eq!(gc::collect(), 2);
    assert_eq!(LOG.take(), ["hidden"]);
}

#[test]
fn what_a_leaked_borrow_hides_is_dropped_where_there_is_nothing_else_to_drop() {
    #[derive(Trace, Default)]
    struct Hollow {
        peer: RefCell<Option<Gc<Hollow>>>,
        leaf: RefCell<Option<Gc<Leaf>>>,
    }
    gc::disable();
    LOG.take();
    let (first, second) = (Gc::new(Hollow::default()), Gc::new(Hollow::default()));
    first.peer.replace(Some(second.clone()));
    second.peer.replace(Some(first.clone()));
    let mut leaf = second.leaf.borrow_mut();
    *leaf = Some(Gc::new(Leaf("hidden", Box::new(|| ()))));
    let _ = std::mem::ManuallyDrop::new(leaf);
    drop((first, second));
    assert_eq!(gc::collect(), 2);
    assert_eq!(LOG.take(), ["hidden"]);
}

/// A trait whose methods have the names of what the derive calls.
mod shadows {
    use gordian::trace::{Facts, Remainder};

    #[expect(dead_code, reason = "nobody is to call its methods")]
    pub(super) trait Shadow: Sized {
        fn remainder(self, _: Remainder) -> Remainder {
            Remainder::Nothing
        }

        fn remainder_untraced(self, _: Remainder) -> Remainder {
            Remainder::Nothing
        }

        fn and(self, _: Facts) -> Facts {
            Facts::NOTHING
        }
    }

    impl<T> Shadow for T {}
}

mod in_the_shadow {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use gordian::{Gc, Trace};

    #[expect(unused_imports, reason = "the derive must not use it")]
    use super::shadows::Shadow;

    #[derive(Trace)]
    pub(super) struct Node {
        pub(super) peers: RefCell<VecDeque<Gc<Node>>>,
        pub(super) number: usize,
    }
}

#[test]
fn methods_of_a_trait_in_scope_are_not_what_the_derive_calls() {
    gc::disable();
    let node = |number| {
        Gc::new(in_the_shadow::Node {
            peers: RefCell::default(),
            number,
        })
    };
    let live = node(9);
    drop(live.clone());
    for number in 0..50 {
        let (first, second) = (node(number), node(number));
        first.peers.borrow_mut().push_back(second.clone());
        second.peers.borrow_mut().push_back(first.clone());
    }
    assert_eq!(gc::collect(), 100);
    let all: Vec<_> = (0..500).map(node).collect();
    for (number, node) in all.iter().enumerate() {
        assert_eq!(node.number, number);
    }
    assert_eq!(live.number, 9);
}

/// A ring of objects whose handles are all moved into place.
fn ring(count: usize) -> Gc<InRing> {
    let new = |next| {
        Gc::new(InRing {
            next: RefCell::new(next),
            data: [7; 2],
        })
    };
    let first = new(None);
    let last = (1..count).fold(first.clone(), |next, _| new(Some(next)));
    *first.next.borrow_mut() = Some(last);
    first
}

#[derive(Trace)]
struct InRing {
    next: RefCell<Option<Gc<InRing>>>,
    data: [u64; 2],
}

/// Makes garbage when the thread's last collection is over.
struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        // More than are freed one by one, and at some count just as many as fit a block.
        for count in 4_096..4_160 {
            drop(ring(count));
            assert_eq!(ring(10).data, [7; 2]);
        }
    }
}

thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
#[cfg_attr(miri, ignore = "a quarter of a million objects")]
fn much_garbage_after_the_end_of_a_thread() {
    let thread = std::thread::spawn(|| {
        // Before the heap's own: it goes after it.
        LATE.set(Some(Late));
        drop(ring(3));
    });
    thread.join().unwrap();
}

/// Cannot be traced, and leaves nothing of its value behind but the handle.
struct Blind(Gc<Cycle>);

// SAFETY: 1 to 4: it panics at once; 5, 6: there is no drop glue but that of the handle, to which the call goes.
unsafe impl Trace for Blind {
    fn trace(&self, _: &mut Tracer) {
        panic!("not now");
    }

    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: from the caller.
        unsafe { self.0.drop_rest(spared) };
    }

    fn remainder(_: Depth) -> Remainder {
        Remainder::Nothing
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

/// Nobody knows where its handles lead, so they are counted down.
#[test]
fn untraceable_garbage_gives_up_its_handles() {
    #[derive(Trace)]
    struct Holder {
        me: RefCell<Option<Gc<Holder>>>,
        blind: Gc<Blind>,
    }

    gc::disable();
    let live = cycle();
    let holder = Gc::new(Holder {
        me: RefCell::default(),
        blind: Gc::new(Blind(live.clone())),
    });
    *holder.me.borrow_mut() = Some(holder.clone());
    assert_eq!(
        (
            Gc::strong_count(&holder.blind.0),
            holder.me.borrow().is_some()
        ),
        (3, true)
    );
    drop(holder);
    assert!(catch_unwind(gc::collect).is_err());
    assert_eq!(Gc::strong_count(&live), 2);
}
