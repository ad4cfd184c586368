//! Where objects are made whose value comes later: the heaps of both kinds of handles.

use std::alloc::Layout;

use crate::collector::{self, shared};
use crate::heap::process::{AGES, Mutator};
use crate::heap::shared as memory;
use crate::heap::{Heap, fits_address_space};
use crate::object::shared::{Bits, Flag, Header};
use crate::object::{Object, Phase, TypeInfo};
use crate::trace::{Depth, Facts, Trace};

/// What an object is going to be.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) info: &'static TypeInfo,
    pub(super) facts: Facts,
    layout: Layout,
    /// The number of elements of a slice.
    length: Option<usize>,
}

impl Plan {
    pub(super) fn of<T: Trace + 'static>() -> Self {
        Self {
            info: TypeInfo::of::<T>(),
            facts: T::facts(Depth::START),
            layout: Layout::new::<T>(),
            length: None,
        }
    }

    pub(super) fn of_slice<T: Trace + 'static>(length: usize) -> Self {
        // Memory is made where nothing can unwind.
        let layout = Layout::array::<T>(length)
            .ok()
            .filter(|layout| fits_address_space(*layout));
        Self {
            info: TypeInfo::of_slice::<T>(),
            facts: Facts::of::<T>(Depth::START),
            layout: layout.expect("a slice larger than the address space"),
            length: Some(length),
        }
    }

    pub(super) fn of_str(length: usize) -> Self {
        Self {
            info: TypeInfo::of_str(),
            ..Self::of_slice::<u8>(length)
        }
    }
}

/// The heap of one kind of handles, for whoever makes an object first and writes its value then.
///
/// In between the object is *uninitialized*: not traced, not listed, no candidate, and its memory is
/// freed without dropping a value. No weak handle to it upgrades while it has no strong one.
pub(super) trait Home {
    /// An uninitialized object with so many handles. A collection may run first.
    fn allocate(plan: Plan, handles: u32) -> Object;

    /// Makes an ordinary object of an uninitialized one, with so many handles more. Says whether it
    /// was one.
    ///
    /// # Safety
    ///
    /// The object is [live], and its value has been written, and is of a type with these facts.
    unsafe fn initialize(object: Object, facts: Facts, handles: u32) -> bool;

    /// Says what an ordinary object really is.
    ///
    /// # Safety
    ///
    /// The object is [live], and its value is of the type of the plan. It is tracked if such objects are.
    unsafe fn retype(object: Object, plan: Plan);

    /// Gives up an uninitialized object, whose value never came.
    ///
    /// # Safety
    ///
    /// The object is [live], has no strong handles and never had any.
    unsafe fn abandon(object: Object);
}

/// That of a thread's own handles.
pub(crate) enum Local {}

impl Home for Local {
    fn allocate(plan: Plan, handles: u32) -> Object {
        if plan.facts.contains(Facts::HANDLE) {
            Heap::with(collector::before_allocation);
        }
        let object =
            Heap::with(|heap| heap.allocate(plan.info, plan.layout, plan.length, plan.facts));
        // SAFETY: [live]: just allocated.
        unsafe { object.header() }.set_count(handles);
        object
    }

    unsafe fn initialize(object: Object, _: Facts, handles: u32) -> bool {
        // SAFETY: [live], from the caller.
        let state = unsafe { object.header() }.state();
        let is_new = state.phase() == Phase::Uninit;
        if is_new {
            // SAFETY: [live], `Uninit`; written, from the caller.
            unsafe { Heap::with(|heap| heap.publish(object, state.count() + handles)) };
        }
        is_new
    }

    unsafe fn retype(object: Object, plan: Plan) {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.header() };
        if plan.length.is_some() == header.info().is_slice() {
            header.set_type(plan.info, plan.facts.contains(Facts::FINALIZER));
        }
    }

    unsafe fn abandon(object: Object) {
        Heap::with(|heap| {
            // SAFETY: [live], from the caller.
            unsafe { heap.retire(object) };
            // SAFETY: the value was not written, and the count is zero.
            unsafe { heap.free(object) };
        });
    }
}

/// That of the handles that threads share.
pub(crate) enum Shared {}

impl Home for Shared {
    fn allocate(plan: Plan, handles: u32) -> Object {
        let is_tracked = plan.facts.contains(Facts::SHARED_HANDLE);
        if is_tracked {
            Mutator::with(shared::before_allocation);
        }
        let header =
            memory::allocate(plan.layout, is_tracked, plan.length.is_some()).cast::<Header>();
        let object = Object::new(header.cast());
        if let Some(length) = plan.length {
            // SAFETY: new, and allocated for a slice.
            unsafe { object.set_length(length) };
        }
        let bits = Bits::new(handles, AGES.now()).with(Flag::Untracked, !is_tracked);
        let bits = bits.with(Flag::Uninit, true);
        let has_finalizer = plan.facts.contains(Facts::FINALIZER);
        // SAFETY: new memory, where `allocate` has put a header of a vacant slot.
        unsafe { header.as_ref() }.describe(plan.info, has_finalizer, bits);
        if is_tracked {
            Mutator::with(Mutator::made);
        }
        object
    }

    unsafe fn initialize(object: Object, facts: Facts, handles: u32) -> bool {
        // SAFETY: [live], from the caller.
        let word = &unsafe { object.shared() }.word;
        word.initialize(handles, AGES.now(), facts.contains(Facts::FINALIZER))
    }

    /// Whoever has another handle, and comes to the same, finds it done.
    unsafe fn retype(object: Object, plan: Plan) {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.shared() };
        let old = header.info();
        if plan.length.is_some() != old.is_slice() || (plan.info.type_id)() == (old.type_id)() {
            return;
        }
        let has_finalizer = plan.facts.contains(Facts::FINALIZER);
        header.set_type(plan.info, has_finalizer);
        if has_finalizer {
            header.word.has_finalizer();
        }
    }

    unsafe fn abandon(object: Object) {
        // SAFETY: [live], from the caller.
        if !unsafe { object.shared() }.word.peek().has(Flag::Untracked) {
            Mutator::with(|mutator| mutator.released(1));
        }
        // SAFETY: the strong handles' claim is given up; no buffer has what is uninitialized.
        unsafe { shared::free(object) };
    }
}
