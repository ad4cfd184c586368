//! Shared pieces of the test suite.
#![expect(
    clippy::duplicate_mod,
    reason = "the driver of the oracle is mounted for each heap, as the tests in `shared` are"
)]

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem, thread};

use gordian::{Trace, gc};

pub mod counting;
pub mod derived;
pub mod oracle;
pub mod process_heap;

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Switches automatic collection of this thread's heap off and leaves no garbage on it.
pub fn fresh() {
    gc::disable();
    gc::collect();
}

/// Runs `f` in a thread of its own, with a stack of 2 MiB, to the thread's end.
///
/// # Panics
///
/// If `f` does.
pub fn in_a_thread(f: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(f);
    let result = thread.expect("no thread was started").join();
    result.expect("the thread panicked");
}

/// Counts the values that carry a [`DropProbe`] of it and have been dropped.
#[derive(Clone, Debug, Default)]
pub struct Drops {
    dropped: Arc<Mutex<HashSet<u64>>>,
}

impl Drops {
    /// Counts from zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A value to put into an object, whose drop is counted here.
    #[must_use]
    pub fn probe(&self) -> DropProbe {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        DropProbe {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            drops: self.clone(),
        }
    }

    /// How many probes have been dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.dropped).len()
    }
}

/// Tells its [`Drops`] when it is dropped, and panics if that happens twice.
#[derive(Trace, Debug)]
#[trace(leaf)]
pub struct DropProbe {
    #[trace(skip)]
    number: u64,
    #[trace(skip)]
    drops: Drops,
}

impl DropProbe {
    /// Whether it has not been dropped: to be asked by who may have come too late.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        !lock(&self.drops.dropped).contains(&self.number)
    }
}

impl Drop for DropProbe {
    fn drop(&mut self) {
        let is_first = lock(&self.drops.dropped).insert(self.number);
        assert!(
            is_first || thread::panicking(),
            "the value of probe {} was dropped twice",
            self.number
        );
    }
}

/// A list that finalizers and callbacks write to. Clones are of the same list.
pub struct Log<T> {
    entries: Arc<Mutex<Vec<T>>>,
}

impl<T> Log<T> {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn push(&self, entry: T) {
        lock(&self.entries).push(entry);
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.entries).len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries so far, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<T>
    where
        T: Clone,
    {
        lock(&self.entries).clone()
    }

    /// The entries so far, sorted: for what has no promised order.
    #[must_use]
    pub fn sorted(&self) -> Vec<T>
    where
        T: Clone + Ord,
    {
        let mut entries = self.entries();
        entries.sort();
        entries
    }

    /// Takes the entries out.
    #[must_use]
    pub fn take(&self) -> Vec<T> {
        mem::take(&mut *lock(&self.entries))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            entries: Arc::default(),
        }
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(lock(&self.entries).iter()).finish()
    }
}

/// What a test needs of a place for edges, be it a `RefCell` or a `Mutex`.
///
/// Old values are dropped when the place is free again, as their drop may come back to it.
pub trait Place<T> {
    /// Lends the content. The place is taken meanwhile: nothing is to be dropped in `f`.
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R;

    /// Puts `value` there and drops what was there.
    fn put(&self, value: T) {
        drop(self.with(|place| mem::replace(place, value)));
    }

    /// Takes the content out.
    fn pull(&self) -> T
    where
        T: Default,
    {
        self.with(mem::take)
    }

    /// A clone of the content.
    fn peek(&self) -> T
    where
        T: Clone,
    {
        self.with(|place| place.clone())
    }
}

impl<T> Place<T> for RefCell<T> {
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.borrow_mut())
    }
}

impl<T> Place<T> for Mutex<T> {
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut lock(self))
    }
}
