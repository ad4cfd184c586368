//! What the collector sees of weak collections.

use std::rc::Rc;

use super::{Ephemeron, Lent, WeakKeyMap, WeakSet, WeakValueMap};
use crate::trace::{Depth, Facts, Trace, Tracer};

// SAFETY: 1, 2: the map owns its keys alone, each in an entry, and traces each once; a key that is
// lent out is left out, as its borrower reads it too; 3: they are only ever borrowed shared;
// 4: cloning and dropping the count of an entry, which stays in its table, changes nothing that is
// seen; 5: the drop glue only drops the keys, weak handles and the hasher, of which nothing was
// reported.
unsafe impl<K: Trace, V: ?Sized, S> Trace for WeakValueMap<K, V, S> {
    fn trace(&self, tracer: &mut Tracer) {
        self.table.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

// SAFETY: 1, 2: the map owns its values alone, each in an entry; the collector asks for each once,
// wherever it meets it first, and leaves out what is lent; 3: they are only ever borrowed shared;
// 4, 5: as for `WeakValueMap`.
unsafe impl<K: ?Sized + 'static, V: Trace + 'static, S, C> Trace for WeakKeyMap<K, V, S, C> {
    fn trace(&self, tracer: &mut Tracer) {
        match &mut tracer.maps {
            Some(maps) => {
                maps.push(Rc::clone(&self.table) as _);
                tracer.has_maps = true;
            }
            None => self.table.trace(tracer),
        }
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

// SAFETY: all duties as for the map, to which the call goes.
unsafe impl<T: ?Sized + 'static, S, C> Trace for WeakSet<T, S, C> {
    fn trace(&self, tracer: &mut Tracer) {
        self.map.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
    }
}

// SAFETY: all duties as for the map, to which the call goes.
unsafe impl<K: ?Sized + 'static, V: Trace + 'static> Trace for Ephemeron<K, V> {
    fn trace(&self, tracer: &mut Tracer) {
        self.map.trace(tracer);
    }

    fn facts(_: Depth) -> Facts {
        Facts::HANDLE
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
