//! What keeps the compiler from complaining twice.

use super::{Facts, Part, PartMut, Remainder};

/// What the derive asks of a part that is not `Trace`, where its call of `Trace::trace` does not
/// compile: so that the compiler complains once. No program that compiles comes here, as the methods
/// of the types themselves go first.
#[doc(hidden)]
pub trait NotTrace: Sized {
    /// Instead of [`PartMut::rest`].
    ///
    /// # Safety
    ///
    /// None.
    unsafe fn rest(self) {}

    /// Instead of [`Part::remainder`].
    fn remainder(self, others: Remainder) -> Remainder {
        let _ = others;
        Remainder::Anything
    }

    /// Instead of [`Part::and`].
    fn and(self, others: Facts) -> Facts {
        let _ = others;
        Facts::UNKNOWN
    }

    /// Instead of the report of a field.
    fn report(self) {}
}

impl<T: ?Sized> NotTrace for PartMut<'_, T> {}
impl<T: ?Sized> NotTrace for Part<T> {}
