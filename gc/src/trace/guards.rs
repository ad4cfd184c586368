//! Locks that are kept after what is behind them has been traced.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;

/// The guards of locks of any kind, let go in the reverse of the order in which they were taken.
///
/// A collection keeps the locks of all values that it has looked into (two-phase locking: Eswaran,
/// Gray, Lorie, Traiger, *The Notions of Consistency and Predicate Locks in a Database System*,
/// 1976), so that there is an instant at which all handles that it has found are where it found
/// them. A guard has up to three words.
#[derive(Default)]
pub(crate) struct Guards {
    kept: Vec<Kept>,
}

type Words = [MaybeUninit<usize>; 3];

/// A guard whose type is not known.
struct Kept {
    words: Words,
    /// Safety: to be called once, with the words of the guard.
    let_go: unsafe fn(*mut Words),
}

impl Guards {
    /// Keeps a guard.
    ///
    /// # Safety
    ///
    /// Until it is let go its lifetime has not ended.
    pub(crate) unsafe fn keep<G>(&mut self, guard: G) {
        unsafe fn let_go<G>(words: *mut Words) {
            // SAFETY: they are those of such a guard, and are not used again.
            unsafe { ptr::drop_in_place(words.cast::<G>()) };
        }
        const {
            let fits = size_of::<G>() <= size_of::<Words>();
            assert!(fits && align_of::<G>() <= align_of::<Words>());
        }
        let mut words: Words = [MaybeUninit::uninit(); 3];
        let guard = ManuallyDrop::new(guard);
        // SAFETY: there is room for it, and the guard is not used again.
        unsafe { words.as_mut_ptr().cast::<ManuallyDrop<G>>().write(guard) };
        self.kept.push(Kept {
            words,
            let_go: let_go::<G>,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Adds others, which leave none behind.
    pub(crate) fn append(&mut self, others: &mut Self) {
        self.kept.append(&mut others.kept);
    }

    /// Lets all go.
    pub(crate) fn release(&mut self) {
        while let Some(mut kept) = self.kept.pop() {
            // SAFETY: kept once, and let go once.
            unsafe { (kept.let_go)(&raw mut kept.words) };
        }
    }

    /// Leaves all locked for ever: the locks are about to go, and it is nothing to them.
    pub(crate) fn forsake(&mut self) {
        self.kept.clear();
    }
}

impl Drop for Guards {
    fn drop(&mut self) {
        self.release();
    }
}
