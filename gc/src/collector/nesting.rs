//! Releases within releases: levels, the queue of what waits, and panics.
//!
//! What an object holds is released in its turn, depth first; beyond a fixed depth objects wait in a
//! queue, in the same order, so that chains of any length fit any stack.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::heap::Nesting;
use crate::panics::discard;

/// How deep releases nest before the queue takes over. A level costs some hundred bytes of stack
/// in an optimized build.
const MAX_DEPTH: usize = 24;

const _: () = assert!(MAX_DEPTH < Nesting::<()>::POSTPONING);

/// Somebody whose objects are released by counting.
pub(super) trait Releases {
    /// An object that waits for its release, and is held by the queue.
    type Waiting;

    fn nesting(&self) -> &Nesting<Self::Waiting>;

    /// Releases an object whose turn has come. It must not be left allocated if that panics.
    fn release(&self, waiting: Self::Waiting);

    /// Collects what was given up after the thread's last collection.
    fn collect_last(&self);
}

/// Whether an object that is given up now has to wait for its release.
///
/// A look must find everything it has visited: a panic hook that runs in it may drop, but nothing
/// is freed.
#[inline]
pub(super) fn has_to_wait<W>(nesting: &Nesting<W>) -> bool {
    nesting.depth.get() >= MAX_DEPTH
}

/// Begins a nesting level; returns how many objects wait in the queue, on the deepest one.
#[inline]
pub(super) fn enter<W>(nesting: &Nesting<W>) -> usize {
    let depth = nesting.depth.get() + 1;
    nesting.depth.set(depth);
    if depth == MAX_DEPTH {
        nesting.queue.borrow().len()
    } else {
        0
    }
}

/// Ends a nesting level. The deepest one releases what has been queued since it began.
#[inline]
pub(super) fn leave<H: Releases>(heap: &H, waiting: usize) {
    let nesting = heap.nesting();
    if nesting.depth.get() == MAX_DEPTH {
        drain(heap, waiting);
    }
    nesting.depth.set(nesting.depth.get() - 1);
}

/// Releases what the queue holds beyond `waiting`. Objects queued by one release come before
/// those that waited already, in the order they were queued: depth first.
#[cold]
#[inline(never)]
fn drain<H: Releases>(heap: &H, waiting: usize) {
    let mut mark = waiting;
    let mut release_all = || {
        while let Some(next) = next_of(heap.nesting(), waiting, &mut mark) {
            heap.release(next);
        }
    };
    // One net for all, under which each object is freed whatever its value does.
    while let Err(panic) = catch_unwind(AssertUnwindSafe(&mut release_all)) {
        heap.nesting().pending.note_unwound(panic);
    }
}

/// The next object of the queue, down to `waiting`. What was queued beyond `mark` since the last
/// one comes first, in the order in which it was queued.
#[inline]
fn next_of<W>(nesting: &Nesting<W>, waiting: usize, mark: &mut usize) -> Option<W> {
    let mut queue = nesting.queue.borrow_mut();
    if queue.len() > *mark + 1 {
        queue[*mark..].reverse();
    }
    if queue.len() <= waiting {
        return None;
    }
    *mark = queue.len() - 1;
    queue.pop()
}

/// Runs something during which nothing is freed by counting: what is given up meanwhile, by a panic
/// hook or by garbage that is freed, is released at its end.
pub(super) fn postponing_releases<H: Releases, R>(heap: &H, run: impl FnOnce() -> R) -> R {
    let nesting = heap.nesting();
    let waiting = nesting.queue.borrow().len();
    nesting
        .depth
        .set(nesting.depth.get() + Nesting::<H::Waiting>::POSTPONING);
    let result = run();
    nesting
        .depth
        .set(nesting.depth.get() - Nesting::<H::Waiting>::POSTPONING);
    if nesting.queue.borrow().len() > waiting {
        drain(heap, waiting);
    }
    result
}

/// Runs something in the midst of which user code may panic, and what that gives up is released later. These
/// panics go no further, as the panic hook has reported them.
pub(super) fn apart<H: Releases, R>(heap: &H, run: impl FnOnce() -> R) -> R {
    let nesting = heap.nesting();
    let pending = nesting.pending.set_aside();
    let base = nesting.base.replace(usize::MAX);
    let waiting = enter(nesting);
    let result = postponing_releases(heap, run);
    leave(heap, waiting);
    nesting.base.set(base);
    if let Some(panic) = nesting.pending.put_back(pending) {
        discard(panic);
    }
    result
}

/// The end of an outermost drop: resumes the first panic of the release, and after the thread's
/// last collection collects.
#[inline]
pub(super) fn end_outermost<H: Releases>(heap: &H) {
    let nesting = heap.nesting();
    let is_to_do = nesting.pending.is_some() || nesting.ended.get();
    if is_to_do && nesting.depth.get() == nesting.base.get() {
        end_outermost_slowly(heap);
    }
}

#[cold]
#[inline(never)]
fn end_outermost_slowly<H: Releases>(heap: &H) {
    let nesting = heap.nesting();
    if nesting.ended.get() {
        heap.collect_last();
    }
    if let Some(panic) = nesting.pending.take() {
        // Not if that would abort, and not at the thread's end.
        if std::thread::panicking() || nesting.exiting.get() {
            discard(panic);
        } else {
            resume_unwind(panic);
        }
    }
}

/// Calls user code in the midst of a release or a collection. A panic is kept for their end; a
/// drop or collection inside the user code resumes its own panics there.
pub(super) fn call_user<W>(nesting: &Nesting<W>, user: impl FnOnce()) {
    let pending = nesting.pending.set_aside();
    let base = nesting.base.replace(nesting.depth.get());
    let result = catch_unwind(AssertUnwindSafe(user));
    nesting.base.set(base);
    let leftover = nesting.pending.put_back(pending);
    for panic in result.err().into_iter().chain(leftover) {
        nesting.pending.note(panic);
    }
}

/// Calls user code whose panics nobody gets.
pub(super) fn call_quietly<W>(nesting: &Nesting<W>, user: impl FnOnce()) {
    let outer = nesting.pending.set_aside();
    call_user(nesting, user);
    if let Some(panic) = nesting.pending.put_back(outer) {
        discard(panic);
    }
}
