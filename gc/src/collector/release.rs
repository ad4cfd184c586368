//! The refcount path: what happens when the last handle of an object goes.
//!
//! In order: the finalizer, weak handles cleared and their callbacks, the value, the memory. What
//! the value holds is released in its turn, depth first; beyond a fixed depth objects wait in a
//! queue, in the same order, so that chains of any length fit any stack.

use std::alloc::Layout;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use crate::finalize::Finalizers;
use crate::heap::Heap;
use crate::object::{
    Edge, Extension, Header, Member, Object, Phase, Registered, State, Tag, TypeInfo,
};
use crate::panics::discard;

/// How deep releases nest before the queue takes over. A level costs some hundred bytes of stack
/// in an optimized build.
const MAX_DEPTH: usize = 24;

const _: () = assert!(MAX_DEPTH < Heap::POSTPONING);

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
        if has_to_wait(heap) {
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
            if has_to_wait(heap) {
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
    if heap.ended.get() {
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
    if heap.depth.get() == heap.base.get() {
        super::collect_last(heap);
    }
}

/// Whether an object that is given up now has to wait for its release.
///
/// A look must find everything it has visited: a panic hook that runs in it may drop, but nothing
/// is freed.
#[inline]
fn has_to_wait(heap: &Heap) -> bool {
    heap.depth.get() >= MAX_DEPTH
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
        let waiting = enter(heap);
        // SAFETY: [value], [once]: the object is `Dying` now, and nothing leads to it.
        let drop_value = AssertUnwindSafe(|| unsafe { ptr::drop_in_place(value.as_ptr()) });
        if let Err(panic) = catch_unwind(drop_value) {
            heap.pending.note_unwound(panic);
        }
        // SAFETY: the value is gone, and the count is zero.
        unsafe { heap.free_now(object, layout) };
        leave(heap, waiting);
        end_outermost(heap);
    } else {
        // SAFETY: nobody uses the value any more, and the count is zero.
        unsafe { heap.free_now(object, layout) };
        if heap.ended.get() {
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
    let waiting = enter(heap);
    // SAFETY: from the caller.
    unsafe { release_now(heap, object) };
    leave(heap, waiting);
    end_outermost(heap);
}

/// Begins a nesting level; returns how many objects wait in the queue, on the deepest one.
#[inline]
pub(super) fn enter(heap: &Heap) -> usize {
    let depth = heap.depth.get() + 1;
    heap.depth.set(depth);
    if depth == MAX_DEPTH {
        heap.queue.borrow().len()
    } else {
        0
    }
}

/// Ends a nesting level. The deepest one releases what has been queued since it began.
#[inline]
pub(super) fn leave(heap: &Heap, waiting: usize) {
    if heap.depth.get() == MAX_DEPTH {
        drain(heap, waiting);
    }
    heap.depth.set(heap.depth.get() - 1);
}

/// The end of an outermost drop: resumes the first panic of the release, and after the thread's
/// last collection collects.
#[inline]
fn end_outermost(heap: &Heap) {
    if (heap.pending.is_some() || heap.ended.get()) && heap.depth.get() == heap.base.get() {
        end_outermost_slowly(heap);
    }
}

#[cold]
#[inline(never)]
fn end_outermost_slowly(heap: &Heap) {
    if heap.ended.get() {
        super::collect_last(heap);
    }
    if let Some(panic) = heap.pending.take() {
        // Not if that would abort, and not at the thread's end.
        if std::thread::panicking() || heap.exiting.get() {
            discard(panic);
        } else {
            resume_unwind(panic);
        }
    }
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
    heap.queue.borrow_mut().push(edge);
}

/// Releases what the queue holds beyond `waiting`. Objects queued by one release come before
/// those that waited already, in the order they were queued: depth first.
#[cold]
#[inline(never)]
pub(super) fn drain(heap: &Heap, waiting: usize) {
    let mut mark = waiting;
    let mut release_all = || {
        while let Some(edge) = next_of(heap, waiting, &mut mark) {
            let object = edge.object();
            // SAFETY: [live]: objects in the queue are held by it, and by nobody else.
            let header = unsafe { object.header() };
            if !header.is_special() {
                // SAFETY: its count is zero, the queue gave it up, and nothing needs more.
                unsafe { finish(heap, edge) };
                continue;
            }
            if header.state().phase() == Phase::Dying {
                header.set_phase(Phase::Live);
            }
            // SAFETY: the same.
            unsafe { release_now(heap, object) };
        }
    };
    // One net for all, under which each object is freed whatever its value does.
    while let Err(panic) = catch_unwind(AssertUnwindSafe(&mut release_all)) {
        heap.pending.note_unwound(panic);
    }
}

/// The next object of the queue, down to `waiting`. What was queued beyond `mark` since the last
/// one comes first, in the order in which it was queued.
#[inline]
fn next_of(heap: &Heap, waiting: usize, mark: &mut usize) -> Option<Edge> {
    let mut queue = heap.queue.borrow_mut();
    if queue.len() > *mark + 1 {
        queue[*mark..].reverse();
    }
    if queue.len() <= waiting {
        return None;
    }
    *mark = queue.len() - 1;
    queue.pop()
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

/// Calls user code in the midst of a release or a collection. A panic is kept for their end; a
/// drop or collection inside the user code resumes its own panics there.
pub(super) fn call_user(heap: &Heap, user: impl FnOnce()) {
    let pending = heap.pending.set_aside();
    let base = heap.base.replace(heap.depth.get());
    let result = catch_unwind(AssertUnwindSafe(user));
    heap.base.set(base);
    let leftover = heap.pending.put_back(pending);
    for panic in result.err().into_iter().chain(leftover) {
        heap.pending.note(panic);
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
        unsafe { drop_value(heap, header.info(), object) };
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
    let info = header.info();
    call_user(heap, || {
        let mut finalizers = Finalizers::default();
        // SAFETY: [typed], and from the caller.
        unsafe { (info.finalize)(object, &mut finalizers) };
        if let Some(panic) = finalizers.into_panic() {
            resume_unwind(panic);
        }
    });
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
    drop_members(heap, members);
}

/// Drops what has left weak collections.
pub(super) fn drop_members(heap: &Heap, members: Vec<Rc<dyn Member>>) {
    for member in members {
        call_user(heap, || drop(member));
    }
}

/// Runs weak callbacks, in the order given.
pub(super) fn run_all(heap: &Heap, entries: Vec<Rc<dyn Registered>>) {
    for entry in entries {
        call_user(heap, || entry.run());
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
        let waiting = enter(heap);
        tell(heap, object);
        leave(heap, waiting);
        end_outermost(heap);
    });
}

/// Drops an object's value.
///
/// # Safety
///
/// [live], [typed] by this record, [value], [once], and nobody uses the value any more.
#[inline]
pub(super) unsafe fn drop_value(heap: &Heap, info: &TypeInfo, object: Object) {
    // SAFETY: from the caller.
    let result = catch_unwind(AssertUnwindSafe(|| unsafe { (info.drop_value)(object) }));
    if let Err(panic) = result {
        heap.pending.note_unwound(panic);
    }
}
