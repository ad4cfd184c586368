//! Walks: reading the shared heap for somebody who asks about it.
//!
//! A walk has the detector, so that nobody else pins, and pins what it finds: an object whose last
//! handle goes meanwhile is released when the walk is over, by the thread that walks.

use std::collections::HashMap;

use super::detection::{Afterwards, Detecting};
use crate::collector::nesting::apart;
use crate::collector::walk::Walks;
use crate::gc::ObjectRef;
use crate::heap::process::{self, Mutator};
use crate::heap::shared as memory;
use crate::object::shared::{Bits, Header, Unpinned};
use crate::object::{Edge, Object, Tag, TypeInfo};
use crate::panics::{Panic, discard};
use crate::trace::{Guards, Tracer};

/// Calls `f` while no collection looks at the heap, and no other walk. Not on a thread in whose look or
/// walk this comes about, by a panic hook: that gets `None`.
pub(crate) fn between_looks<R>(f: impl FnOnce() -> R) -> Option<R> {
    Mutator::with(|mutator| {
        if mutator.detecting.get() {
            return None;
        }
        let _detecting = Detecting::begin(mutator, process::detector(), false);
        Some(f())
    })
}

/// Calls `f` with every object that is ordinary and in nobody's hands, tracked or not, with its header
/// and what its word said before it was pinned. `f` is not to make or free shared objects, nor to wait.
pub(crate) fn for_each_object(mut f: impl FnMut(Object, &Header, Bits)) {
    let afterwards = between_looks(|| {
        let mut afterwards = Afterwards::default();
        pin_each(|object, header, bits| {
            f(object, header, bits);
            // SAFETY: it has just been pinned.
            unsafe { unpin(object, &mut afterwards) };
        });
        afterwards
    });
    if let Some(afterwards) = afterwards {
        afterwards.run();
    }
}

/// Pins every object that can be, and calls `f` with it.
fn pin_each(mut f: impl FnMut(Object, &Header, Bits)) {
    memory::for_each_object(|object| {
        // SAFETY: its memory is there while it is shown to us, and the header is what is read.
        let header = unsafe { object.shared() };
        if let Some(bits) = header.word.pin_found() {
            f(object, header, bits);
        }
    });
}

/// Unpins an object that was found by walking the heap.
///
/// # Safety
///
/// It was pinned so, and is not used any more.
unsafe fn unpin(object: Object, afterwards: &mut Afterwards) {
    // SAFETY: [live]: pinned.
    let header = unsafe { object.shared() };
    // Before the pin goes.
    // SAFETY: [live], as above, and [typed].
    let edge = Edge::new(object, unsafe { header.info().layout(object) });
    if header.word.unpin(None, false) == Unpinned::Last {
        afterwards.handles.push(edge);
    }
}

/// A walk that looks into objects.
pub(crate) struct Walk {
    /// What it has pinned, with what the words said before.
    pinned: HashMap<Object, Bits>,
    is_all_pinned: bool,
    tracer: Tracer,
    panics: Vec<Panic>,
}

impl Walk {
    /// Walks. On a thread in whose look or walk this comes about there is nothing to see.
    ///
    /// Panics of `trace` go no further, as the panic hook has reported them.
    pub(crate) fn run<R: Default>(run: impl FnOnce(&mut Self) -> R) -> R {
        Mutator::with(|mutator| {
            let mut panics = Vec::new();
            let was_collecting = mutator.collecting.replace(true);
            let result = apart(mutator, || {
                let walked = between_looks(|| {
                    let mut walk = Self::new();
                    let result = run(&mut walk);
                    (result, walk.end(&mut panics))
                });
                mutator.collecting.set(was_collecting);
                let (result, afterwards) = walked.unwrap_or_default();
                afterwards.run();
                result
            });
            panics.into_iter().for_each(discard);
            result
        })
    }

    fn new() -> Self {
        Self {
            pinned: HashMap::new(),
            is_all_pinned: false,
            tracer: Tracer {
                is_shared: true,
                guards: Some(Guards::default()),
                ..Tracer::new()
            },
            panics: Vec::new(),
        }
    }

    /// Lets go of everything.
    fn end(mut self, panics: &mut Vec<Panic>) -> Afterwards {
        self.tracer.forget();
        let mut afterwards = Afterwards::default();
        for object in self.pinned.into_keys() {
            // SAFETY: it was pinned, and the walk is over.
            unsafe { unpin(object, &mut afterwards) };
        }
        panics.append(&mut self.panics);
        afterwards
    }
}

impl Walks for Walk {
    /// Pins them.
    fn all(&mut self) -> Vec<Object> {
        if !self.is_all_pinned {
            self.is_all_pinned = true;
            pin_each(|object, _, bits| {
                self.pinned.insert(object, bits);
            });
        }
        self.pinned.keys().copied().collect()
    }

    /// What came after all were pinned, or is in other hands, may go when the lock is let go behind which a
    /// handle to it was found.
    fn keeps(&self, object: Object) -> bool {
        self.pinned.contains_key(&object)
    }

    unsafe fn describe(&self, object: Object) -> ObjectRef {
        // SAFETY: from the caller.
        unsafe { ObjectRef::describe_shared(object) }
    }

    unsafe fn may_look_into(&self, object: Object) -> bool {
        let bits = self.pinned.get(&object);
        bits.is_some_and(|bits| bits.may_be_looked_into())
    }

    unsafe fn info_of_value(object: Object) -> Option<&'static TypeInfo> {
        // SAFETY: [live], from the caller.
        let header = unsafe { object.shared() };
        let has_handles = !header.has(Tag::UNTRACKED) && header.word.read().is_ordinary();
        has_handles.then(|| header.info())
    }

    fn receivers(&mut self) -> (&mut Tracer, &mut Vec<Panic>) {
        (&mut self.tracer, &mut self.panics)
    }

    fn visit_all(&mut self, mut visit: impl FnMut(Object, &[Edge])) {
        self.all();
        let is_ready = |bits: &Bits| bits.may_be_looked_into();
        let mut lent = self.pinned.clone();
        lent.retain(|_, bits| !is_ready(bits));
        let ready = self.pinned.iter().filter(|pinned| is_ready(pinned.1));
        let mut ready: Vec<Object> = ready.map(|pinned| *pinned.0).collect();
        while let Some(object) = ready.pop() {
            // SAFETY: [live]: pinned. There is no `&mut` to the value: it was not lent, or its one handle
            // was found in a value that could be read; and nobody gets one while it is pinned.
            let edges = unsafe { self.edges_of(object) };
            let found = edges.iter().map(|edge| edge.object());
            ready.extend(found.filter(|object| lent.remove(object).is_some()));
            visit(object, edges);
        }
    }
}
