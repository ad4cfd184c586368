//! Numbers, characters and markers: leaves.

use std::alloc::Layout;
use std::any::TypeId;
use std::cmp::Ordering;
use std::convert::Infallible;
use std::hash::{BuildHasherDefault, DefaultHasher, RandomState};
use std::marker::{PhantomData, PhantomPinned};
use std::mem::Discriminant;
use std::num::{
    FpCategory, IntErrorKind, NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128,
    NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
    ParseFloatError, ParseIntError, TryFromIntError,
};
use std::ops::RangeFull;
use std::sync::atomic;

leaf! { (), bool, char, f32, f64 }
leaf! { u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize }
leaf! { NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize }
leaf! { NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize }
leaf! { ParseIntError, ParseFloatError, TryFromIntError, IntErrorKind, FpCategory }
leaf! { Ordering, RangeFull, Infallible, PhantomPinned, Layout, TypeId }

leaf! { impl[T: ?Sized] PhantomData<T> }
leaf! { impl[T] Discriminant<T> }

// Hashers hold keys and states, never handles.
leaf! { RandomState, DefaultHasher }
leaf! { impl[H] BuildHasherDefault<H> }

leaf! { atomic::Ordering }
#[cfg(target_has_atomic = "8")]
leaf! { atomic::AtomicBool, atomic::AtomicU8, atomic::AtomicI8 }
#[cfg(target_has_atomic = "16")]
leaf! { atomic::AtomicU16, atomic::AtomicI16 }
#[cfg(target_has_atomic = "32")]
leaf! { atomic::AtomicU32, atomic::AtomicI32 }
#[cfg(target_has_atomic = "64")]
leaf! { atomic::AtomicU64, atomic::AtomicI64 }
#[cfg(target_has_atomic = "ptr")]
leaf! { atomic::AtomicUsize, atomic::AtomicIsize }
#[cfg(target_has_atomic = "ptr")]
leaf! { impl[T] atomic::AtomicPtr<T> }
