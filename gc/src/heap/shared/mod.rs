//! The memory of shared objects: allocated by any thread, freed by any other.
//!
//! Small objects lie in blocks as those of a thread's own heap do, but a block is owned by a thread only
//! as long as that thread uses it: [`ownership`] says by what rules. A thread's part is in [`thread`], what
//! all have in common in [`directory`]; large objects are in a table that all threads use, in [`large`].
//! The candidates of a thread are in a queue: [`candidates`].

mod atomic;
mod candidates;
mod directory;
mod large;
mod ownership;
mod queue;
mod slot;
#[cfg(test)]
mod tests;
mod thread;
mod view;

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::NonNull;

pub(crate) use self::candidates::{drain, drain_own, len_estimate, push};
pub(crate) use self::slot::VACANT;
pub(crate) use self::view::{View, view};

use self::ownership::Ownership;
use self::slot::Slot;
use self::thread::Thread;
use super::block::Block;
use super::kind::{Kind, Sharing, Vacancy};
use super::local::BLOCK_CLEARING_COST;
use super::process::Mutator;
use super::size_class::Class;
use super::{Spot, Words};
use crate::object::{Edge, Object, fits_block};

const _: () = assert!(VACANT == crate::object::shared::Bits::VACANT.word());

/// The kind of blocks that threads share.
enum Shared {}

type SharedBlock = Block<Shared>;

impl Kind for Shared {
    type Header = Slot;
    type Sharing = Shares;

    unsafe fn adopted(object: Object) -> Option<(NonNull<Cell<u32>>, u32)> {
        // SAFETY: from the caller.
        unsafe { object.shared() }.extension()?.adopted()
    }
}

/// The rest of a shared block's descriptor, in a cache line of its own: other threads that free write it
/// while the owner allocates.
#[repr(align(64))]
struct Shares(Ownership);

impl From<Ownership> for Shares {
    fn from(ownership: Ownership) -> Self {
        Self(ownership)
    }
}

impl std::ops::Deref for Shares {
    type Target = Ownership;

    #[inline]
    fn deref(&self) -> &Ownership {
        &self.0
    }
}

impl Sharing for Shares {
    fn take_freed(&self) -> Option<(u16, u32)> {
        let (first, count) = self.0.take_freed()?;
        Some((first, count.into()))
    }

    fn park(&self) -> bool {
        self.0.park()
    }
}

impl Vacancy for Slot {
    #[inline]
    unsafe fn write_vacant(place: NonNull<Self>, next: *const Self) {
        // SAFETY: from the caller.
        unsafe { place.write(Self::vacant(next)) };
    }

    #[inline]
    fn vacate(&self, next: *const Self) {
        self.vacate(next);
    }

    #[inline]
    fn next_vacant(&self) -> *const Self {
        self.next_vacant()
    }

    fn is_vacant(&self) -> bool {
        self.is_vacant()
    }
}

/// Memory for an object, header and value. The header says that it is vacant, until the caller writes it.
///
/// Runs no user code, and does not unwind.
#[inline]
pub(crate) fn allocate(value: Layout, is_tracked: bool, is_slice: bool) -> NonNull<()> {
    match Class::of(value, is_tracked, is_slice) {
        Some(class) => Thread::with(|thread| thread.allocate(class)).cast(),
        None => {
            if is_tracked {
                Mutator::with(|mutator| mutator.turned_over(1));
            }
            large::allocate(value.size(), value.align())
        }
    }
}

/// Gives back the memory of an object, from whatever thread. Runs no user code.
///
/// # Safety
///
/// The object came from [`allocate`], for a value of this layout. Nobody uses it any more, and all use
/// happened before; the value is gone or was never written.
#[inline]
pub(crate) unsafe fn free(object: Object, value: Layout) {
    if fits_block(value) {
        // SAFETY: the layout says that it lies in a block; the rest from the caller.
        Thread::with(|thread| unsafe { thread.free(object) });
    } else {
        // SAFETY: the layout says that it does not; the rest from the caller.
        unsafe { large::free(object, value) };
    }
}

/// Where a collection notes what it knows of an object; `None` for an untracked one.
///
/// # Safety
///
/// The object is [live], pinned by the thread that collects, which is this one, and stays so while the
/// spot is used.
#[inline]
pub(crate) unsafe fn spot(edge: Edge) -> Option<Spot> {
    if edge.is_in_block() {
        // SAFETY: from the caller; in a block.
        unsafe { SharedBlock::spot(edge) }
    } else {
        // SAFETY: from the caller; it has an allocation of its own.
        unsafe { large::spot(edge.object()) }
    }
}

/// Where the visit words of an object's block are; `None` if that has none, or there is no block.
///
/// # Safety
///
/// The object is [live], and the block stays while this is used by the thread that collects, which is this
/// one.
#[inline]
pub(crate) unsafe fn words(edge: Edge) -> Option<Words> {
    if !edge.is_in_block() {
        return None;
    }
    // SAFETY: from the caller; in a block.
    unsafe { SharedBlock::of(edge.object()) }.words()
}

/// Gives an untracked object, which has an extension, a place where collections note what they know of it. A
/// large one has it.
///
/// # Safety
///
/// The object is [live].
pub(crate) unsafe fn adopt(edge: Edge) {
    if !edge.is_in_block() {
        return;
    }
    // SAFETY: from the caller.
    if let Some(extension) = unsafe { edge.object().shared() }.extension() {
        extension.adopt(|word| large::lock().adopt(word));
        // SAFETY: [live], in a block.
        unsafe { SharedBlock::of(edge.object()) }.adopt_one();
    }
}

/// Takes back the number of an adopted object's spot, at the end of its visit word.
pub(crate) fn give_up_adopted(number: u32) {
    large::lock().release(number);
}

/// Sets the visit words of some objects to zero, or of all if that is less work.
///
/// # Safety
///
/// The objects are [live] and pinned by the thread that collects, which is this one.
pub(crate) unsafe fn clear_visit_words(visited: &[Edge]) {
    let skips_blocks = clear_blocks_if_cheaper_than(visited.len()) && !large::lock().has_adopted();
    for edge in visited {
        if skips_blocks && edge.is_in_block() {
            continue;
        }
        // SAFETY: from the caller.
        if let Some(spot) = unsafe { spot(*edge) } {
            spot.word().set(0);
        }
    }
}

fn clear_blocks_if_cheaper_than(count: usize) -> bool {
    let directory = directory::lock();
    let is_cheaper = directory.blocks.as_slice().len() * BLOCK_CLEARING_COST < count;
    if is_cheaper {
        directory
            .blocks
            .iter()
            .for_each(SharedBlock::clear_visit_words);
    }
    is_cheaper
}

/// Calls `f` with every object that there is at the time it comes past, of whatever thread and in
/// whatever state. Objects that are made or freed meanwhile may be among them or not, and `f` may see
/// them half made or half freed: it reads nothing but the two words of the header, until it has pinned
/// the object.
///
/// No memory is given back while `f` runs. It must not allocate or free shared objects, or it waits for
/// itself.
pub(crate) fn for_each_object(mut f: impl FnMut(Object)) {
    let directory = directory::lock();
    directory
        .blocks
        .iter()
        .flat_map(SharedBlock::objects)
        .for_each(&mut f);
    drop(directory);
    let large = large::lock();
    let is_there = |object: &Object| {
        // SAFETY: in the table, so its memory is there.
        !unsafe { object.header_ptr().cast::<Slot>().as_ref() }.is_vacant()
    };
    large.objects().into_iter().filter(is_there).for_each(f);
}

/// Notes that a collection starts: how much memory there is use for.
pub(crate) fn note_size() {
    directory::lock().note_size();
}

/// Gives back the memory that was kept for later, but for a small reserve.
pub(crate) fn give_back() {
    directory::lock().give_back();
}
