//! Tuples of one to twelve fields.

use crate::finalize::Finalizers;
use crate::trace::{Depth, Facts, Leaf, Remainder, Spared, Trace, Tracer};

/// `Trace` and `Leaf` for the tuple of these types; each comes with its field's index.
macro_rules! tuple {
    ($($T:ident $index:tt)+) => {
        // SAFETY: 1, 2: a tuple owns each field alone, and each is traced once; 3, 4: `&self`
        // makes them readable, and reading them is all that is done; 5: the drop glue of a tuple
        // only drops the fields.
        unsafe impl<$($T: Trace),+> Trace for ($($T,)+) {
            #[inline]
            fn trace(&self, tracer: &mut Tracer) {
                $($T::trace(&self.$index, tracer);)+
            }

            #[inline]
            fn finalize_with(&self, finalizers: &mut Finalizers) {
                $($T::finalize_with(&self.$index, finalizers);)+
            }

            #[inline]
            unsafe fn drop_rest(&mut self, spared: Spared) {
                // A tuple of guards is dropped in order.
                // SAFETY: from the caller, for each of the fields.
                let _guards = unsafe { ($(spared.of(&mut self.$index).rest(),)+) };
            }

            #[inline]
            fn remainder(depth: Depth) -> Remainder {
                Remainder::Nothing$(.and::<$T>(depth))+
            }

            #[inline]
            fn facts(depth: Depth) -> Facts {
                Facts::NOTHING$(.and::<$T>(depth))+
            }
        }

        impl<$($T: Leaf),+> Leaf for ($($T,)+) {}
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
