//! The refcount path: what happens when the last handle of an object goes.
//!
//! In order: the finalizer, weak handles cleared and their callbacks, the value, the memory. What
//! the value holds is released in its turn, depth first; beyond a fixed depth objects wait in a
//! queue, in the same order, so that chains of any length fit any stack.

use std::alloc::Layout;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use super::nesting::{Releases, call_user, end_outermost, enter, has_to_wait, leave};
use super::values;
use crate::heap::{Heap, Nesting};
use crate::object::{Edge, Extension, Header, Member, Object, Phase, Registered, State, Tag};

/// A handle was dropped: it was the last one, or the object is loud.
///
/// # Safety
///
/// The value lies in an object, which is [live], and whose count has just been decremented.
#[inline(never)]
pub(crate) unsafe fn dropped<T: ?Sized>(value: NonNull<T>) {
    // SAFETY: from the caller.
    let object = unsafe { Object::of_value(value) };
    // SAFETY: [live], from the caller.
    let header = unsafe { object.header() };
    Heap::with(|heap| {
        let Some(last) = header.state().last_dropped() else {
            // SAFETY: [live], from the caller.
            unsafe { suspect(heap, object, value) };
            return;
        };
        header.set_state(last);
        if has_to_wait(&heap.nesting) {
            // SAFETY: there is no `&mut` to the value, as there is no handle.
            let layout = Layout::for_value(unsafe { value.as_ref() });
            // SAFETY: the count is zero, and nothing else holds the object.
            unsafe { postpone(heap, Edge::new(object, layout)) };
        } else if header.is_plain() {
            // SAFETY: the same.
            unsafe { release_plain(heap, object, value) };
        } else {
            // SAFETY: the same.
            unsafe { release_special(heap, object) };
        }
    });
}

/// Drops a handle whose type is not known.
///
/// # Safety
///
/// The object is [live] and has its [value]; one of its counts is given up by this call.
pub(crate) unsafe fn drop_erased(object: Object) {
    // SAFETY: [live], from the caller.
    let header = unsafe { object.header() };
    // SAFETY: [live] and [typed], from the caller.
    let edge = Edge::new(object, unsafe { header.info().layout(object) });
    header.set_state(header.state().decremented());
    if header.state().was_dropped_quietly() {
        return;
    }
    Heap::with(|heap| {
        if let Some(last) = header.state().last_dropped() {
            header.set_state(last);
            if has_to_wait(&heap.nesting) {
                // SAFETY: the count is zero, and nothing else holds the object.
                unsafe { postpone(heap, edge) };
            } else {
                // SAFETY: the same.
                unsafe { release_special(heap, object) };
            }
        } else {
            // SAFETY: [live]: it has other handles.
            unsafe { suspect_edge(heap, edge) };
        }
    });
}

/// A handle was dropped from a loud object that has others.
///
/// # Safety
///
/// The value lies in this object, which is [live].
#[inline(never)]
unsafe fn suspect<T: ?Sized>(heap: &Heap, object: Object, value: NonNull<T>) {
    // SAFETY: [live]; the value is not read, and nobody has a `&mut` to it, as there were two
    // handles a moment ago.
    let layout = Layout::for_value(unsafe { value.as_ref() });
    // SAFETY: [live], and loud.
    unsafe { suspect_edge(heap, Edge::new(object, layout)) };
}

/// Something was given up that may have been the last to keep garbage: after the thread's last
/// collection, nobody else collects it.
#[inline]
pub(crate) fn given_up(heap: &Heap) {
    if heap.nesting.ended.get() {
        dropped_after_the_end(heap);
    }
}

/// The same as [`suspect`], where the value's type is not known.
///
/// # Safety
///
/// The object is [live], and loud.
#[inline]
unsafe fn suspect_edge(heap: &Heap, edge: Edge) {
    // SAFETY: [live], from the caller.
    let header = unsafe { edge.object().header() };
    let is_ordinary = header.state().phase() == Phase::Live && !heap.nesting.ended.get();
    // SAFETY: [live], and loud, so tracked.
    if !is_ordinary || !unsafe { heap.nominate_quickly(edge) } {
        // SAFETY: from the caller.
        unsafe { suspect_slowly(heap, edge) };
    }
}

/// The same in any case.
///
/// # Safety
///
/// As for [`suspect_edge`].
#[cold]
#[inline(never)]
unsafe fn suspect_slowly(heap: &Heap, edge: Edge) {
    // SAFETY: [live], from the caller.
    let header = unsafe { edge.object().header() };
    if header.state().phase() == Phase::Condemned {
        condemned_dropped(heap, header);
        return;
    }
    // SAFETY: [live], and loud, but not condemned.
    unsafe { heap.nominate(edge) };
    given_up(heap);
}

/// A handle was dropped from a condemned object: perhaps nothing but its pin is left.
#[cold]
#[inline(never)]
fn condemned_dropped(heap: &Heap, header: &Header) {
    if header.state().count() == 1 {
        heap.pin_only.borrow_mut().push(header.place());
    }
}

/// No allocation may come any more that would start a collection.
#[cold]
#[inline(never)]
fn dropped_after_the_end(heap: &Heap) {
    if heap.nesting.depth.get() == heap.nesting.base.get() {
        super::collect_last(heap);
    }
}

/// Releases an object that has no finalizer and nobody to tell: what [`release_now`] comes to.
///
/// # Safety
///
/// The value lies in this object, whose count has just become zero; nothing else holds it, and it
/// is plain.
#[inline(never)]
unsafe fn release_plain<T: ?Sized>(heap: &Heap, object: Object, value: NonNull<T>) {
    // SAFETY: [live].
    unsafe { heap.retire(object) };
    // SAFETY: [value]; there is no `&mut` to it, as there is no handle.
    let layout = Layout::for_value(unsafe { value.as_ref() });
    if needs_drop::<T>() {
        // SAFETY: [live].
        unsafe { object.header() }.set_state(State::DYING);
        let waiting = enter(&heap.nesting);
        // SAFETY: [value], [once]: the object is `Dying` now, and nothing leads to it.
        let drop_value = AssertUnwindSafe(|| unsafe { ptr::drop_in_place(value.as_ptr()) });
        if let Err(panic) = catch_unwind(drop_value) {
            heap.nesting.pending.note_unwound(panic);
        }
        // SAFETY: the value is gone, and the count is zero.
        unsafe { heap.free_now(object, layout) };
        leave(heap, waiting);
        end_outermost(heap);
    } else {
        // SAFETY: nobody uses the value any more, and the count is zero.
        unsafe { heap.free_now(object, layout) };
        if heap.nesting.ended.get() {
            end_outermost(heap);
        }
    }
}

/// # Safety
///
/// The object's count has become zero, and nothing else holds it.
#[cold]
#[inline(never)]
unsafe fn release_special(heap: &Heap, object: Object) {
    let waiting = enter(&heap.nesting);
    // SAFETY: from the caller.
    unsafe { release_now(heap, object) };
    leave(heap, waiting);
    end_outermost(heap);
}

/// Queues an object whose count is zero. Until its turn it is no candidate and does not upgrade.
///
/// # Safety
///
/// The object's count has become zero, and nothing else holds it.
#[inline(never)]
unsafe fn postpone(heap: &Heap, edge: Edge) {
    // SAFETY: [live], from the caller.
    unsafe { heap.unlist(edge.object()) };
    // SAFETY: as above.
    let header = unsafe { edge.object().header() };
    // One without a value must not be taken for one that has it.
    if header.state().phase() != Phase::Uninit {
        header.set_state(State::DYING);
    }
    heap.nesting.queue.borrow_mut().push(edge);
}

impl Releases for Heap {
    type Waiting = Edge;

    #[inline]
    fn nesting(&self) -> &Nesting<Edge> {
        &self.nesting
    }

    #[inline]
    fn release(&self, edge: Edge) {
        // SAFETY: [live]: objects in the queue are held by it, and by nobody else.
        let header = unsafe { edge.object().header() };
        if !header.is_special() {
            // SAFETY: its count is zero, the queue gave it up, and nothing needs more.
            unsafe { finish(self, edge) };
            return;
        }
        if header.state().phase() == Phase::Dying {
            header.set_phase(Phase::Live);
        }
        // SAFETY: the same.
        unsafe { release_now(self, edge.object()) };
    }

    fn collect_last(&self) {
        super::collect_last(self);
    }
}

/// Ends the release of an object that has waited, without finalizer and weak handles.
///
/// # Safety
///
/// The object is [live], its count is zero, it is in phase `Dying` or `Uninit`, and nothing holds
/// it.
#[inline]
unsafe fn finish(heap: &Heap, edge: Edge) {
    /// Frees the object, on a panic too.
    struct Free<'h>(&'h Heap, Edge);
    impl Drop for Free<'_> {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the value is gone, or never was; there are no handles.
            unsafe { self.0.free_at(self.1) };
        }
    }
    // SAFETY: [live], from the caller.
    let header = unsafe { edge.object().header() };
    if !header.has(Tag::UNTRACKED) {
        heap.pacing.released(1);
    }
    let _free = Free(heap, edge);
    if header.state().phase() == Phase::Dying {
        // SAFETY: [typed]; [value], [once]: it is `Dying`, and nothing leads to it.
        unsafe { (header.info().drop_value)(edge.object()) };
    }
}

/// # Safety
///
/// The object's count is zero, and nothing else holds it; it is ordinary, or not built yet.
pub(super) unsafe fn release_now(heap: &Heap, object: Object) {
    // SAFETY: [live]: the caller holds the object.
    let header = unsafe { object.header() };
    let has_value = header.state().phase() != Phase::Uninit;
    if has_value && header.is_to_finalize() {
        header.set_count(1);
        header.set_tag(Tag::STANDS_IN, true);
        // SAFETY: [live], [value]: one count stands in for the handle that is gone.
        unsafe { finalize(heap, object) };
        header.set_tag(Tag::STANDS_IN, false);
        let left = header.state().count() - 1;
        header.set_count(left);
        if left > 0 {
            // Resurrected, and no drop of a handle need follow that would make it a candidate.
            // SAFETY: [live] and [typed]: it has handles.
            let layout = unsafe { header.info().layout(object) };
            // SAFETY: [live].
            unsafe { heap.enlist(Edge::new(object, layout)) };
            return;
        }
    }
    // SAFETY: [live].
    unsafe { heap.retire(object) };
    header.set_phase(Phase::Dying);
    tell(heap, object);
    if has_value {
        // SAFETY: [value], [once]: the object is `Dying` now, and nothing leads to it.
        unsafe { values::drop_value(&heap.nesting, header.info(), object) };
    }
    // SAFETY: the value is gone, and the count is zero.
    unsafe { heap.free(object) };
}

/// Runs an object's finalizers, for the first and last time.
///
/// # Safety
///
/// The object is [live], has its [value], and no `&mut` to it exists.
pub(super) unsafe fn finalize(heap: &Heap, object: Object) {
    // SAFETY: [live], from the caller.
    let header = unsafe { object.header() };
    header.set_tag(Tag::FINALIZED, true);
    // SAFETY: [typed], and from the caller.
    unsafe { values::finalize(&heap.nesting, header.info(), object) };
}

/// Takes the weak callbacks and weak finalizers of an object that does not upgrade any more.
pub(super) fn take_entries(object: Object) -> Vec<Rc<dyn Registered>> {
    // SAFETY: [live]: the caller releases it, or has it pinned.
    let extension = unsafe { object.header() }.extension();
    extension.map(Extension::take_entries).unwrap_or_default()
}

/// Has the entries of weak collections leave them, of an object that does not upgrade any more.
pub(super) fn take_members(object: Object) -> Vec<Rc<dyn Member>> {
    // SAFETY: [live]: the caller releases it, or has it pinned.
    let extension = unsafe { object.header() }.extension();
    let members = extension.map(|extension| extension.take_members(object));
    members.unwrap_or_default()
}

/// Tells everybody that an object is gone which does not upgrade any more.
fn tell(heap: &Heap, object: Object) {
    let members = take_members(object);
    run_all(heap, take_entries(object));
    values::drop_each(&heap.nesting, members);
}

/// Runs weak callbacks, in the order given.
pub(super) fn run_all(heap: &Heap, entries: Vec<Rc<dyn Registered>>) {
    for entry in entries {
        call_user(&heap.nesting, || entry.run());
    }
}

/// Runs the weak callbacks of an object whose value has just been taken out of it, with the panic
/// rules of a drop.
///
/// # Safety
///
/// The object is [live], in phase `Dying`.
pub(crate) unsafe fn run_callbacks(object: Object) {
    Heap::with(|heap| {
        let waiting = enter(&heap.nesting);
        tell(heap, object);
        leave(heap, waiting);
        end_outermost(heap);
    });
}
