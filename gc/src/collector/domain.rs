//! What the heap of a thread and the heap that threads share mean to a look at their objects.

use std::ops::Deref;
use std::rc::Rc;

use crate::heap::{Heap, Kept, Spot, Words};
use crate::object::{Edge, Ephemeron, EphemeronMap, Extension, Object, Phase, TypeInfo};
use crate::trace::{Guards, Tracer};

/// A heap, as a look at its objects needs it.
pub(super) trait Domain {
    /// Whether other threads go on meanwhile. Then every object is pinned before it is visited, and
    /// the counts are read when all have been looked into.
    const IS_SHARED: bool;

    /// Keeps upgrades of weak handles off, if anybody else could make them.
    type Commit;

    /// A map of ephemerons. It is told from others by its address.
    type Map: Deref;

    /// An ephemeron.
    type Pair: Deref<Target: Ephemeron>;

    /// See [`Heap::spot`].
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn spot(edge: Edge) -> Option<Spot>;

    /// Where the visit words of an object's block are; `None` if that has none, or there is no block.
    ///
    /// # Safety
    ///
    /// The object is [live], and the block stays while this is used.
    unsafe fn words(edge: Edge) -> Option<Words>;

    /// Calls `then` with the [`spot`](Self::spot) of an object, quicker if that lies in the block of `near`:
    /// that of the object which was asked about before, if any.
    ///
    /// # Safety
    ///
    /// The object is [live], and the block of `near` is still there.
    #[inline]
    unsafe fn at_spot<R>(near: &mut Words, edge: Edge, then: impl FnOnce(Option<Spot>) -> R) -> R {
        if !near.are_of(edge) {
            // SAFETY: from the caller.
            let Some(words) = (unsafe { Self::words(edge) }) else {
                // SAFETY: from the caller.
                return then(unsafe { Self::spot(edge) });
            };
            *near = words;
        }
        // SAFETY: from the caller; in this block.
        then(Some(unsafe { near.spot(edge) }))
    }

    /// Begins a look; returns its number.
    fn begin(&self) -> u64;

    /// Sets the visit words of objects to zero.
    ///
    /// # Safety
    ///
    /// They are [live].
    unsafe fn clear_visit_words(&self, visited: &[Edge]);

    /// The visit word at the spot of that number, which an object has.
    fn word_at(&self, number: u32) -> u32;

    /// How many spots there are in blocks, and how many others. Then [`word_at`](Self::word_at) knows of
    /// those.
    fn spots(&self) -> (usize, usize);

    /// Where vectors are kept between looks.
    fn kept(&self) -> &Kept;

    /// A tracer that asks for maps of ephemerons.
    fn tracer() -> Tracer;

    /// The maps that were reported.
    fn maps(tracer: &mut Tracer) -> &mut Option<Vec<Self::Map>>;

    /// The handles of this heap that were reported.
    fn edges(tracer: &mut Tracer) -> &mut Vec<Edge>;

    /// What is known of its type.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn info(object: Object) -> &'static TypeInfo;

    /// Whether the object has a finalizer, or an extension.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn is_special(object: Object) -> bool;

    /// How many handles there are, the pins of the collector among them.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn count(object: Object) -> u32;

    /// The last birth epoch of objects that are older than the generations up to `oldest`, or frozen: 0
    /// if there are none.
    fn before(&self, oldest: usize) -> u32;

    /// Whether an object that a handle leads to is ordinary, and born after an epoch. No candidate that
    /// was is asked about: all have been visited before.
    ///
    /// # Safety
    ///
    /// The object is [live] and tracked.
    unsafe fn is_entered(object: Object, after: u32) -> bool;

    /// Pins an object that a handle leads to. Not if it is in other hands: then it is not visited.
    ///
    /// # Safety
    ///
    /// The object is [live] and tracked.
    unsafe fn pin(edge: Edge) -> bool;

    /// Has the handles of a value reported.
    ///
    /// # Safety
    ///
    /// As for [`TypeInfo::trace`].
    unsafe fn trace(&self, info: &TypeInfo, object: Object, tracer: &mut Tracer);

    /// Whether an object may be the key of ephemerons.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn may_be_key(object: Object) -> bool;

    /// The ephemerons whose key an object is. The locks of their maps are kept in `guards`.
    ///
    /// # Safety
    ///
    /// The object is [live], and the guards are let go before the look ends.
    unsafe fn ephemerons_of(&self, key: Object, guards: &mut Guards) -> Vec<Self::Pair>;

    /// The ephemerons of a map, whose lock is kept in `guards`.
    ///
    /// # Safety
    ///
    /// The guards are let go before the look ends.
    unsafe fn ephemerons_in(&self, map: Self::Map, guards: &mut Guards) -> Vec<Self::Pair>;

    /// Whether somebody else has an ephemeron of that list: then its value is held from outside.
    fn is_lent(pair: &Self::Pair) -> bool;

    /// Has the handles of a value reported. Says whether that was done.
    fn trace_value(&self, pair: &Self::Pair, tracer: &mut Tracer) -> bool;

    /// See [`Commit`](Self::Commit).
    fn commit(&self) -> Self::Commit;

    /// Whether a handle to an object has come into being since it was pinned.
    ///
    /// # Safety
    ///
    /// The object is [live].
    unsafe fn is_touched(object: Object) -> bool;
}

impl Domain for Heap {
    const IS_SHARED: bool = false;

    type Commit = ();

    type Map = Rc<dyn EphemeronMap>;

    type Pair = Rc<dyn Ephemeron>;

    #[inline]
    unsafe fn spot(edge: Edge) -> Option<Spot> {
        // SAFETY: from the caller.
        unsafe { Self::spot(edge) }
    }

    #[inline]
    unsafe fn words(edge: Edge) -> Option<Words> {
        // SAFETY: from the caller.
        unsafe { Self::words(edge) }
    }

    fn begin(&self) -> u64 {
        self.looks.set(self.looks.get() + 1);
        self.looks.get()
    }

    unsafe fn clear_visit_words(&self, visited: &[Edge]) {
        // SAFETY: from the caller.
        unsafe { self.clear_visit_words(visited) };
    }

    #[inline]
    fn word_at(&self, number: u32) -> u32 {
        self.word_at(number)
    }

    fn spots(&self) -> (usize, usize) {
        self.spots()
    }

    fn kept(&self) -> &Kept {
        &self.scratch
    }

    fn tracer() -> Tracer {
        Tracer {
            maps: Some(Vec::new()),
            ..Tracer::new()
        }
    }

    #[inline]
    fn maps(tracer: &mut Tracer) -> &mut Option<Vec<Self::Map>> {
        &mut tracer.maps
    }

    #[inline]
    fn edges(tracer: &mut Tracer) -> &mut Vec<Edge> {
        &mut tracer.edges
    }

    #[inline]
    unsafe fn info(object: Object) -> &'static TypeInfo {
        // SAFETY: from the caller.
        unsafe { object.header() }.info()
    }

    #[inline]
    unsafe fn is_special(object: Object) -> bool {
        // SAFETY: from the caller.
        unsafe { object.header() }.is_special()
    }

    #[inline]
    unsafe fn count(object: Object) -> u32 {
        // SAFETY: from the caller.
        unsafe { object.header() }.state().count()
    }

    fn before(&self, oldest: usize) -> u32 {
        self.ages.before(oldest)
    }

    #[inline]
    unsafe fn is_entered(object: Object, after: u32) -> bool {
        // SAFETY: from the caller.
        let header = unsafe { object.header() };
        header.state().phase() == Phase::Live && header.place() > after
    }

    #[inline]
    unsafe fn pin(_: Edge) -> bool {
        true
    }

    #[inline]
    unsafe fn trace(&self, info: &TypeInfo, object: Object, tracer: &mut Tracer) {
        // SAFETY: from the caller.
        unsafe { (info.trace)(object, tracer) };
    }

    #[inline]
    unsafe fn may_be_key(object: Object) -> bool {
        // SAFETY: from the caller.
        unsafe { object.header() }.is_extended()
    }

    unsafe fn ephemerons_of(&self, key: Object, _: &mut Guards) -> Vec<Self::Pair> {
        // SAFETY: from the caller.
        let extension = unsafe { key.header() }.extension();
        extension.map(Extension::ephemerons).unwrap_or_default()
    }

    unsafe fn ephemerons_in(&self, map: Self::Map, _: &mut Guards) -> Vec<Self::Pair> {
        map.ephemerons()
    }

    /// One count is the map's and one our own: what is lent to somebody is held from outside, and so is
    /// what somebody is reading, up the stack, who will be the one to drop it.
    fn is_lent(pair: &Self::Pair) -> bool {
        Rc::strong_count(pair) > 2
    }

    fn trace_value(&self, pair: &Self::Pair, tracer: &mut Tracer) -> bool {
        pair.trace(tracer);
        true
    }

    fn commit(&self) {}

    #[inline]
    unsafe fn is_touched(_: Object) -> bool {
        false
    }
}
