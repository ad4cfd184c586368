//! The explorer's atomics, in memory that may be freed, and with all [loads](Loads) in view.

use std::cell::RefCell;
use std::sync::Arc;

use crate::access::Watched;
use crate::runtime::Loads;
pub(crate) use crate::runtime::hint::spin_loop;
use crate::runtime::sync::atomic;
pub(crate) use crate::runtime::sync::atomic::{Ordering, fence};

/// Memory, and whether it is allocated.
pub(crate) type Memory = Arc<Watched<bool>>;

std::thread_local! {
    static MEMORY: RefCell<Option<Memory>> = const { RefCell::new(None) };
}

/// Makes something that lies in this memory: to use an atomic of it afterwards fails the model if the
/// memory was freed, or if nothing puts that before the end of the memory. (All threads of a model are
/// run on one.)
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
            value: atomic::$name,
            loads: Loads,
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
                    value: atomic::$name::new(value),
                    loads: Loads::default(),
                    memory: MEMORY.with_borrow(Clone::clone),
                }
            }

            fn value(&self) -> &atomic::$name {
                if let Some(memory) = &self.memory {
                    assert!(memory.read(|is| *is), "used after it was freed");
                }
                &self.value
            }

            pub(crate) fn load(&self, ordering: Ordering) -> $int {
                self.loads.note();
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
