//! The driver, on the heap that threads share: a program deals its steps to several threads, of which one
//! at a time does something, so that the model is as exact as for one.

mod hands;
mod slot;

use std::sync::{Arc as Shared, LazyLock};

use gordian::Trace;
use gordian::sync::{Closure, Gc, Weak, closure, gc, weak};

use self::hands::Hands;
use self::slot::Slot;
use super::{Action, Done, Driver, Op, Run, Snapshot};

#[path = "../real/mod.rs"]
mod real;

/// What there can be objects of.
trait Value: Trace + Send + Sync {}

impl<T: Trace + Send + Sync + ?Sized> Value for T {}

type Function<C> = Closure<(C,), fn(&(C,), usize, Action)>;

fn function<C: Run + Trace + Send + Sync + 'static>(captures: C) -> Function<C> {
    closure!([captures] |id: usize, action: Action| -> () { captures.run(id, action) })
}

static WORLD: LazyLock<real::World> = LazyLock::new(real::World::default);

fn world<R>(f: impl FnOnce(&real::World) -> R) -> R {
    f(&WORLD)
}

pub(super) struct Heap {
    hands: Hands,
}

impl Driver for Heap {
    /// The collector takes them out before it lets go of the maps' locks.
    const LEAVE_DEAD_MAPS: bool = true;
    const DISSOLVES_ONLY_CLOSED: bool = true;

    fn begin() -> Self {
        real::begin();
        Self {
            hands: Hands::default(),
        }
    }

    fn step(&mut self, op: Op) -> Done {
        self.hands.step(op)
    }

    fn snapshot(&self) -> Snapshot {
        real::snapshot()
    }

    fn end(&mut self) {
        real::end();
    }
}

/// After a failure, too, as the next program finds the heap as this one leaves it.
impl Drop for Heap {
    fn drop(&mut self) {
        self.hands = Hands::default();
        WORLD.is_over.replace(true);
        real::end();
    }
}
