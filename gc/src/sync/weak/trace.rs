//! What the collector sees of weak collections.

use super::{Ephemeron, Lent, WeakKeyMap, WeakSet, WeakValueMap};
use crate::trace::{Depth, Facts, Trace, Tracer};

// SAFETY: 1, 2: the map owns its keys alone, each in an entry; the collector asks for each once, and so
// does any other tracer; a key that is lent out is left out, as its borrower reads it too; 3: the lock of
// the table keeps them where they are, and they are only ever borrowed shared; 4: the lock is one that
// nobody has for long but a look, and nobody waits for anything that a look has who has it; 5: the drop
// glue only drops the keys, weak handles and the hasher, of which nothing was reported.
unsafe impl<K, V, S> Trace for WeakValueMap<K, V, S>
where
    K: Trace + Send + Sync + 'static,
    V: ?Sized + Send + Sync + 'static,
{
    fn trace(&self, tracer: &mut Tracer) {
        self.table.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: as for `WeakValueMap`, of the values; the collector may meet one by its key first.
unsafe impl<K, V, S, C> Trace for WeakKeyMap<K, V, S, C>
where
    K: ?Sized + Send + Sync + 'static,
    V: Trace + Send + Sync + 'static,
{
    fn trace(&self, tracer: &mut Tracer) {
        self.table.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::SHARED_HANDLE
    }
}

// SAFETY: all duties as for the map, to which the call goes.
unsafe impl<K, V> Trace for Ephemeron<K, V>
where
    K: ?Sized + Send + Sync + 'static,
    V: Trace + Send + Sync + 'static,
{
    fn trace(&self, tracer: &mut Tracer) {
        self.map.trace(tracer);
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
