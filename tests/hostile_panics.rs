//! Panics in `trace`: user code runs in the midst of a collection, as a panic hook or as the drop
//! of a panic's payload.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};
use std::thread;

use gordian::trace::Tracer;
use gordian::{Finalize, Gc, Trace, Weak, gc};

#[derive(Trace, Default)]
struct Knot {
    name: String,
    links: RefCell<Vec<Gc<Knot>>>,
    any: RefCell<Option<Gc<Grumpy>>>,
    own: RefCell<Grumpy>,
}

/// Panics when it is traced for the first time: not to be put into a `Cell`.
#[derive(Default)]
struct Grumpy {
    link: RefCell<Option<Gc<Knot>>>,
    is_calm: Cell<bool>,
    /// Whether the panic's payload does something when it is dropped.
    has_payload: bool,
}

// SAFETY: reports what it owns, or panics, which the contract allows.
unsafe impl Trace for Grumpy {
    fn trace(&self, tracer: &mut Tracer) {
        if !self.is_calm.replace(true) {
            if self.has_payload {
                panic_any(Payload);
            }
            panic!("not now");
        }
        self.link.trace(tracer);
    }
}

thread_local! {
    static STASH: RefCell<Vec<Gc<Knot>>> = const { RefCell::new(Vec::new()) };
    static WEAKS: RefCell<Vec<Weak<Knot>>> = const { RefCell::new(Vec::new()) };
}

/// A panic's payload that upgrades what it can when it is dropped.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        let upgraded: Vec<_> = WEAKS.take().iter().filter_map(Weak::upgrade).collect();
        STASH.with_borrow_mut(|stash| stash.extend(upgraded));
    }
}

fn calm() -> RefCell<Grumpy> {
    RefCell::new(Grumpy {
        is_calm: Cell::new(true),
        ..Grumpy::default()
    })
}

/// An object whose own `trace` panics, once.
fn grumpy(has_payload: bool) -> Gc<Knot> {
    let knot = Gc::new(Knot::default());
    knot.own.replace(Grumpy {
        has_payload,
        ..Grumpy::default()
    });
    knot
}

fn knot(name: &str) -> Gc<Knot> {
    Gc::new(Knot {
        name: name.into(),
        own: calm(),
        ..Knot::default()
    })
}

/// Collects, with `hook` as what a panic of this thread does first.
fn collect_with_hook(hook: impl Fn() + Send + Sync + 'static) {
    let _turn = TURN.lock();
    let me = thread::current().id();
    let old = Arc::new(std::panic::take_hook());
    let others = old.clone();
    std::panic::set_hook(Box::new(move |info| {
        if thread::current().id() == me {
            hook();
        } else {
            others(info);
        }
    }));
    let panic = catch_unwind(gc::collect).unwrap_err();
    std::panic::set_hook(Box::new(move |info| old(info)));
    assert_eq!(panic.downcast_ref(), Some(&"not now"));
}

/// Panic hooks are the process's: tests with one of their own take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn a_panic_hook_in_the_midst_of_a_look_drops_and_upgrades() {
    gc::disable();
    let knots: Vec<Gc<Knot>> = (0..10).map(|_| knot("")).collect();
    for (i, knot) in knots.iter().enumerate() {
        knot.links.borrow_mut().push(knots[(i + 1) % 10].clone());
        let grumpy = Gc::new(Grumpy::default());
        *grumpy.link.borrow_mut() = Some(knot.clone());
        *knot.any.borrow_mut() = Some(grumpy);
    }
    let alone = knot("");
    WEAKS.with_borrow_mut(|weaks| weaks.push(Gc::downgrade(&knots[3])));
    let watch: Vec<Weak<Knot>> = knots.iter().map(Gc::downgrade).collect();
    // A handle that makes its object a candidate, the last one of which the hook drops.
    drop(alone.clone());
    STASH.with_borrow_mut(|stash| stash.push(alone));
    drop(knots);
    collect_with_hook(|| {
        drop(STASH.take());
        gc::collect();
        let upgraded: Vec<_> = WEAKS.take().iter().filter_map(Weak::upgrade).collect();
        STASH.with_borrow_mut(|stash| stash.extend(upgraded));
    });
    assert!(watch[3].upgrade().is_some(), "the hook holds it");
    STASH.take();
    assert_eq!(gc::collect(), 20);
    assert!(watch.iter().all(|weak| weak.upgrade().is_none()));
    assert!(gc::objects(None).is_empty());
}

/// The panics of a look but the first are dropped; what their payloads upgrade stays alive.
#[test]
fn a_payload_that_upgrades_garbage() {
    gc::disable();
    let ring = knot("ring");
    ring.links.borrow_mut().push(ring.clone());
    WEAKS.with_borrow_mut(|weaks| weaks.push(Gc::downgrade(&ring)));
    let (first, second) = (grumpy(true), grumpy(true));
    drop((first.clone(), second.clone()));
    drop(ring);
    let panic = catch_unwind(gc::collect).unwrap_err();
    for knot in STASH.take() {
        assert_eq!(knot.name, "ring");
    }
    drop(panic);
}

/// The hook gets no unique access to an object that is being read.
#[test]
fn a_hook_that_wants_the_object_whose_trace_panics() {
    gc::disable();
    let wanted = grumpy(false);
    drop(wanted.clone());
    STASH.with_borrow_mut(|stash| stash.push(wanted));
    collect_with_hook(|| {
        let mut wanted = STASH.with_borrow_mut(|stash| stash.pop().unwrap());
        assert!(Gc::get_mut(&mut wanted).is_none());
        let wanted = Gc::try_unwrap(wanted).err().unwrap();
        STASH.with_borrow_mut(|stash| stash.push(wanted));
    });
    let mut wanted = STASH.take().pop().unwrap();
    assert!(wanted.own.try_borrow().is_ok());
    assert!(Gc::get_mut(&mut wanted).is_some());
}

/// Collects in its finalizer.
#[derive(Trace)]
#[trace(finalize)]
struct Collects {
    next: Vec<Gc<Collects>>,
    is_on: bool,
}

impl Finalize for Collects {
    fn finalize(&self) {
        if self.is_on {
            assert!(catch_unwind(AssertUnwindSafe(gc::collect)).is_err());
        }
    }
}

/// An interrupted look releases what was given up in it, not what waits from before.
#[test]
fn an_interrupted_look_in_a_queued_release() {
    gc::disable();
    let grumpy = grumpy(false);
    drop(grumpy.clone());
    let new = |next, is_on| Gc::new(Collects { next, is_on });
    let ends = [true, false, false, false].map(|is_on| new(Vec::new(), is_on));
    let deep = (0..40).fold(new(ends.into(), false), |next, _| new(vec![next], false));
    drop(deep);
    assert_eq!(gc::objects(None).len(), 1);
}

type Boxed = Box<RefCell<Vec<Gc<Knot>>>>;

/// Cells beside what panics: one is read before that, one after it.
#[derive(Trace, Default)]
struct Beside {
    before: Cell<Option<Boxed>>,
    grumpy: Grumpy,
    after: Cell<Option<Boxed>>,
}

thread_local! {
    static BESIDE: RefCell<Option<Gc<Beside>>> = const { RefCell::new(None) };
}

/// The hook takes what has been read, and what has not, out of its cells, and drops it.
#[test]
fn a_hook_that_empties_the_cells_beside_what_panics() {
    gc::disable();
    let beside = Gc::new(Beside::default());
    let knots = ["before", "after"].map(knot);
    let watch = knots.each_ref().map(Gc::downgrade);
    for (cell, knot) in [&beside.before, &beside.after].into_iter().zip(knots) {
        cell.set(Some(Box::new(RefCell::new(vec![knot]))));
    }
    drop(beside.clone());
    BESIDE.set(Some(beside));
    collect_with_hook(|| {
        BESIDE.with_borrow(|beside| {
            let beside = beside.as_ref().unwrap();
            for cell in [&beside.before, &beside.after] {
                assert_eq!(cell.take().unwrap().borrow().len(), 1);
            }
        });
    });
    assert!(watch.iter().all(|weak| weak.upgrade().is_none()));
    let beside = BESIDE.take().unwrap();
    assert!(beside.before.take().is_none() && beside.after.take().is_none());
    drop(beside);
    gc::collect();
    assert!(gc::objects(None).is_empty());
}

/// What lies in a cell has no other borrower, so whoever looks into it reads it in place.
#[derive(Trace, Default)]
struct Celled {
    cell: Cell<Option<Box<RefCell<Grumpy>>>>,
    lock: Cell<Option<Box<Mutex<Grumpy>>>>,
}

thread_local! {
    static CELLED: RefCell<Option<Gc<Celled>>> = const { RefCell::new(None) };
}

/// The contract has nothing panic in a cell, for the hook takes what is being read, with its borrow and its
/// lock, out of it, and drops it. Yet nothing that is gone is read or written (under AddressSanitizer).
#[test]
#[cfg_attr(
    miri,
    ignore = "references to what is dropped are still on the stack, though nobody uses them"
)]
fn a_hook_that_empties_the_cell_that_is_being_read() {
    gc::disable();
    for is_lock in [false, true] {
        let celled = Gc::new(Celled::default());
        if is_lock {
            celled.lock.set(Some(Box::default()));
        } else {
            celled.cell.set(Some(Box::default()));
        }
        drop(celled.clone());
        CELLED.set(Some(celled));
        collect_with_hook(|| {
            CELLED.with_borrow(|celled| {
                let celled = celled.as_ref().unwrap();
                drop((celled.cell.take(), celled.lock.take()));
            });
        });
        let celled = CELLED.take().unwrap();
        assert!(celled.cell.take().is_none() && celled.lock.take().is_none());
    }
}

/// Panics when it is traced, if it is told to.
#[derive(Default)]
struct Moody {
    is_grumpy: Cell<bool>,
}

// SAFETY: owns no handles, or panics, which the contract allows.
unsafe impl Trace for Moody {
    fn trace(&self, _: &mut Tracer) {
        assert!(!self.is_grumpy.get(), "not any more");
    }
}

#[derive(Trace, Default)]
#[trace(finalize)]
struct Soured {
    own: RefCell<Option<Gc<Soured>>>,
    mood: Moody,
}

impl Finalize for Soured {
    fn finalize(&self) {
        self.mood.is_grumpy.set(true);
    }
}

/// The look after the finalizers goes on without it, so it is held for all that is known.
#[test]
fn garbage_panics_when_it_is_looked_at_again() {
    gc::disable();
    let soured = Gc::new(Soured::default());
    soured.own.replace(Some(soured.clone()));
    let weak = Gc::downgrade(&soured);
    drop(soured);
    assert!(catch_unwind(AssertUnwindSafe(gc::collect)).is_err());
    weak.upgrade().unwrap().mood.is_grumpy.set(false);
    assert_eq!(gc::collect(), 1);
}
