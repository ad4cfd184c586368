//! What the library's `atomic` modules have, by loom.
//!
//! Loom finds the orders to try by looking, at each access to an atomic, at the last one before it. A
//! thread that loads a word and then exchanges it hides from loom that the exchange might have come before
//! another thread's load: the last access is its own. So here each load is an access to a second atomic,
//! one that loom takes for a change; it does not synchronize.

use std::ops::Deref;

pub use loom::cell::UnsafeCell;
use loom::sync::atomic::{
    AtomicBool as Bool, AtomicPtr as Ptr, AtomicU64 as U64, AtomicUsize as Usize,
};
pub use loom::sync::atomic::{Ordering, fence};

/// A loom atomic whose loads are taken for what they are.
#[derive(Debug)]
pub struct Seen<A> {
    atomic: A,
    loads: Bool,
}

/// As loom's.
pub type AtomicBool = Seen<Bool>;
/// As loom's.
pub type AtomicU64 = Seen<U64>;
/// As loom's.
pub type AtomicUsize = Seen<Usize>;
/// As loom's.
pub type AtomicPtr<T> = Seen<Ptr<T>>;

impl<A> Seen<A> {
    fn with(atomic: A) -> Self {
        Self {
            atomic,
            loads: Bool::new(false),
        }
    }

    fn note(&self) {
        self.loads.swap(false, Ordering::Relaxed);
    }
}

/// All but `load` is as loom has it.
impl<A> Deref for Seen<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.atomic
    }
}

impl AtomicBool {
    /// As loom's.
    pub fn new(value: bool) -> Self {
        Self::with(Bool::new(value))
    }

    /// As loom's.
    pub fn load(&self, order: Ordering) -> bool {
        self.note();
        self.atomic.load(order)
    }
}

impl AtomicU64 {
    /// As loom's.
    pub fn new(value: u64) -> Self {
        Self::with(U64::new(value))
    }

    /// As loom's.
    pub fn load(&self, order: Ordering) -> u64 {
        self.note();
        self.atomic.load(order)
    }
}

impl AtomicUsize {
    /// As loom's.
    pub fn new(value: usize) -> Self {
        Self::with(Usize::new(value))
    }

    /// As loom's.
    pub fn load(&self, order: Ordering) -> usize {
        self.note();
        self.atomic.load(order)
    }
}

impl<T> AtomicPtr<T> {
    /// As loom's.
    pub fn new(value: *mut T) -> Self {
        Self::with(Ptr::new(value))
    }

    /// As loom's.
    pub fn load(&self, order: Ordering) -> *mut T {
        self.note();
        self.atomic.load(order)
    }
}
