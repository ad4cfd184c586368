//! Who is told of handles.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::{fmt, mem};

use super::{Guards, Trace};
use crate::handle::{Gc, Weak};
use crate::object::{Edge, EphemeronMap, Registration, shared};
use crate::sync;

/// Receives the handles that [`Trace::trace`] reports.
///
/// # Examples
///
/// Testing a hand-written implementation:
///
/// ```
/// use gordian::{trace::Tracer, Gc};
///
/// let a = Gc::new(1);
/// let pair = (a.clone(), Some(a.clone()));
/// assert_eq!(Tracer::edges_of(&pair), [Gc::as_ptr(&a).cast(), Gc::as_ptr(&a).cast()]);
/// ```
pub struct Tracer {
    pub(crate) edges: Vec<Edge>,
    /// Something that may hold handles could not be read.
    pub(crate) is_incomplete: bool,
    /// The maps of ephemerons, where somebody asks for them instead of what their values hold.
    pub(crate) maps: Option<Vec<Rc<dyn EphemeronMap>>>,
    /// Whether there may be any among these, or the shared ones.
    pub(crate) has_maps: bool,
    /// The weak handles with a callback, where somebody asks for them.
    pub(crate) weaks: Option<Vec<Rc<Registration>>>,
    /// Whether handles that threads share are asked for. A look of a thread passes them by.
    pub(crate) is_shared: bool,
    /// The edges of handles that threads share.
    pub(crate) shared_edges: Vec<Edge>,
    /// The weak collections of the heap that threads share, where somebody asks for them instead of what
    /// their entries own.
    pub(crate) shared_maps: Option<Vec<Arc<dyn shared::Members>>>,
    /// The same of weak handles with a callback.
    pub(crate) shared_weaks: Option<Vec<Arc<shared::Registration>>>,
    /// The locks that were taken, where they are to be kept.
    pub(crate) guards: Option<Guards>,
    /// Whether what is traced lies in a [`Cell`](std::cell::Cell): see [`in_cell`](Self::in_cell).
    pub(crate) is_in_cell: bool,
}

impl Tracer {
    /// One that has received nothing. Not public: an implementation must not exchange the tracer it
    /// is given.
    pub(crate) fn new() -> Self {
        Self {
            edges: Vec::new(),
            is_incomplete: false,
            maps: None,
            has_maps: false,
            weaks: None,
            is_shared: false,
            shared_edges: Vec::new(),
            shared_maps: None,
            shared_weaks: None,
            guards: None,
            is_in_cell: false,
        }
    }

    /// The addresses that `value` reports, in order and with repetitions: those of handles of a thread
    /// first, those of handles that threads share after them.
    ///
    /// Allocates a vector; meant for testing [`Trace`] implementations.
    #[must_use]
    pub fn edges_of<T: Trace + ?Sized>(value: &T) -> Vec<*const ()> {
        let mut tracer = Self {
            is_shared: true,
            ..Self::new()
        };
        value.trace(&mut tracer);
        let edges = tracer.edges.iter().chain(&tracer.shared_edges);
        edges.map(|edge| edge.object().address()).collect()
    }

    /// The handles that it is for, of those that were reported.
    pub(crate) fn found(&self) -> &[Edge] {
        if self.is_shared {
            &self.shared_edges
        } else {
            &self.edges
        }
    }

    /// Forgets all handles, and lets go of the locks.
    pub(crate) fn forget(&mut self) {
        self.edges.clear();
        self.shared_edges.clear();
        self.guards.iter_mut().for_each(Guards::release);
    }

    /// Reports one owned handle.
    ///
    /// `Gc<T>` implements [`Trace`] by this call; there is rarely a reason to make it directly.
    #[inline]
    pub fn edge<T: ?Sized>(&mut self, handle: &Gc<T>) {
        let edge = handle.edge();
        if self.edges.len() < self.edges.capacity() {
            self.edges.push(edge);
        } else {
            self.edge_without_room(edge);
        }
    }

    /// Apart and whole, so that who reports a handle need not keep anything for it.
    #[cold]
    #[inline(never)]
    fn edge_without_room(&mut self, edge: Edge) {
        self.edges.push(edge);
    }

    /// Looks into a cell of one thread.
    ///
    /// Nobody else borrows what is in there, so no borrow and no lock in it is held while it is read. Nothing
    /// in a cell is to panic; but should a `trace` do so all the same, the panic hook may take it out of the
    /// cell and drop it before the stack is unwound, where a guard would come back to it.
    #[inline]
    pub(crate) fn in_cell(&mut self, look: impl FnOnce(&mut Self)) {
        /// Puts back what was there before, on a panic too.
        struct InCell<'t>(&'t mut Tracer, bool);
        impl Drop for InCell<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.is_in_cell = self.1;
            }
        }
        let was_in_cell = mem::replace(&mut self.is_in_cell, true);
        let within = InCell(self, was_in_cell);
        look(within.0);
    }

    /// Looks behind a lock, whose guard this is: it is kept, if locks are.
    ///
    /// A panic of `look` poisons no lock.
    ///
    /// # Safety
    ///
    /// The lock belongs to the value that is being traced, and the content does not lie in the guard.
    pub(crate) unsafe fn behind<G: Deref>(
        &mut self,
        guard: G,
        look: impl FnOnce(&G::Target, &mut Self),
    ) {
        let content = &raw const *guard;
        if self.guards.is_none() {
            if self.is_in_cell {
                drop(guard);
                // SAFETY: the lock is free, and in a cell, from which nobody borrows it: it does not move
                // with the guard, and nobody writes to the content while it is read.
                look(unsafe { &*content }, self);
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| look(&guard, self)));
            drop(guard);
            if let Err(panic) = outcome {
                resume_unwind(panic);
            }
            return;
        }
        if let Some(guards) = &mut self.guards {
            // SAFETY: who keeps the guards lets them go while the value that is being traced is there.
            unsafe { guards.keep(guard) };
        }
        // SAFETY: the lock is kept, so that the content is there and nobody writes to it; it does not
        // move with the guard.
        look(unsafe { &*content }, self);
    }

    /// Reports one owned handle of the heap that threads share.
    #[inline]
    pub fn shared_edge<T: ?Sized>(&mut self, handle: &sync::Gc<T>) {
        if self.is_shared {
            self.shared_edges.push(handle.edge());
        }
    }

    /// Reports one owned weak handle of the heap that threads share: see [`weak`](Self::weak).
    #[inline]
    pub fn shared_weak<T: ?Sized>(&mut self, handle: &sync::Weak<T>) {
        if let Some(weaks) = &mut self.shared_weaks {
            weaks.extend(handle.registration().cloned());
        }
    }

    /// Reports one owned weak handle: it holds nothing alive, but the collector does not run the
    /// callback of a weak handle that is garbage itself.
    #[inline]
    pub fn weak<T: ?Sized>(&mut self, handle: &Weak<T>) {
        if let Some(weaks) = &mut self.weaks {
            weaks.extend(handle.registration().cloned());
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("edges", &self.edges.len())
            .finish_non_exhaustive()
    }
}
