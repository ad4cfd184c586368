//! The shared objects that have an allocation of their own.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

use super::slot::Slot;
use crate::guarded;
use crate::heap::Spot;
use crate::heap::large::{Table, Words, allocate_alone, free_alone};
use crate::object::{Object, Tag};

/// The table of them.
pub(super) struct Large(Table);

// SAFETY: the objects that it refers to are for all threads, and its own parts are reached by the mutex
// only.
unsafe impl Send for Large {}

static LARGE: Mutex<Large> = Mutex::new(Large(Table::new()));

/// The table. While the guard is there no object's memory is given back.
pub(super) fn lock() -> MutexGuard<'static, Large> {
    guarded::lock(&LARGE)
}

/// Memory for an object. Its header says that it is vacant. Never unwinds, and says so.
#[cold]
#[inline(never)]
pub(super) extern "C" fn allocate(size: usize, align: usize) -> NonNull<()> {
    let value = Layout::from_size_align(size, align).expect("the parts of a layout");
    let header = allocate_alone(value).cast::<Slot>();
    // SAFETY: new memory for a header.
    unsafe { header.write(Slot::vacant(std::ptr::null())) };
    lock().0.add(Object::new(header.cast()));
    header.cast()
}

/// Frees the memory of an object.
///
/// # Safety
///
/// The object came from [`allocate`], for a value of this layout, and nobody uses it any more.
#[cold]
#[inline(never)]
pub(super) unsafe fn free(object: Object, value: Layout) {
    // SAFETY: [live], from the caller.
    unsafe { lock().0.remove(object) };
    // SAFETY: from the caller, and not in the table any more.
    unsafe { free_alone(object, value) };
}

/// Where the visit word of an object is; `None` for an untracked one.
///
/// # Safety
///
/// The object is [live], pinned by this thread, and has an allocation of its own.
pub(super) unsafe fn spot(object: Object) -> Option<Spot> {
    // SAFETY: [live], from the caller.
    let first = unsafe { object.header_ptr().cast::<Slot>().as_ref() }.first();
    if Tag::UNTRACKED.is_in(first) {
        return None;
    }
    // SAFETY: from the caller.
    Some(unsafe { Table::spot_of_tracked(object) })
}

impl Large {
    /// See [`Table::spots`].
    pub(super) fn spots(&self) -> usize {
        self.0.spots()
    }

    /// See [`Table::room`].
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.0.room()
    }

    /// See [`Table::words`].
    pub(super) fn words(&self, part: usize) -> Words {
        self.0.words(part)
    }

    /// See [`Table::adopt`].
    pub(super) fn adopt(&self, word: NonNull<Cell<u32>>) -> u32 {
        self.0.adopt(word)
    }

    /// See [`Table::release`].
    pub(super) fn release(&self, number: u32) {
        self.0.release(number);
    }

    /// Whether any object is adopted.
    pub(super) fn has_adopted(&self) -> bool {
        self.0.has_adopted()
    }

    /// See [`Table::objects`].
    pub(super) fn objects(&self) -> Vec<Object> {
        self.0.objects()
    }
}
