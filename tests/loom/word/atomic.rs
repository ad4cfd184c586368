//! Loom's atomics, with all loads in view.
//!
//! Loom looks for other schedules where two steps depend on each other, but remembers only the last
//! step on each atomic. A thread that loads a value and then exchanges it hides by its own load the
//! load of another thread, and the schedule in which that one comes last is never run. So each load
//! here is preceded by a step that depends on all others of its kind, on an atomic of no other use:
//! being relaxed, it puts nothing into an order.

use std::cell::RefCell;
use std::sync::Arc;

pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::atomic::{Ordering, fence};

use crate::access::Watched;

/// Memory, and whether it is allocated.
pub(crate) type Memory = Arc<Watched<bool>>;

std::thread_local! {
    static MEMORY: RefCell<Option<Memory>> = const { RefCell::new(None) };
}

/// Makes something that lies in this memory: to use an atomic of it afterwards fails the model if the
/// memory was freed, or if nothing puts that before the end of the memory. (Loom runs all threads of
/// a model on one.)
pub(crate) fn within<R>(memory: &Memory, make: impl FnOnce() -> R) -> R {
    MEMORY.set(Some(Arc::clone(memory)));
    let made = make();
    MEMORY.set(None);
    made
}

macro_rules! atomic {
    ($name:ident, $int:ty) => {
        /// See the module.
        #[derive(Debug)]
        pub(crate) struct $name {
            value: loom::sync::atomic::$name,
            loads: loom::sync::atomic::$name,
            memory: Option<Memory>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new(0)
            }
        }

        impl $name {
            pub(crate) fn new(value: $int) -> Self {
                Self {
                    value: loom::sync::atomic::$name::new(value),
                    loads: loom::sync::atomic::$name::new(0),
                    memory: MEMORY.with_borrow(Clone::clone),
                }
            }

            fn value(&self) -> &loom::sync::atomic::$name {
                if let Some(memory) = &self.memory {
                    assert!(memory.read(|is| *is), "used after it was freed");
                }
                &self.value
            }

            pub(crate) fn load(&self, ordering: Ordering) -> $int {
                self.loads.fetch_add(1, Ordering::Relaxed);
                self.value().load(ordering)
            }

            pub(crate) fn store(&self, value: $int, ordering: Ordering) {
                self.value().store(value, ordering);
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.value()
                    .compare_exchange(current, new, success, failure)
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn fetch_sub(&self, value: $int, ordering: Ordering) -> $int {
                self.value().fetch_sub(value, ordering)
            }
        }
    };
}

atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);

impl AtomicU64 {
    pub(crate) fn fetch_add(&self, value: u64, ordering: Ordering) -> u64 {
        self.value().fetch_add(value, ordering)
    }

    pub(crate) fn fetch_and(&self, value: u64, ordering: Ordering) -> u64 {
        self.value().fetch_and(value, ordering)
    }

    pub(crate) fn fetch_or(&self, value: u64, ordering: Ordering) -> u64 {
        self.value().fetch_or(value, ordering)
    }
}
