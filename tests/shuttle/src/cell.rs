//! A cell that finds races, in the form of loom's.

use std::cell::{self, RefCell};

use shuttle::current;
use shuttle::sync::atomic::{AtomicBool, Ordering};

/// One access: by which thread, and when by its own time.
#[derive(Clone, Copy, Debug)]
struct Access {
    thread: usize,
    time: u32,
}

impl Access {
    /// One that begins now. Other threads may do something first.
    fn now() -> Self {
        // A step on an atomic is a time of its own, which nobody else has seen.
        AtomicBool::new(false).load(Ordering::SeqCst);
        let thread = usize::from(current::me());
        let time = current::clock()[thread];
        Self { thread, time }
    }

    /// Whether something puts it before what the running thread does now.
    fn is_over(self) -> bool {
        let clock: &[u32] = &current::clock();
        clock
            .get(self.thread)
            .is_some_and(|seen| *seen >= self.time)
    }
}

/// The last accesses: what comes next must come after some of them.
#[derive(Default, Debug)]
struct Last {
    write: Option<Access>,
    /// Since then, the last one of each thread.
    reads: Vec<Access>,
}

/// Memory: two accesses that nothing puts into an order, one of them a write, panic, whether or not they
/// come at once.
#[derive(Debug)]
pub struct UnsafeCell<T> {
    value: cell::UnsafeCell<T>,
    last: RefCell<Last>,
}

// SAFETY: shuttle runs all threads on one, and `last` is borrowed for no longer than one of its steps.
// What is done to the value is up to the caller, as it is for loom's.
unsafe impl<T: Send> Sync for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    /// With this value.
    pub fn new(value: T) -> Self {
        Self {
            value: cell::UnsafeCell::new(value),
            last: RefCell::default(),
        }
    }

    /// Calls `look` with a pointer that can be read.
    ///
    /// # Panics
    ///
    /// If a write may come at the same time.
    pub fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        let now = Access::now();
        let mut last = self.last.borrow_mut();
        assert!(
            last.write.is_none_or(Access::is_over),
            "read during a write"
        );
        last.reads.retain(|read| read.thread != now.thread);
        last.reads.push(now);
        drop(last);
        look(self.value.get())
    }

    /// Calls `change` with a pointer that can be written.
    ///
    /// # Panics
    ///
    /// If another access may come at the same time.
    pub fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        let now = Access::now();
        let mut last = self.last.borrow_mut();
        assert!(last.write.is_none_or(Access::is_over), "two writes at once");
        let reads_are_over = last.reads.iter().all(|read| read.is_over());
        assert!(reads_are_over, "written during a read");
        last.reads.clear();
        last.write = Some(now);
        drop(last);
        change(self.value.get())
    }
}
