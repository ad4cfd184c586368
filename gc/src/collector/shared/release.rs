//! The refcount path of shared objects: what happens when the last handle of one goes.
//!
//! The order is that of the thread's own heap; the steps on the state word say whose turn it is.

use std::alloc::Layout;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use super::detection;
use crate::collector::nesting::{Releases, call_user, end_outermost, enter, has_to_wait, leave};
use crate::collector::values;
use crate::heap::Nesting;
use crate::heap::process::{self, Member, Mutator, Waiting};
use crate::heap::shared as memory;
use crate::object::shared::{Claims, Dropped, Extension, Flag, Left, Registered, WeakClaim};
use crate::object::{Edge, Object, Tag};

/// A handle was dropped, and there is something more to do.
///
/// # Safety
///
/// The value lies in the object that the edge leads to, and the step on its word came to this.
#[inline(never)]
pub(crate) unsafe fn dropped<T: ?Sized>(value: NonNull<T>, edge: Edge, dropped: Dropped) {
    if let Dropped::Last(claims) = dropped
        // SAFETY: [live], by the claim.
        && unsafe { edge.object().shared() }.extension().is_none()
    {
        Mutator::with(|mutator| {
            if !has_to_wait(&mutator.nesting) {
                // SAFETY: from the caller; nobody is to be told.
                unsafe { end_plain(mutator, value, edge, claims) };
                return;
            }
            mutator
                .nesting
                .queue
                .borrow_mut()
                .push(Waiting::Drop(edge, claims));
        });
        return;
    }
    if dropped == Dropped::Candidate {
        suspect(edge);
    } else {
        // SAFETY: from the caller.
        unsafe { dropped_slowly(edge, dropped) };
    }
}

/// Ends an object whose last handle was dropped, and that nobody is to be told of: what [`end`] comes
/// to.
///
/// # Safety
///
/// The value lies in the object that the edge leads to. Its count has become zero, and it has been left
/// to the caller, with these claims; it has no extension.
#[inline]
unsafe fn end_plain<T: ?Sized>(mutator: &Mutator, value: NonNull<T>, edge: Edge, claims: Claims) {
    // SAFETY: [live], by the claim.
    let header = unsafe { edge.object().shared() };
    if !header.has(Tag::UNTRACKED) {
        mutator.released(1);
    }
    // SAFETY: [value]; nobody has a `&mut` to it, as nobody has a handle.
    let layout = Layout::for_value(unsafe { value.as_ref() });
    let free = || {
        if claims == Claims::Sole || header.word.hand_off() {
            // SAFETY: the value is gone, and nobody else has a claim.
            unsafe { memory::free(edge.object(), layout) };
        } else {
            leave_behind(mutator);
        }
    };
    if !needs_drop::<T>() {
        free();
        return;
    }
    let level = enter(&mutator.nesting);
    // SAFETY: [value], [once]: nobody else has access, and nobody gets it.
    let drop_value = AssertUnwindSafe(|| unsafe { ptr::drop_in_place(value.as_ptr()) });
    if let Err(panic) = catch_unwind(drop_value) {
        mutator.nesting.pending.note_unwound(panic);
    }
    free();
    leave(mutator, level);
    end_outermost(mutator);
}

/// An object has become a candidate.
#[inline]
fn suspect(edge: Edge) {
    Mutator::with(|mutator| {
        mutator.suspect(edge);
        if mutator.nesting.ended.get() {
            mutator.collect_last();
        }
    });
}

/// The same as [`dropped`], for whoever does not know the value's type.
///
/// # Safety
///
/// The step on the object's word came to this.
pub(super) unsafe fn dropped_slowly(edge: Edge, dropped: Dropped) {
    let waiting = match dropped {
        Dropped::Nothing => return,
        Dropped::Candidate => {
            suspect(edge);
            return;
        }
        Dropped::PinOnly => {
            process::left_to_pin(edge);
            return;
        }
        Dropped::Finalize => Waiting::Finalize(edge),
        Dropped::Last(claims) => Waiting::Drop(edge, claims),
    };
    Mutator::with(|mutator| {
        if has_to_wait(&mutator.nesting) {
            mutator.nesting.queue.borrow_mut().push(waiting);
            return;
        }
        let level = enter(&mutator.nesting);
        mutator.release(waiting);
        leave(mutator, level);
        end_outermost(mutator);
    });
}

/// Drops a handle.
///
/// # Safety
///
/// The object is [live], and one of its counts is given up by this call.
pub(crate) unsafe fn drop_handle(edge: Edge) {
    // SAFETY: [live], from the caller.
    let what = unsafe { edge.object().shared() }.word.decrement();
    // SAFETY: just so.
    unsafe { dropped_slowly(edge, what) };
}

/// Drops handles in one release, so that a panic comes after the last of them.
///
/// # Safety
///
/// As for [`drop_handle`], of each.
pub(crate) unsafe fn drop_handles(edges: Vec<Edge>) {
    if edges.is_empty() {
        return;
    }
    Mutator::with(|mutator| {
        let level = enter(&mutator.nesting);
        for edge in edges {
            // SAFETY: from the caller.
            unsafe { drop_handle(edge) };
        }
        leave(mutator, level);
        end_outermost(mutator);
    });
}

impl Releases for Mutator {
    type Waiting = Waiting;

    #[inline]
    fn nesting(&self) -> &Nesting<Waiting> {
        &self.nesting
    }

    fn release(&self, waiting: Waiting) {
        match waiting {
            // SAFETY: its count, which nobody else gives up, is that of the handle that was dropped.
            Waiting::Finalize(edge) => unsafe { finalize_and_drop(self, edge) },
            // SAFETY: its count is zero, and whoever took it away has left the object to us.
            Waiting::Drop(edge, claims) => unsafe { end(self, edge, claims) },
        }
    }

    /// Other threads collect; or this one, if there are none.
    fn collect_last(&self) {
        super::end(self);
    }
}

/// Runs the finalizers of an object whose last handle was dropped, and drops the handle then.
///
/// # Safety
///
/// The object is [live], with its [value]; one of its counts is the handle's.
unsafe fn finalize_and_drop(mutator: &Mutator, edge: Edge) {
    // SAFETY: from the caller.
    unsafe { finalize(mutator, edge.object()) };
    // SAFETY: [live], from the caller.
    let word = &unsafe { edge.object().shared() }.word;
    word.finalized();
    match word.decrement() {
        // SAFETY: the count has just become zero.
        Dropped::Last(claims) => unsafe { end(mutator, edge, claims) },
        // Resurrected.
        // SAFETY: the step came to this.
        other => unsafe { dropped_slowly(edge, other) },
    }
}

/// Runs an object's finalizers, which have not run.
///
/// # Safety
///
/// The object is [live], with its [value], and stays so; no `&mut` to it exists.
pub(super) unsafe fn finalize(mutator: &Mutator, object: Object) {
    // SAFETY: [live], from the caller.
    let info = unsafe { object.shared() }.info();
    // SAFETY: [typed], and from the caller.
    unsafe { values::finalize(&mutator.nesting, info, object) };
}

/// Tells everybody that an object is gone, drops its value, and gives up the strong handles' claim.
///
/// # Safety
///
/// The object's count has become zero, and whoever took it away has left the object to the caller.
unsafe fn end(mutator: &Mutator, edge: Edge, claims: Claims) {
    // SAFETY: [live], by the claim.
    let header = unsafe { edge.object().shared() };
    if !header.word.peek().has(Flag::Untracked) {
        mutator.released(1);
    }
    tell(mutator, edge.object());
    if !header.word.peek().has(Flag::Uninit) {
        // SAFETY: [value], [once]: nobody else has access, and nobody gets it.
        unsafe { drop_value(mutator, edge.object()) };
    }
    // SAFETY: the value is gone.
    unsafe { forget(edge, claims) };
}

/// Gives up the strong handles' claim to an object whose value is gone.
///
/// # Safety
///
/// It is the caller's to give up, with these claims.
pub(crate) unsafe fn forget(edge: Edge, claims: Claims) {
    // SAFETY: [live], by the claim.
    let word = &unsafe { edge.object().shared() }.word;
    if claims == Claims::Sole || word.hand_off() {
        // SAFETY: no buffer has the object.
        unsafe { free(edge.object()) };
    } else {
        Mutator::with(leave_behind);
    }
}

/// Gives up the claim that a collection's pin is.
///
/// # Safety
///
/// It is garbage, and its value is gone.
pub(super) unsafe fn forget_member(member: Member) {
    // No buffer gets it any more: most have it not, and need no step to settle that.
    let claims = if member.is_in_a_buffer() {
        Claims::Shared
    } else {
        Claims::Sole
    };
    // SAFETY: the value is gone, and the pin was the last claim but for a buffer's.
    unsafe { forget(member.edge, claims) };
}

/// A buffer has an object that was ended. Frees all such, if they are many.
#[cold]
#[inline(never)]
fn leave_behind(mutator: &Mutator) {
    if mutator.leave_behind() {
        detection::sweep(mutator);
    }
}

/// Gives up the claim that the strong handles and the buffer have together.
///
/// # Safety
///
/// The value is gone, or never was, and neither has one any more.
pub(crate) unsafe fn free(object: Object) {
    // SAFETY: [live], by the claim.
    let header = unsafe { object.shared() };
    let is_last = header
        .extension()
        .is_none_or(|ext| ext.weak.decrement() == WeakClaim::Last);
    if is_last {
        // SAFETY: all claims are given up.
        unsafe { free_now(object) };
    }
}

/// Frees the memory of an object.
///
/// # Safety
///
/// All claims to it have been given up.
pub(crate) unsafe fn free_now(object: Object) {
    // SAFETY: it is there until the last line.
    let header = unsafe { object.shared() };
    // SAFETY: [typed].
    let layout = unsafe { header.info().layout(object) };
    // SAFETY: nobody else knows the object any more.
    let extension = unsafe { header.take_extension() };
    if let Some((_, number)) = extension.as_deref().and_then(Extension::adopted) {
        memory::give_up_adopted(number);
    }
    drop(extension);
    // SAFETY: as above.
    unsafe { memory::free(object, layout) };
}

/// Takes the weak callbacks and weak finalizers of an object that does not upgrade any more.
pub(super) fn take_entries(object: Object) -> Vec<Arc<dyn Registered>> {
    // SAFETY: [live]: the caller releases it, or has it pinned.
    let extension = unsafe { object.shared() }.extension();
    extension.map(Extension::take_entries).unwrap_or_default()
}

/// Has the entries of weak collections leave them, of an object that does not upgrade any more.
pub(super) fn take_members(object: Object) -> Vec<Left> {
    // SAFETY: [live]: the caller releases it, or has it pinned.
    let extension = unsafe { object.shared() }.extension();
    let members = extension.map(|extension| extension.take_members(object));
    members.unwrap_or_default()
}

/// Tells everybody that an object is gone which does not upgrade any more.
fn tell(mutator: &Mutator, object: Object) {
    let members = take_members(object);
    run_all(mutator, take_entries(object));
    values::drop_each(&mutator.nesting, members);
}

/// Runs weak callbacks, in the order given.
pub(super) fn run_all(mutator: &Mutator, entries: Vec<Arc<dyn Registered>>) {
    for entry in entries {
        call_user(&mutator.nesting, || entry.run());
    }
}

/// Runs the weak callbacks of an object whose value has just been taken out of it, with the panic
/// rules of a drop.
///
/// # Safety
///
/// The object is [live], and its count is zero.
pub(crate) unsafe fn run_callbacks(object: Object) {
    Mutator::with(|mutator| {
        let level = enter(&mutator.nesting);
        tell(mutator, object);
        leave(mutator, level);
        end_outermost(mutator);
    });
}

/// Drops an object's value.
///
/// # Safety
///
/// [live], [typed], [value], [once], and nobody uses the value any more.
pub(super) unsafe fn drop_value(mutator: &Mutator, object: Object) {
    // SAFETY: from the caller.
    let info = unsafe { object.shared() }.info();
    // SAFETY: from the caller.
    unsafe { values::drop_value(&mutator.nesting, info, object) };
}
