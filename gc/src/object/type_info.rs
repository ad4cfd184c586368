//! What the collector knows of a concrete type: one static record, its functions erased.

use std::alloc::Layout;
use std::any::{TypeId, type_name};
use std::ptr::{self, NonNull};

use super::Object;
use crate::finalize::Finalizers;
use crate::trace::{Depth, Fields, Remainder, Spared, Trace, Tracer};

/// The operations on a value whose type is not known. Made once per concrete type.
///
/// Aligned so that the header can keep its tag bits in the low bits of the pointer.
#[repr(align(64))]
pub(crate) struct TypeInfo {
    /// The name of the type.
    pub(crate) name: fn() -> &'static str,
    /// The type itself.
    pub(crate) type_id: fn() -> TypeId,
    /// Size and alignment of the value, or of an element of it.
    layout: Layout,
    is_slice: bool,
    /// What `drop_sparing_all` and `drop_sparing_dead` do.
    pub(crate) remainder: Remainder,
    /// Reports the handles of the value.
    ///
    /// Safety: [live], [typed], [value], and nobody holds a `&mut` to the value.
    pub(crate) trace: unsafe fn(Object, &mut Tracer),
    /// The same, with the fields that they are in.
    ///
    /// Safety: as for `trace`.
    pub(crate) trace_fields: unsafe fn(Object, &mut Fields),
    /// Runs the finalizers of the value.
    ///
    /// Safety: as for `trace`.
    pub(crate) finalize: unsafe fn(Object, &mut Finalizers),
    /// Drops the value in place.
    ///
    /// Safety: as for `trace`, [once], and nobody uses the value afterwards.
    pub(crate) drop_value: unsafe fn(Object),
    /// Drops the value in place, but spares all handles that `trace` reports, of the heap that the record
    /// is for.
    ///
    /// Safety: as for `drop_value`, and what these lead to is freed along with this object.
    pub(crate) drop_sparing_all: unsafe fn(Object),
    /// Drops the value in place, but spares the handles that lead to dead objects.
    ///
    /// Safety: as for `drop_value`, and what these lead to is freed along with this object.
    pub(crate) drop_sparing_dead: unsafe fn(Object),
}

impl TypeInfo {
    /// The record of a sized type.
    #[inline]
    pub(crate) fn of<T: Trace + 'static>() -> &'static Self {
        Self::record::<OfSized<T>, false>(T::remainder(Depth::START))
    }

    /// That of a sized type, for objects that threads share.
    #[inline]
    pub(crate) fn of_shared<T: Trace + 'static>() -> &'static Self {
        Self::record::<OfSized<T>, true>(T::remainder(Depth::SHARED))
    }

    /// The record of a slice.
    pub(crate) fn of_slice<T: Trace + 'static>() -> &'static Self {
        Self::record::<OfSlice<T>, false>(T::remainder(Depth::START))
    }

    /// One of the three records that there may be of a type, for either heap.
    #[inline]
    fn record<S: Shape, const IS_SHARED: bool>(remainder: Remainder) -> &'static Self {
        match remainder {
            Remainder::Anything => const { &Self::with::<S, IS_SHARED>(Remainder::Anything) },
            Remainder::Bare => const { &Self::with::<S, IS_SHARED>(Remainder::Bare) },
            Remainder::Nothing => const { &Self::with::<S, IS_SHARED>(Remainder::Nothing) },
        }
    }

    const fn with<S: Shape, const IS_SHARED: bool>(remainder: Remainder) -> Self {
        Self {
            name: type_name::<S::Value>,
            type_id: TypeId::of::<S::Value>,
            layout: S::LAYOUT,
            is_slice: S::IS_SLICE,
            remainder,
            trace: trace_value::<S>,
            trace_fields: trace_fields::<S>,
            finalize: finalize_value::<S>,
            drop_value: drop_value::<S>,
            drop_sparing_all: drop_sparing_all::<S, IS_SHARED>,
            drop_sparing_dead: drop_sparing_dead::<S>,
        }
    }

    /// The record of a string slice.
    pub(crate) const fn of_str() -> &'static Self {
        const {
            &Self {
                name: type_name::<str>,
                type_id: TypeId::of::<str>,
                ..Self::bytes()
            }
        }
    }

    /// Size and alignment of a value.
    ///
    /// # Safety
    ///
    /// The object is [live] and [typed] by this record.
    #[inline]
    pub(crate) unsafe fn layout(&self, object: Object) -> Layout {
        if !self.is_slice {
            return self.layout;
        }
        // SAFETY: [live], from the caller, and it has a slice's length.
        let size = self.layout.size() * unsafe { object.length() };
        // SAFETY: the layout of an object that was allocated.
        unsafe { Layout::from_size_align_unchecked(size, self.layout.align()) }
    }

    /// Whether the value is a slice, with its length before the header.
    pub(crate) fn is_slice(&self) -> bool {
        self.is_slice
    }

    const fn bytes() -> Self {
        Self::with::<OfSlice<u8>, false>(Remainder::Nothing)
    }
}

/// How the typed pointer to a value is made from an object: the one place where an erased object
/// gets its type back.
trait Shape {
    type Value: Trace + ?Sized + 'static;
    const IS_SLICE: bool;
    /// Size and alignment of the value, or of an element of it.
    const LAYOUT: Layout;

    /// # Safety
    ///
    /// [live], and [typed] with this very shape.
    unsafe fn value(object: Object) -> NonNull<Self::Value>;
}

struct OfSized<T>(T);
struct OfSlice<T>(T);

impl<T: Trace + 'static> Shape for OfSized<T> {
    type Value = T;
    const IS_SLICE: bool = false;
    const LAYOUT: Layout = Layout::new::<T>();

    unsafe fn value(object: Object) -> NonNull<T> {
        object.value().cast()
    }
}

impl<T: Trace + 'static> Shape for OfSlice<T> {
    type Value = [T];
    const IS_SLICE: bool = true;
    const LAYOUT: Layout = Layout::new::<T>();

    unsafe fn value(object: Object) -> NonNull<[T]> {
        // SAFETY: [live], from the caller.
        let length = unsafe { object.length() };
        NonNull::slice_from_raw_parts(object.value().cast(), length)
    }
}

unsafe fn trace_value<S: Shape>(object: Object, tracer: &mut Tracer) {
    // SAFETY: [live] and [typed], from the contract of `TypeInfo::trace`.
    let value = unsafe { S::value(object) };
    // SAFETY: [value], and there is no `&mut` to it, from the same contract.
    unsafe { value.as_ref() }.trace(tracer);
}

unsafe fn trace_fields<S: Shape>(object: Object, fields: &mut Fields) {
    // SAFETY: [live] and [typed], from the contract of `TypeInfo::trace_fields`.
    let value = unsafe { S::value(object) };
    // SAFETY: [value], and there is no `&mut` to it, from the same contract.
    unsafe { value.as_ref() }.trace_fields(fields);
}

unsafe fn finalize_value<S: Shape>(object: Object, finalizers: &mut Finalizers) {
    // SAFETY: [live] and [typed], from the contract of `TypeInfo::finalize`.
    let value = unsafe { S::value(object) };
    // SAFETY: [value], and there is no `&mut` to it, from the same contract.
    unsafe { value.as_ref() }.finalize_with(finalizers);
}

unsafe fn drop_value<S: Shape>(object: Object) {
    // SAFETY: [live] and [typed], from the contract of `TypeInfo::drop_value`.
    let value = unsafe { S::value(object) };
    // SAFETY: [value] and [once], from the same contract.
    unsafe { ptr::drop_in_place(value.as_ptr()) };
}

unsafe fn drop_sparing_all<S: Shape, const IS_SHARED: bool>(object: Object) {
    // SAFETY: from the contract of `TypeInfo::drop_sparing_all`.
    unsafe { drop_rest::<S>(object, Spared::all(IS_SHARED)) };
}

unsafe fn drop_sparing_dead<S: Shape>(object: Object) {
    // SAFETY: from the contract of `TypeInfo::drop_sparing_dead`.
    unsafe { drop_rest::<S>(object, Spared::dead(object)) };
}

/// # Safety
///
/// As for [`TypeInfo::drop_value`], and what the spared handles lead to is freed along with this
/// object.
#[inline]
unsafe fn drop_rest<S: Shape>(object: Object, spared: Spared) {
    // SAFETY: [live] and [typed], from the caller.
    let mut value = unsafe { S::value(object) };
    // SAFETY: [value], and nobody else uses it, from the caller.
    let value = unsafe { value.as_mut() };
    // SAFETY: [once], and from the caller.
    unsafe { value.drop_rest(spared) };
}
