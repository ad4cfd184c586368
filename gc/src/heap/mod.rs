//! The heap of one thread: the objects a collection may consider, and all the collector's state.
//!
//! It lies in a thread-local without a destructor, so that handles in other thread-locals work
//! whichever goes first; `ExitGuard` does the thread's last collection.
//!
//! No borrow of a part of the heap is ever held while user code runs: parts are `Cell`s, or
//! `RefCell`s borrowed within one small method of their own.

mod at_exit;
mod block;
mod blocks;
mod candidates;
mod chunks;
mod diagnosis;
mod generation;
mod hooks;
mod kind;
mod large;
mod local;
mod nesting;
mod numbered;
mod pacing;
mod pool;
pub(crate) mod process;
mod recent;
mod scratch;
mod segments;
pub(crate) mod shared;
mod size_class;
mod spot;
mod tally;
#[cfg(test)]
mod tests;

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::rc::{self, Rc};

pub(crate) use self::at_exit::{AtExit, RunsAtExit};
pub(crate) use self::block::Words;
pub(crate) use self::candidates::{Candidate, Candidates};
pub(crate) use self::diagnosis::Diagnosis;
pub(crate) use self::generation::{Ages, GENERATIONS, OLDEST, PERMANENT};
pub(crate) use self::hooks::Hooks;
pub(crate) use self::large::fits_address_space;
pub(crate) use self::nesting::Nesting;
pub(crate) use self::pacing::{Cause, Found, Pacing};
pub(crate) use self::scratch::{Kept, Scratch};
pub(crate) use self::spot::{Distance, OUTSIDE, Spot, Word};

use self::block::Block;
use self::kind::Local;
use self::large::Table;
use self::local::LocalPool;
use self::size_class::Class;
use crate::gc::Event;
use crate::handle::{self, Erased};
use crate::object::{Adopted, Edge, Entry, Header, Object, Phase, Tag, TypeInfo, fits_block};
use crate::trace::{Facts, Trace};

/// A collection hook.
type Hook = Rc<dyn Fn(&Event)>;
/// What gets each line of debug output.
pub(crate) type Sink = Rc<dyn Fn(&str)>;

/// Everything the collector of one thread knows. See the module.
pub(crate) struct Heap {
    pool: LocalPool,
    table: Table,
    pub(crate) candidates: Candidates,
    pub(crate) ages: Ages,
    pub(crate) pacing: Pacing,
    pub(crate) scratch: Kept,
    /// How many looks there have been.
    pub(crate) looks: Cell<u64>,
    pub(crate) diagnosis: RefCell<Diagnosis<Sink, Rc<Erased<handle::Local>>>>,
    pub(crate) hooks: RefCell<Hooks<Hook>>,
    pub(crate) at_exit: RefCell<AtExit<rc::Weak<dyn RunsAtExit>>>,
    /// The depth of a finalizer that is registered now: see [`AtExit`].
    pub(crate) exit_depth: Cell<usize>,
    /// A collection is under way; another one does nothing.
    pub(crate) collecting: Cell<bool>,
    /// The batch of condemned objects, with their birth epochs; `None` where one was freed.
    pub(crate) condemned: RefCell<Vec<Option<(Edge, u32)>>>,
    /// The places of condemned objects whose last handle went while they were pinned.
    pub(crate) pin_only: RefCell<Vec<u32>>,
    pub(crate) nesting: Nesting<Edge>,
    guarded: Cell<bool>,
}

/// Runs the thread's shutdown when its thread-locals are destroyed.
struct ExitGuard;

impl Drop for ExitGuard {
    fn drop(&mut self) {
        crate::collector::thread_exit();
    }
}

thread_local! {
    static HEAP: ManuallyDrop<Heap> = const { ManuallyDrop::new(Heap::new()) };
    static EXIT: ExitGuard = const { ExitGuard };
}

impl Heap {
    const fn new() -> Self {
        Self {
            pool: LocalPool::new(),
            table: Table::new(),
            candidates: Candidates::new(),
            ages: Ages::new(u32::MAX),
            pacing: Pacing::new(),
            scratch: Kept::new(),
            looks: Cell::new(0),
            diagnosis: RefCell::new(Diagnosis::new()),
            hooks: RefCell::new(Hooks::new()),
            at_exit: RefCell::new(AtExit::new()),
            exit_depth: Cell::new(0),
            collecting: Cell::new(false),
            condemned: RefCell::new(Vec::new()),
            pin_only: RefCell::new(Vec::new()),
            nesting: Nesting::new(),
            guarded: Cell::new(false),
        }
    }

    /// Calls `f` with this thread's heap.
    #[inline]
    pub(crate) fn with<R>(f: impl FnOnce(&Self) -> R) -> R {
        // By a pointer, because the optimizer finds its way through so small a closure only.
        let heap = HEAP.with(|heap| &raw const **heap);
        // SAFETY: `HEAP` has no destructor, so it is there as long as the thread runs.
        f(unsafe { &*heap })
    }

    /// Sees to it that the thread's end is noticed.
    pub(crate) fn guard(&self) {
        if !self.guarded.replace(true) {
            // Registering fails while the thread's locals are being destroyed: it is ending then.
            if EXIT.try_with(|_| ()).is_err() {
                self.nesting.exiting.set(true);
                self.nesting.ended.set(true);
            }
        }
    }

    /// An object of the youngest generation with one handle, whose value is `value`.
    ///
    /// Runs no user code.
    #[inline]
    pub(crate) fn make<T: Trace + 'static>(&self, value: T, facts: Facts) -> Object {
        let untracked = !facts.contains(Facts::HANDLE);
        let header = self.slot(Layout::new::<T>(), untracked, false);
        let object = Object::new(header);
        // SAFETY: new memory for a `T`.
        unsafe { object.value().cast::<T>().write(value) };
        let (info, has_finalizer) = (TypeInfo::of::<T>(), facts.contains(Facts::FINALIZER));
        let described = Header::of_value(info, untracked, has_finalizer, self.ages.now());
        // SAFETY: new memory for a header.
        unsafe { header.write(described) };
        object
    }

    /// Memory for an object whose value has this layout, in phase `Uninit` with a count of zero.
    /// The value is a slice if it has a length.
    ///
    /// Runs no user code.
    pub(crate) fn allocate(
        &self,
        info: &'static TypeInfo,
        layout: Layout,
        length: Option<usize>,
        facts: Facts,
    ) -> Object {
        let untracked = !facts.contains(Facts::HANDLE);
        let header = self.slot(layout, untracked, length.is_some());
        let described = Header::new(info, untracked, facts.contains(Facts::FINALIZER));
        // SAFETY: new memory for a header.
        unsafe { header.write(described) };
        let object = Object::new(header);
        if let Some(length) = length {
            // SAFETY: new, and allocated for a slice.
            unsafe { object.set_length(length) };
        }
        object
    }

    /// Memory for an object.
    #[inline]
    fn slot(&self, layout: Layout, untracked: bool, is_slice: bool) -> NonNull<Header> {
        let header = match Class::of(layout, !untracked, is_slice) {
            Some(class) => match self.pool.allocate(class) {
                Some(header) => header,
                None => self.slow_slot(class),
            },
            None => {
                self.guard();
                if !untracked {
                    self.pacing.turned_over(1, self.candidates.exist());
                }
                self.table.allocate(layout)
            }
        };
        if !untracked {
            self.pacing.made();
        }
        header
    }

    /// Never unwinds, and says so: see `collect_due` in the collector.
    #[cold]
    #[inline(never)]
    extern "C" fn slow_slot(&self, class: Class) -> NonNull<Header> {
        self.guard();
        let (slot, ready) = self.pool.refill(class);
        if class.is_tracked() {
            self.pacing
                .turned_over(ready as usize, self.candidates.exist());
        }
        slot
    }

    /// Makes an object whose value has just been written an ordinary one of the youngest
    /// generation, with `count` handles.
    ///
    /// # Safety
    ///
    /// The object is [live] and in phase `Uninit`; its value is written.
    pub(crate) unsafe fn publish(&self, object: Object, count: u32) {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        header.set_count(count);
        header.set_phase(Phase::Live);
        if !header.has(Tag::UNTRACKED) {
            header.set_place(self.ages.now());
        }
    }

    /// Takes an object out of what the collector considers, before its release: off the
    /// candidates, out of the counts.
    ///
    /// # Safety
    ///
    /// The object is [live].
    #[inline]
    pub(crate) unsafe fn retire(&self, object: Object) {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        if header.has(Tag::UNTRACKED) {
            return;
        }
        self.pacing.released(1);
        // SAFETY: as above.
        unsafe { self.unlist(object) };
    }

    /// Takes an object off the candidates, if it is one.
    ///
    /// # Safety
    ///
    /// The object is [live].
    #[inline]
    pub(crate) unsafe fn unlist(&self, object: Object) {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        if header.state().phase() == Phase::Candidate {
            let epoch = self.candidates.vacate(header.place());
            header.set_place(epoch);
            header.set_phase(Phase::Live);
        }
    }

    /// Makes an ordinary tracked object a candidate.
    ///
    /// # Safety
    ///
    /// The object is [live].
    #[inline]
    pub(crate) unsafe fn enlist(&self, edge: Edge) {
        // SAFETY: [live], from the caller.
        let header = unsafe { edge.object().header() };
        if header.state().phase() == Phase::Live && !header.has(Tag::UNTRACKED) {
            // SAFETY: from the caller, and just checked.
            unsafe { self.nominate(edge) };
        }
    }

    /// Makes a tracked object a candidate that is none.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, and in phase `Live`.
    pub(crate) unsafe fn nominate(&self, edge: Edge) {
        // SAFETY: [live], from the caller.
        let header = unsafe { edge.object().header() };
        let place = self.candidates.push(edge, header.place());
        header.nominate(place);
    }

    /// The same, if that takes no time; says whether it is done.
    ///
    /// # Safety
    ///
    /// As for [`nominate`](Self::nominate).
    #[inline]
    pub(crate) unsafe fn nominate_quickly(&self, edge: Edge) -> bool {
        // SAFETY: [live], from the caller.
        let header = unsafe { edge.object().header() };
        let place = self.candidates.push_quickly(edge, header.place());
        place.map(|place| header.nominate(place)).is_some()
    }

    /// Makes an untracked object a tracked one, as young as a new one. It stays that.
    ///
    /// # Safety
    ///
    /// The object is [live], has handles, and has an extension.
    pub(crate) unsafe fn adopt(&self, edge: Edge) {
        // SAFETY: [live], from the caller.
        let header = unsafe { edge.object().header() };
        if !header.has(Tag::UNTRACKED) {
            return;
        }
        if edge.is_in_block()
            && let Some(extension) = header.extension()
        {
            let adopted = Rc::new(Adopted {
                word: Cell::new(0),
                number: Cell::new(0),
            });
            let number = self.table.adopt(NonNull::from(&adopted.word));
            adopted.number.set(number);
            extension.register(Entry::Adopted(adopted));
            // SAFETY: [live], in a block.
            unsafe { Block::<Local>::of(edge.object()) }.adopt_one();
        }
        header.set_tag(Tag::UNTRACKED, false);
        // The same phase, but loud without the tag.
        header.set_phase(header.state().phase());
        header.set_place(self.ages.now());
        self.pacing.made();
    }

    /// The generation an ordinary object belongs to.
    ///
    /// # Safety
    ///
    /// The object is [live], tracked, and ordinary.
    #[inline]
    pub(crate) unsafe fn generation_of(&self, object: Object) -> usize {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        let place = header.place();
        let is_candidate = header.state().phase() == Phase::Candidate;
        let epoch = if is_candidate {
            self.candidates.epoch(place)
        } else {
            place
        };
        self.ages.generation(epoch)
    }

    /// Gives back an object's memory, or leaves it as a tombstone to its weak handles.
    ///
    /// # Safety
    ///
    /// The value is gone or was never written; no strong handle and no part of the collector
    /// holds the object.
    pub(crate) unsafe fn free(&self, object: Object) {
        // SAFETY: [live]: it is freed below at the earliest.
        let header = unsafe { object.header() };
        if header.weak_count() > 0 {
            header.set_phase(Phase::Dead);
            return;
        }
        if let Some(extension) = header.take_extension()
            && let Some((_, number)) = extension.adopted()
        {
            self.table.release(number);
        }
        // SAFETY: [live] and [typed].
        let layout = unsafe { header.info().layout(object) };
        // SAFETY: no handle of either kind is left, and the caller gives up the last claim.
        unsafe { self.free_now(object, layout) };
    }

    /// Gives back the memory of an object.
    ///
    /// # Safety
    ///
    /// The value is gone; no handle, weak ones included, and no part of the collector holds the
    /// object, and it has no extension.
    #[inline]
    pub(crate) unsafe fn free_at(&self, edge: Edge) {
        if edge.is_in_block() {
            // SAFETY: from the caller.
            unsafe { self.pool.free(edge.object()) };
        } else {
            // SAFETY: [live].
            let info = unsafe { edge.object().header() }.info();
            // SAFETY: [live] and [typed].
            let layout = unsafe { info.layout(edge.object()) };
            // SAFETY: from the caller.
            unsafe { self.table.free(edge.object(), layout) };
        }
    }

    /// The same for many objects, each of which is in there once: blocks of which nothing is left go as a
    /// whole, and their objects are not touched. Visit words in memory that stays are zero then.
    ///
    /// # Safety
    ///
    /// As for [`free_at`](Self::free_at), for each of them.
    pub(crate) unsafe fn free_all(&self, edges: &[Edge]) {
        /// From so many on, blocks may go as a whole.
        const MANY: usize = 1 << 12;
        if edges.len() < MANY || self.pool.is_frugal() {
            // SAFETY: [live] until they are freed.
            unsafe { self.clear_visit_words(edges) };
            // SAFETY: from the caller.
            edges.iter().for_each(|edge| unsafe { self.free_at(*edge) });
            return;
        }
        let runs = || edges.chunk_by(|edge, next| Block::<Local>::has_both(*edge, *next));
        let block_of = |run: &[Edge]| {
            let edge = run.first().filter(|edge| edge.is_in_block())?;
            // SAFETY: [live] until it is freed, in a block.
            Some(unsafe { Block::<Local>::of(edge.object()) })
        };
        for run in runs() {
            if let Some(block) = block_of(run) {
                block.doom(run.len());
            }
        }
        let doomed = self.pool.judge();
        let in_doomed: u32 = doomed.iter().map(|block| block.used()).sum();
        let left = edges.len() - in_doomed as usize;
        if left > 0 {
            let are_clear = self.pool.clear_visit_words_if_cheaper_than(left);
            // Doomed blocks go later, and no other is empty before its last object is freed.
            let stays = |run: &&[Edge]| !block_of(run).is_some_and(Block::is_doomed);
            // The latest first: the block to allocate from stays in any case.
            for edge in runs().rev().filter(stays).flatten().take(left) {
                // SAFETY: [live] until the next line but one.
                if !are_clear && let Some(spot) = unsafe { Self::spot(*edge) } {
                    spot.word().set(0);
                }
                // SAFETY: from the caller.
                unsafe { self.free_at(*edge) };
            }
        }
        for block in doomed {
            // SAFETY: from the caller, as it holds nothing but these.
            unsafe { self.pool.give_up(block) };
        }
    }

    /// The same for an object whose value had this layout.
    ///
    /// # Safety
    ///
    /// As for [`free_at`](Self::free_at).
    #[inline]
    pub(crate) unsafe fn free_now(&self, object: Object, layout: Layout) {
        if fits_block(layout) {
            // SAFETY: the layout says that it lies in a block; the rest from the caller.
            unsafe { self.pool.free(object) };
        } else {
            // SAFETY: the layout says that it does not; the rest from the caller.
            unsafe { self.table.free(object, layout) };
        }
    }

    /// Sets the visit words of some objects to zero, or of all if that is less work.
    ///
    /// # Safety
    ///
    /// The objects are [live].
    pub(crate) unsafe fn clear_visit_words(&self, visited: &[Edge]) {
        let skips_blocks =
            self.pool.clear_visit_words_if_cheaper_than(visited.len()) && !self.table.has_adopted();
        for edge in visited {
            if skips_blocks && edge.is_in_block() {
                continue;
            }
            // SAFETY: from the caller.
            if let Some(spot) = unsafe { Self::spot(*edge) } {
                spot.word().set(0);
            }
        }
    }

    /// Where a collection notes what it knows of an object; `None` for an untracked one.
    ///
    /// # Safety
    ///
    /// The object is [live], and stays so while the spot is used.
    #[inline]
    pub(crate) unsafe fn spot(edge: Edge) -> Option<Spot> {
        if edge.is_in_block() {
            // SAFETY: from the caller; in a block.
            unsafe { Block::<Local>::spot(edge) }
        } else {
            // SAFETY: from the caller; it has an allocation of its own.
            unsafe { Table::spot(edge.object()) }
        }
    }

    /// Where the visit words of an object's block are; `None` if that has none, or there is no block.
    ///
    /// # Safety
    ///
    /// The object is [live], and the block stays while this is used.
    #[inline]
    pub(crate) unsafe fn words(edge: Edge) -> Option<Words> {
        if !edge.is_in_block() {
            return None;
        }
        // SAFETY: from the caller; in a block.
        unsafe { Block::<Local>::of(edge.object()) }.words()
    }

    /// The visit word at the spot of that number, which an object has.
    pub(crate) fn word_at(&self, number: u32) -> u32 {
        match number.checked_sub(OUTSIDE) {
            None => self.pool.word_at(number),
            Some(slot) => self.table.word_at(slot),
        }
    }

    /// How many spots there are in blocks, and how many others.
    pub(crate) fn spots(&self) -> (usize, usize) {
        (self.pool.spots(), self.table.spots())
    }

    /// All tracked objects that are ordinary at this moment.
    pub(crate) fn tracked_objects(&self) -> Vec<Object> {
        let is_tracked = |object: &Object| {
            // SAFETY: [live]: it has just been listed.
            !unsafe { object.header() }.has(Tag::UNTRACKED)
        };
        let mut objects = self.ordinary_objects();
        objects.retain(is_tracked);
        objects
    }

    /// All objects, tracked or not, that are ordinary at this moment.
    pub(crate) fn ordinary_objects(&self) -> Vec<Object> {
        let is_ordinary = |object: &Object| {
            // SAFETY: [live]: it has just been listed.
            unsafe { object.header() }.state().is_ordinary()
        };
        let mut objects = self.all_objects();
        objects.retain(is_ordinary);
        objects
    }

    /// Every object there is memory for, whatever its phase.
    pub(crate) fn all_objects(&self) -> Vec<Object> {
        let mut objects = self.pool.objects();
        objects.extend(self.table.objects());
        objects
    }

    /// How many tracked objects there are in each generation, and how many are frozen.
    pub(crate) fn generation_sizes(&self) -> [usize; PERMANENT + 1] {
        let mut sizes = [0; PERMANENT + 1];
        for object in self.tracked_objects() {
            // SAFETY: [live], tracked and ordinary: just listed.
            sizes[unsafe { self.generation_of(object) }] += 1;
        }
        sizes
    }

    /// Notes that a collection starts: how much memory the heap has use for.
    pub(crate) fn note_size(&self) {
        self.pool.note_size();
    }

    /// Gives back the memory that was kept for later, but for a small reserve.
    pub(crate) fn give_back(&self) {
        self.pool.give_back();
        self.scratch.shrink();
    }

    /// Gives back the memory of buffers that are empty, once the thread is ending.
    pub(crate) fn shrink(&self) {
        self.pool.shrink();
        self.table.shrink();
        self.candidates.shrink();
        self.nesting.forget_room();
        self.pin_only.borrow_mut().shrink_to_fit();
        self.condemned.borrow_mut().shrink_to_fit();
        self.scratch.shrink();
        self.hooks.borrow_mut().shrink();
        self.at_exit
            .borrow_mut()
            .shrink(|finalizer| finalizer.strong_count() > 0);
    }
}
