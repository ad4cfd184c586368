//! Plain owners: enums of the standard library, wrappers, ranges, arrays and collections.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::iter::once;
use std::num::{Saturating, Wrapping};
use std::ops::{
    Bound, ControlFlow, Range, RangeBounds, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive,
};
use std::task::Poll;
use std::{ptr, slice};

use crate::finalize::Finalizers;
use crate::trace::{Depth, Facts, Leaf, Remainder, Spared, Trace, Tracer};

/// `Trace` and `Leaf` for types that own values of the types `T`, given as one iterator for each
/// `T`. Parameters behind the semicolon (the hasher) are neither bounded nor traced.
macro_rules! owner {
    (@remainder $T:ident => $drop_rest:ident $own:ident) => {
        #[inline]
        fn remainder(depth: Depth) -> Remainder {
            Remainder::$own.and::<$T>(depth)
        }
    };
    (@remainder $($T:ident)+ $(; $S:ident)?) => {
        #[inline]
        fn remainder(depth: Depth) -> Remainder {
            Remainder::of_plain::<Self>()
                $(.and_without_handles::<$T>(depth))+
                $(.and_untraced::<$S>())?
        }
    };
    ($(
        [$($T:ident),+ $(; $S:ident)?] $ty:ty, |$this:ident| $($part:ident: $parts:expr),+
            $(=> $drop_rest:ident $own:ident)?;
    )+) => {$(
        // SAFETY: 1, 2: the type owns its parts alone, and the iterators yield each of them once;
        // 3, 4: `&self` makes them readable, and iterating runs no code of theirs (neither hashing
        // nor comparing) and changes nothing; 5: the drop glue only drops the parts.
        unsafe impl<$($T: Trace),+ $(, $S)?> Trace for $ty {
            #[inline]
            fn trace(&self, tracer: &mut Tracer) {
                let $this = self;
                $($parts.for_each(|part| $part::trace(part, tracer));)+
            }

            #[inline]
            fn finalize_with(&self, finalizers: &mut Finalizers) {
                let $this = self;
                $($parts.for_each(|part| $part::finalize_with(part, finalizers));)+
            }

            $(
                #[inline]
                unsafe fn drop_rest(&mut self, spared: Spared) {
                    // SAFETY: from the caller.
                    unsafe { $drop_rest(self, spared) };
                }
            )?

            #[inline]
            fn facts(depth: Depth) -> Facts {
                Facts::NOTHING$(.and::<$T>(depth))+
            }

            owner!(@remainder $($T)+ $(; $S)? $(=> $drop_rest $own)?);
        }

        impl<$($T: Leaf),+ $(, $S)?> Leaf for $ty {}
    )+};
}

owner! {
    [T] Option<T>, |this| T: this.iter() => drop_rest_of_option Nothing;
    [T, E] Result<T, E>, |this| T: this.iter(), E: this.as_ref().err().into_iter();
    [T] Poll<T>, |this| T: ready(this).into_iter();
    [B, C] ControlFlow<B, C>, |this|
        B: broken(this).into_iter(), C: continued(this).into_iter();

    [T] Reverse<T>, |this| T: once(&this.0);
    [T] Wrapping<T>, |this| T: once(&this.0);
    [T] Saturating<T>, |this| T: once(&this.0);

    [T] Bound<T>, |this| T: limit(this.as_ref()).into_iter();
    [T] Range<T>, |this| T: [&this.start, &this.end].into_iter();
    [T] RangeInclusive<T>, |this| T: [this.start(), this.end()].into_iter();
    [T] RangeFrom<T>, |this| T: once(&this.start);
    [T] RangeTo<T>, |this| T: once(&this.end);
    [T] RangeToInclusive<T>, |this| T: limit(this.end_bound()).into_iter();

    [T] Vec<T>, |this| T: this.iter() => drop_rest_of_vec Bare;
    [T] VecDeque<T>, |this| T: this.iter();
    [T] LinkedList<T>, |this| T: this.iter();
    [T] BinaryHeap<T>, |this| T: this.iter();
    [T] BTreeSet<T>, |this| T: this.iter();
    [T; S] HashSet<T, S>, |this| T: this.iter();
}

/// # Safety
///
/// As for [`Trace::drop_rest`].
#[inline]
unsafe fn drop_rest_of_option<T: Trace>(option: &mut Option<T>, spared: Spared) {
    if let Some(value) = option {
        // SAFETY: from the caller.
        unsafe { T::drop_rest(value, spared) };
    }
}

/// # Safety
///
/// As for [`Trace::drop_rest`].
#[inline]
unsafe fn drop_rest_of_vec<T: Trace>(vec: &mut Vec<T>, spared: Spared) {
    let elements: *mut [T] = vec.as_mut_slice();
    // SAFETY: fewer elements than before; what is left out is dropped below.
    unsafe { vec.set_len(0) };
    // SAFETY: the vector is not used afterwards, from the caller. Freed on a panic, too.
    let _buffer = unsafe { ptr::read(vec) };
    // SAFETY: the elements lie in the buffer.
    let elements = unsafe { &mut *elements };
    // SAFETY: from the caller.
    unsafe { <[T]>::drop_rest(elements, spared) };
}

/// Elements to be dropped but for their handles, on a panic too.
struct Elements<'a, T: Trace>(slice::IterMut<'a, T>, Spared);

impl<T: Trace> Elements<'_, T> {
    /// # Safety
    ///
    /// As for [`Trace::drop_rest`].
    #[inline]
    unsafe fn drop_rest(&mut self) {
        for element in self.0.by_ref() {
            // SAFETY: from the caller.
            unsafe { T::drop_rest(element, self.1) };
        }
    }
}

impl<T: Trace> Drop for Elements<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: they are made only where the whole slice is dropped, and yield each element once.
        unsafe { self.drop_rest() };
    }
}

/// The value of a future that is done.
fn ready<T>(poll: &Poll<T>) -> Option<&T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The value of [`ControlFlow::Break`].
fn broken<B, C>(flow: &ControlFlow<B, C>) -> Option<&B> {
    match flow {
        ControlFlow::Break(value) => Some(value),
        ControlFlow::Continue(_) => None,
    }
}

/// The value of [`ControlFlow::Continue`].
fn continued<B, C>(flow: &ControlFlow<B, C>) -> Option<&C> {
    match flow {
        ControlFlow::Continue(value) => Some(value),
        ControlFlow::Break(_) => None,
    }
}

/// The value of a bound that has one.
fn limit<T>(bound: Bound<&T>) -> Option<&T> {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    }
}

/// `Trace` and `Leaf` for maps. The hasher `S` is neither bounded nor traced.
macro_rules! map {
    ($([$K:ident, $V:ident $(; $S:ident)?] $ty:ty;)+) => {$(
        // SAFETY: 1, 2: the map owns its keys and values alone, and iterating yields each entry
        // once; 3, 4: `&self` makes them readable, and iterating neither hashes nor compares and
        // changes nothing; 5: the drop glue only drops keys, values and the hasher, of which
        // nothing was reported.
        unsafe impl<$K: Trace, $V: Trace $(, $S)?> Trace for $ty {
            #[inline]
            fn trace(&self, tracer: &mut Tracer) {
                for (key, value) in self {
                    $K::trace(key, tracer);
                    $V::trace(value, tracer);
                }
            }

            #[inline]
            fn finalize_with(&self, finalizers: &mut Finalizers) {
                for (key, value) in self {
                    $K::finalize_with(key, finalizers);
                    $V::finalize_with(value, finalizers);
                }
            }

            #[inline]
            fn facts(depth: Depth) -> Facts {
                Facts::NOTHING.and::<$K>(depth).and::<$V>(depth)
            }

            owner!(@remainder $K $V $(; $S)?);
        }

        impl<$K: Leaf, $V: Leaf $(, $S)?> Leaf for $ty {}
    )+};
}

map! {
    [K, V] BTreeMap<K, V>;
    [K, V; S] HashMap<K, V, S>;
}

// SAFETY: 1, 2: a slice is the sole owner of its elements, wherever it lies, and each is traced
// once; 3, 4: `&self` makes them readable, and reading them is all that is done; 5: the drop glue
// only drops the elements.
unsafe impl<T: Trace> Trace for [T] {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        for element in self {
            T::trace(element, tracer);
        }
    }

    #[inline]
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        for element in self {
            T::finalize_with(element, finalizers);
        }
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        let mut elements = Elements(self.iter_mut(), spared);
        // SAFETY: from the caller.
        unsafe { elements.drop_rest() };
    }
}

impl<T: Leaf> Leaf for [T] {}

// SAFETY: all duties as for `[T]`, to which the calls go.
unsafe impl<T: Trace, const N: usize> Trace for [T; N] {
    #[inline]
    fn trace(&self, tracer: &mut Tracer) {
        <[T]>::trace(self, tracer);
    }

    #[inline]
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        <[T]>::finalize_with(self, finalizers);
    }

    #[inline]
    unsafe fn drop_rest(&mut self, spared: Spared) {
        // SAFETY: from the caller.
        unsafe { <[T]>::drop_rest(self, spared) };
    }

    #[inline]
    fn remainder(depth: Depth) -> Remainder {
        Remainder::of::<T>(depth)
    }

    #[inline]
    fn facts(depth: Depth) -> Facts {
        Facts::of::<T>(depth)
    }
}

impl<T: Leaf, const N: usize> Leaf for [T; N] {}
