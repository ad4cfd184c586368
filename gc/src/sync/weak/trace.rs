//! What the collector sees of weak collections.

use super::{Lent, WeakKeyMap, WeakSet, WeakValueMap};
use crate::trace::{Depth, Facts, Trace, Tracer};

// SAFETY: 1, 2: the map owns its keys alone, each in an entry, and traces each once; a key that is
// lent out is left out, as its borrower reads it too; 3: the lock of the table keeps them where they
// are, and they are only ever borrowed shared; 4: the lock is one that nobody has for long, and nobody
// waits for anything else who has it; 5: the drop glue only drops the keys, weak handles and the hasher, of
// which nothing was reported.
unsafe impl<K: Trace, V: ?Sized, S> Trace for WeakValueMap<K, V, S> {
    fn trace(&self, tracer: &mut Tracer) {
        self.table.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: as for `WeakValueMap`, of the values.
unsafe impl<K: ?Sized, V: Trace, S, C> Trace for WeakKeyMap<K, V, S, C> {
    fn trace(&self, tracer: &mut Tracer) {
        self.table.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: there is no handle in it.
unsafe impl<T: ?Sized, S, C> Trace for WeakSet<T, S, C> {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: duties 1, 2, 3 and 5 speak of reported handles, and none is: what is lent counts as held
// from outside; 4: it does nothing.
unsafe impl<A, B: ?Sized> Trace for Lent<A, B> {
    fn trace(&self, _: &mut Tracer) {}

    fn facts(_: Depth) -> Facts {
        Facts::NOTHING
    }
}
