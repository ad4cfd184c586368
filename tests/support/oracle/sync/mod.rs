//! The driver, on the heap that threads share: a program deals its steps to several threads, of which one
//! at a time does something, so that the model is as exact as for one.

mod function;
mod hands;
mod slot;

use std::sync::{Arc as Shared, LazyLock};

use gordian::Trace;
use gordian::sync::{Gc, Weak, gc, weak};

use self::function::{Function, function};
use self::hands::Hands;
use self::slot::Slot;
use super::model::Values;
use super::{Done, Driver, Op, Run, Snapshot};

#[path = "../real/mod.rs"]
mod real;

/// What there can be objects of.
trait Value: Trace + Send + Sync {}

impl<T: Trace + Send + Sync + ?Sized> Value for T {}

static WORLD: LazyLock<real::World> = LazyLock::new(real::World::default);

fn world<R>(f: impl FnOnce(&real::World) -> R) -> R {
    f(&WORLD)
}

pub(super) struct Heap {
    hands: Hands,
}

impl Driver for Heap {
    const VALUES: Values = Values::OfMaps;

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
