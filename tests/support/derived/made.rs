//! What values are made of, with an account of it.

use std::cell::{Cell, RefCell};

use gordian::Trace;
use gordian::trace::Tracer;

use super::{Gc, Once, Value, gc};
use crate::{DropProbe, Drops};

/// What handles in values lead to.
#[derive(Trace, Debug)]
#[trace(leaf)]
pub struct Target {
    _probe: DropProbe,
}

/// A handle in a value.
pub type Handle = Gc<Target>;

/// Something with a handle that is not `Trace`.
#[derive(Debug)]
pub struct Opaque(#[expect(dead_code, reason = "it is there to be dropped")] Handle);

thread_local! {
    static FINALIZED: Cell<usize> = const { Cell::new(0) };
}

/// What the finalizers of derived types do.
pub fn finalized() {
    FINALIZED.set(FINALIZED.get() + 1);
}

/// An account of what has been put into a value.
#[derive(Debug, Default)]
pub struct Made {
    drops: Drops,
    probes: Cell<usize>,
    /// What the handles lead to that are to be reported.
    seen: RefCell<Vec<*const ()>>,
    finalizers: Cell<usize>,
}

impl Made {
    /// A leaf that is to be dropped.
    pub fn probe(&self) -> DropProbe {
        self.probes.set(self.probes.get() + 1);
        self.drops.probe()
    }

    /// A handle that is not to be reported.
    pub fn hidden(&self) -> Handle {
        Gc::new(Target {
            _probe: self.probe(),
        })
    }

    /// A handle that is to be reported.
    pub fn seen(&self) -> Handle {
        let handle = self.hidden();
        self.seen.borrow_mut().push(Gc::as_ptr(&handle).cast());
        handle
    }

    /// The same in what is no part of a derived type.
    pub fn opaque(&self) -> Opaque {
        Opaque(self.hidden())
    }

    /// Something with a finalizer that is to run.
    pub fn finalizing<T>(&self, value: T) -> T {
        self.finalizers.set(self.finalizers.get() + 1);
        value
    }

    fn assert_reported(&self, mut reported: Vec<*const ()>, others: &[*const ()], what: &str) {
        let mut expected = self.seen.borrow().clone();
        expected.extend(others);
        expected.sort_unstable();
        reported.sort_unstable();
        assert_eq!(reported, expected, "what {what} reports");
    }

    fn assert_gone(&self, finalizers: usize, what: &str) {
        assert_eq!(self.drops.count(), self.probes.get(), "drops in {what}");
        assert_eq!(FINALIZED.replace(0), finalizers, "finalizers in {what}");
    }
}

/// What holds itself, and a value.
#[derive(Trace)]
struct Knot<T> {
    value: T,
    me: Once<Gc<Knot<T>>>,
}

/// Checks values of a type, all made alike: one that is nobody's, one that is an object's, one in garbage.
///
/// # Panics
///
/// If they report something else than what is in them, or not all of it is dropped and finalized.
pub fn check<T: Value>(what: &str, make: impl Fn(&Made) -> T) {
    let made = Made::default();
    let value = make(&made);
    made.assert_reported(Tracer::edges_of(&value), &[], what);
    drop(value);
    made.assert_gone(0, what);

    let made = Made::default();
    let object = Gc::new(make(&made));
    let reported = gc::referents(&[&object]);
    made.assert_reported(reported.iter().map(|it| it.address()).collect(), &[], what);
    drop(object);
    made.assert_gone(made.finalizers.get(), what);

    let made = Made::default();
    let value = make(&made);
    let knot = Gc::new(Knot {
        value,
        me: Once::new(),
    });
    assert!(knot.me.set(knot.clone()).is_ok());
    let reported = gc::referents(&[&knot]);
    let me = Gc::as_ptr(&knot).cast();
    made.assert_reported(
        reported.iter().map(|it| it.address()).collect(),
        &[me],
        what,
    );
    drop(knot);
    assert_eq!(gc::collect(), 1, "what is collected of {what}");
    made.assert_gone(made.finalizers.get(), what);
}
