//! What is known of a type, whatever its value.

use std::marker::PhantomData;
use std::mem::needs_drop;

use super::Trace;

/// What the type of a value says about all values of that type.
///
/// A `Gc<T>` of a `T` that can hold no handle is never tracked, buffered or visited by the
/// collector, and costs what an `Rc<T>` costs. The question is answered from the static type by
/// [`Trace::facts`], a plain function that the optimizer folds to a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts(u8);

impl Facts {
    /// No handle and no finalizer: a leaf.
    pub const NOTHING: Self = Self(0);
    /// May hold a thread-local handle, so may be part of a cycle.
    pub const HANDLE: Self = Self(1);
    /// May hold a handle of the shared heap.
    pub const SHARED_HANDLE: Self = Self(2);
    /// Has a finalizer, or holds by value something that may have one.
    pub const FINALIZER: Self = Self(4);
    /// Nothing can be said: everything is possible.
    pub const UNKNOWN: Self = Self(7 | Self::GAVE_UP);

    /// The question went too deep. Asking on would not help, and would cost exponential time in a
    /// recursive type.
    const GAVE_UP: u8 = 8;

    /// Whether all of `other` holds here too.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both: what holds of a value made of two parts.
    #[must_use]
    #[inline]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same without [`FINALIZER`](Self::FINALIZER): what holds behind a cell, into which
    /// finalizers do not go.
    #[must_use]
    #[inline]
    pub const fn without_finalizer(self) -> Self {
        Self(self.0 & !Self::FINALIZER.0)
    }

    /// The facts of `T`, a part of the type whose `facts` were asked with `depth`.
    #[must_use]
    #[inline]
    pub fn of<T: Trace>(depth: Depth) -> Self {
        match depth.deeper() {
            Some(deeper) => T::facts(deeper),
            None => Self::UNKNOWN,
        }
    }

    /// The union with the facts of `T`, a further part of the same type.
    ///
    /// Once nothing is known any more `T` is not asked, so that a recursive type costs one
    /// descent.
    #[must_use]
    #[inline]
    pub fn and<T: Trace>(self, depth: Depth) -> Self {
        if self.0 & Self::GAVE_UP != 0 {
            return Self::UNKNOWN;
        }
        self.union(Self::of::<T>(depth))
    }
}

/// What [`Trace::drop_rest`] does, besides sparing handles: of a value made of parts, the first of
/// these that is true of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Remainder {
    /// Nothing can be said: everything is possible.
    #[default]
    Anything,
    /// It is *bare*: it runs no code but this crate's, the standard library's and its own, which
    /// does no harm, and drops no handle that it is to spare.
    Bare,
    /// Nothing, if all handles are spared: there is nothing else to drop.
    Nothing,
}

impl Remainder {
    /// That of a type whose drop glue is the standard library's alone, and which has no handles.
    #[inline]
    pub(crate) const fn of_plain<T: ?Sized>() -> Self {
        if needs_drop::<T>() {
            Self::Bare
        } else {
            Self::Nothing
        }
    }

    /// That of a part that is not traced: everything is possible, unless there is nothing to drop.
    #[must_use]
    #[inline]
    pub const fn of_untraced<T: ?Sized>() -> Self {
        if needs_drop::<T>() {
            Self::Anything
        } else {
            Self::Nothing
        }
    }

    /// That of `T`, a part of the type whose `remainder` was asked for with `depth`.
    #[must_use]
    #[inline]
    pub fn of<T: Trace>(depth: Depth) -> Self {
        match depth.deeper() {
            Some(deeper) => T::remainder(deeper),
            None => Self::Anything,
        }
    }

    /// The same with `T`, a further part of the same type.
    ///
    /// Once everything is possible `T` is not asked, so that a recursive type costs one descent.
    #[must_use]
    #[inline]
    pub fn and<T: Trace>(self, depth: Depth) -> Self {
        if self == Self::Anything {
            return self;
        }
        self.min(Self::of::<T>(depth))
    }

    /// The same for a part that is dropped with its handles: it must have none.
    #[must_use]
    #[inline]
    pub fn and_without_handles<T: Trace>(self, depth: Depth) -> Self {
        let facts = Facts::of::<T>(depth);
        if facts.contains(Facts::HANDLE) || facts.contains(Facts::SHARED_HANDLE) {
            return Self::Anything;
        }
        self.and::<T>(depth)
    }

    /// The same for a part that is not traced.
    #[must_use]
    #[inline]
    pub fn and_untraced<T: ?Sized>(self) -> Self {
        self.min(Self::of_untraced::<T>())
    }
}

/// How much deeper [`Trace::facts`] may ask into a type before it gives up with
/// [`Facts::UNKNOWN`], as it must for recursive types.
///
/// It says as well which heap the object is on: what garbage spares of its handles depends on that.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    left: u8,
    is_shared: bool,
}

impl Depth {
    /// The depth to start with, for a thread's own object.
    pub(crate) const START: Self = Self {
        left: 20,
        is_shared: false,
    };
    /// That for an object that threads share.
    pub(crate) const SHARED: Self = Self {
        is_shared: true,
        ..Self::START
    };

    fn deeper(self) -> Option<Self> {
        let left = self.left.checked_sub(1)?;
        Some(Self { left, ..self })
    }

    /// The remainder of a handle to objects that threads share, or to those of one thread.
    pub(crate) fn remainder_of_handle(self, is_shared: bool) -> Remainder {
        if self.is_shared == is_shared {
            Remainder::Nothing
        } else {
            // It is never spared.
            Remainder::Anything
        }
    }

    /// The part that this function borrows. It is not called: all that counts is the type, which is
    /// that of the field itself.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn part<V: ?Sized, T: ?Sized>(self, _: fn(&V) -> &T) -> Part<T> {
        Part {
            depth: self,
            part: PhantomData,
        }
    }
}

/// A part of a type that is asked about its parts.
///
/// All methods that the derive calls take `self`: those of the type itself go first then, whatever
/// traits are in scope. Methods that take `&self` would come after those of traits that do not.
#[doc(hidden)]
#[derive(Debug)]
pub struct Part<T: ?Sized> {
    depth: Depth,
    part: PhantomData<fn(&T)>,
}

impl<T: Trace> Part<T> {
    /// The remainder of the part, with that of others.
    #[must_use]
    #[inline]
    pub fn remainder(self, others: Remainder) -> Remainder {
        others.and::<T>(self.depth)
    }

    /// The facts of the part, with those of others.
    #[must_use]
    #[inline]
    pub fn and(self, others: Facts) -> Facts {
        others.and::<T>(self.depth)
    }
}

impl<T: ?Sized> Part<T> {
    /// See [`Remainder::and_untraced`].
    #[must_use]
    #[inline]
    pub fn remainder_untraced(self, others: Remainder) -> Remainder {
        others.and_untraced::<T>()
    }
}
