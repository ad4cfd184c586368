//! The driver, on the heap of a thread.

use std::cell::RefCell as Slot;
use std::mem::ManuallyDrop;
use std::rc::Rc as Shared;

use gordian::{Closure, Gc, Trace, Weak, closure, gc, weak};

use super::{Action, Done, Driver, Op, Run, Snapshot};

#[path = "../real/mod.rs"]
mod real;

/// What there can be objects of.
trait Value: Trace {}

impl<T: Trace + ?Sized> Value for T {}

type Function<C> = Closure<(C,), fn(&(C,), usize, Action)>;

fn function<C: Run + Trace + 'static>(captures: C) -> Function<C> {
    closure!([captures] |id: usize, action: Action| -> () { captures.run(id, action) })
}

thread_local! {
    /// Never dropped: after a failure it holds objects that the thread's end must not touch.
    static WORLD: ManuallyDrop<real::World> = ManuallyDrop::default();
}

fn world<R>(f: impl FnOnce(&real::World) -> R) -> R {
    WORLD.with(|world| f(world))
}

pub(super) struct Heap;

impl Driver for Heap {
    const LEAVE_DEAD_MAPS: bool = false;
    const DISSOLVES_ONLY_CLOSED: bool = false;

    fn begin() -> Self {
        real::begin();
        Self
    }

    fn step(&mut self, op: Op) -> Done {
        real::step(op)
    }

    fn snapshot(&self) -> Snapshot {
        real::snapshot()
    }

    fn end(&mut self) {
        real::end();
    }
}
