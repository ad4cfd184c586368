//! The shared heap as a look at its objects needs it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard};

use crate::collector::domain::Domain;
use crate::heap::process::{self, AGES, Detector};
use crate::heap::shared as memory;
use crate::heap::{Kept, Spot, Words};
use crate::object::shared::{Flag, Members, Pair};
use crate::object::{Edge, Object, Tag, TypeInfo};
use crate::trace::{Guards, Tracer};

impl Domain for Detector {
    const IS_SHARED: bool = true;

    type Commit = MutexGuard<'static, ()>;

    type Map = Arc<dyn Members>;

    type Pair = Arc<dyn Pair>;

    #[inline]
    unsafe fn spot(edge: Edge) -> Option<Spot> {
        // SAFETY: from the caller.
        unsafe { memory::spot(edge) }
    }

    #[inline]
    unsafe fn words(edge: Edge) -> Option<Words> {
        // SAFETY: from the caller.
        unsafe { memory::words(edge) }
    }

    fn begin(&self) -> u64 {
        self.looks.set(self.looks.get() + 1);
        self.looks.get()
    }

    unsafe fn clear_visit_words(&self, visited: &[Edge]) {
        // SAFETY: from the caller.
        unsafe { memory::clear_visit_words(visited) };
    }

    fn word_at(&self, number: u32) -> u32 {
        let view = self.view.borrow();
        // SAFETY: a look asks for the objects that it has visited, which are pinned since before the view
        // was taken.
        view.as_ref()
            .map_or(0, |view| unsafe { view.word_at(number) })
    }

    fn spots(&self) -> (usize, usize) {
        let view = memory::view();
        let sizes = view.sizes();
        self.view.replace(Some(view));
        sizes
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }

    fn tracer() -> Tracer {
        Tracer {
            is_shared: true,
            shared_maps: Some(Vec::new()),
            guards: Some(Guards::default()),
            ..Tracer::new()
        }
    }

    #[inline]
    fn maps(tracer: &mut Tracer) -> &mut Option<Vec<Self::Map>> {
        &mut tracer.shared_maps
    }

    #[inline]
    fn edges(tracer: &mut Tracer) -> &mut Vec<Edge> {
        &mut tracer.shared_edges
    }

    #[inline]
    unsafe fn info(object: Object) -> &'static TypeInfo {
        // SAFETY: from the caller.
        unsafe { object.shared() }.info()
    }

    #[inline]
    unsafe fn is_special(object: Object) -> bool {
        // SAFETY: from the caller.
        let header = unsafe { object.shared() };
        header.has(Tag::HAS_FINALIZER) || header.extension().is_some()
    }

    #[inline]
    unsafe fn count(object: Object) -> u32 {
        // SAFETY: from the caller.
        unsafe { object.shared() }.word.read().count()
    }

    fn before(&self, oldest: usize) -> u32 {
        AGES.before(oldest)
    }

    #[inline]
    unsafe fn is_entered(object: Object, after: u32) -> bool {
        // SAFETY: from the caller.
        unsafe { object.shared() }.word.peek().epoch() > after
    }

    #[inline]
    unsafe fn pin(edge: Edge) -> bool {
        // SAFETY: from the caller.
        unsafe { edge.object().shared() }.word.pin().is_some()
    }

    /// A panic goes no further: what the value has reported so far is right, and it counts as held
    /// from outside.
    unsafe fn trace(&self, info: &TypeInfo, object: Object, tracer: &mut Tracer) {
        // SAFETY: from the caller.
        let trace = AssertUnwindSafe(|| unsafe { (info.trace)(object, tracer) });
        if let Err(panic) = catch_unwind(trace) {
            self.panics.borrow_mut().push(panic);
            tracer.is_incomplete = true;
        }
        // A handle of a thread is a root for all others.
        tracer.edges.clear();
    }

    #[inline]
    unsafe fn may_be_key(object: Object) -> bool {
        // SAFETY: from the caller.
        unsafe { object.shared() }.extension().is_some()
    }

    unsafe fn ephemerons_of(&self, key: Object, guards: &mut Guards) -> Vec<Self::Pair> {
        // SAFETY: from the caller.
        let Some(extension) = unsafe { key.shared() }.extension() else {
            return Vec::new();
        };
        // SAFETY: we are the detector, which is not given up before the look ends.
        unsafe { extension.pairs(key, guards) }
    }

    unsafe fn ephemerons_in(&self, map: Self::Map, guards: &mut Guards) -> Vec<Self::Pair> {
        // SAFETY: as above.
        unsafe { map.pairs(guards) }
    }

    /// What is lent is not in the list: it is lent, and given back, under the lock that is kept.
    fn is_lent(_: &Self::Pair) -> bool {
        false
    }

    /// A panic goes no further: the value is left out, as if it were lent.
    fn trace_value(&self, pair: &Self::Pair, tracer: &mut Tracer) -> bool {
        let panic = catch_unwind(AssertUnwindSafe(|| pair.trace(tracer))).err();
        tracer.edges.clear();
        let is_done = panic.is_none();
        self.panics.borrow_mut().extend(panic);
        is_done
    }

    fn commit(&self) -> MutexGuard<'static, ()> {
        process::commit()
    }

    #[inline]
    unsafe fn is_touched(object: Object) -> bool {
        // SAFETY: from the caller.
        unsafe { object.shared() }.word.read().has(Flag::Touched)
    }
}
