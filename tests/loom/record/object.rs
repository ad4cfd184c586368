//! What a record is about: types and extensions, in the place of the library's. What is accessed is watched
//! by who explores the model.

use super::Track;
use super::atomic::{AtomicPtr, UnsafeCell};
use super::record::{Record, TypeCell};

/// A tag bit of the word.
#[derive(Clone, Copy)]
pub(crate) struct Tag(usize);

impl Tag {
    pub(crate) const EXTENDED: Self = Self(1);
    pub(crate) const UNTRACKED: Self = Self(2);
    pub(crate) const HAS_FINALIZER: Self = Self(4);
    pub(crate) const MASK: usize = 63;

    pub(crate) const fn bit(self) -> usize {
        self.0
    }
}

#[derive(PartialEq, Eq, Debug)]
#[repr(align(64))]
pub(crate) struct TypeInfo(u32);

pub(crate) static OLD: TypeInfo = TypeInfo(1);
pub(crate) static NEW: TypeInfo = TypeInfo(2);

/// What was written when it was made is read by who finds it, and not after its end. `Track` sees whether
/// it leaks.
#[repr(align(64))]
pub(crate) struct Extension {
    pub(crate) info: TypeCell,
    made: UnsafeCell<bool>,
    _memory: Track<()>,
}

impl Extension {
    pub(crate) fn new(info: &'static TypeInfo) -> Self {
        let made = UnsafeCell::new(false);
        // SAFETY: nobody else knows it.
        made.with_mut(|made| unsafe { *made = true });
        Self {
            info: TypeCell::new(info),
            made,
            _memory: Track::new(()),
        }
    }

    /// Its address.
    pub(crate) fn touch(&self) -> usize {
        // SAFETY: the cell checks that the write came before.
        assert!(self.made.with(|made| unsafe { *made }));
        std::ptr::from_ref(self).addr()
    }
}

impl Drop for Extension {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the cell checks that nobody else has access.
            self.made.with_mut(|made| unsafe { *made = false });
        }
    }
}

/// A word of an object of the old type, that is not tracked.
pub(crate) fn record() -> Record {
    let record = Record(AtomicPtr::new(std::ptr::null_mut()));
    record.describe(&OLD, Tag::UNTRACKED.bit());
    record
}

/// All is over: the extension goes.
pub(crate) fn end(record: &Record) {
    // SAFETY: all other threads have ended.
    drop(unsafe { record.take_extension() });
}
