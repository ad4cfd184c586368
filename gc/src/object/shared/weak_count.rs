//! How many weak handles a shared object has, and when they and the others have given its memory up.
//!
//! As [`word`](super::word), it rests on nothing but the atomics, so that models run this very source.
#![forbid(unsafe_code)]

use super::atomic::{AtomicUsize, Ordering, fence, spin_loop};
use super::word::{Access, Word};

/// Weak handles, and one for the strong handles and the buffer together; or [`LOCKED`].
#[derive(Debug)]
pub(crate) struct WeakCount(AtomicUsize);

/// Somebody finds out whether there are weak handles.
const LOCKED: usize = usize::MAX;
/// More weak handles than this abort the program, as `Arc`'s do.
const MOST: usize = isize::MAX as usize;

/// Whether a claim to an object's memory that was given up was the last one.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WeakClaim {
    Last,
    Others,
}

impl WeakCount {
    /// Of an object without weak handles.
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// How many weak handles there are, at this moment.
    pub(crate) fn get(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            LOCKED => 0,
            count => count - 1,
        }
    }

    /// One weak handle more, for who has one or a strong one. Waits while somebody finds out whether
    /// there are any.
    pub(crate) fn increment(&self) {
        let mut count = self.0.load(Ordering::Relaxed);
        loop {
            if count == LOCKED {
                spin_loop();
                count = self.0.load(Ordering::Relaxed);
                continue;
            }
            if count > MOST {
                std::process::abort();
            }
            // Acquire: it comes after the answer that was given meanwhile.
            let exchanged = self.0.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match exchanged {
                Ok(_) => return,
                Err(now) => count = now,
            }
        }
    }

    /// One claim less: that of a weak handle, or that of the strong handles and the buffer.
    pub(crate) fn decrement(&self) -> WeakClaim {
        // Release and Acquire: who frees the memory comes after all that was done with it.
        if self.0.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            WeakClaim::Last
        } else {
            WeakClaim::Others
        }
    }

    /// Whether the caller's handle, whose value has been lent to it, is the only one of either kind.
    ///
    /// A finalizer that waits has a weak handle. While the count is locked there are none, and none
    /// come; so no strong ones come either, and what the word says then stays true. It is asked for the
    /// loan again: one may have been upgraded since, and what came of it dropped, which ends the loan.
    pub(crate) fn is_only(&self, word: &Word) -> Access {
        let locked = self
            .0
            .compare_exchange(1, LOCKED, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if !locked {
            return Access::Refused;
        }
        let access = word.lend();
        self.0.store(1, Ordering::Release);
        access
    }
}
