//! The candidates of all threads: each pushes to a queue of its own, and a collection drains them all.

use std::cell::Cell;
use std::mem;
use std::sync::Mutex;

use super::queue::{Consumer, Producer, queue};
use super::thread::Thread;
use crate::guarded::lock;
use crate::object::Edge;

/// How many entries a chunk of a queue has: a page, less what is before them.
const CHUNK: usize = 510;

/// An edge on its way to another thread.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Sent(Edge);

// SAFETY: shared objects are for all threads.
unsafe impl Send for Sent {}

/// What a thread pushes its candidates to.
pub(super) struct Outlet(Cell<Option<Producer<Sent, CHUNK>>>);

/// The end of a queue at which it is drained.
struct Inlet {
    queue: Consumer<Sent, CHUNK>,
    /// By how many collections that might have drained it, it was left to its thread, since somebody did.
    skipped: usize,
}

/// The queues that may have entries, and what was pushed by threads that had given theirs up.
struct Inlets {
    queues: Mutex<Vec<Inlet>>,
    late: Mutex<Vec<Sent>>,
    /// Held by who drains them.
    draining: Mutex<()>,
}

static INLETS: Inlets = Inlets {
    queues: Mutex::new(Vec::new()),
    late: Mutex::new(Vec::new()),
    draining: Mutex::new(()),
};

impl Outlet {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    #[inline]
    fn push(&self, candidate: Sent) -> Result<(), Sent> {
        // SAFETY: the reference is gone before anybody else uses the cell: a push calls nobody but the
        // global allocator.
        match unsafe { &*self.0.as_ptr() } {
            Some(producer) => {
                producer.push(candidate);
                Ok(())
            }
            None => Err(candidate),
        }
    }

    /// Whether a queue is this one's.
    fn is_of(&self, inlet: &Inlet) -> bool {
        // SAFETY: as in `push`: comparing calls nobody.
        unsafe { &*self.0.as_ptr() }
            .as_ref()
            .is_some_and(|producer| inlet.queue.is_of(producer))
    }

    /// Makes a queue, for a thread whose end will be noticed.
    fn open(&self) {
        let (producer, consumer) = queue();
        self.0.set(Some(producer));
        lock(&INLETS.queues).push(Inlet {
            queue: consumer,
            skipped: 0,
        });
    }

    /// Gives the queue up.
    pub(super) fn end(&self) {
        self.0.set(None);
    }
}

/// Adds a candidate.
#[inline]
pub(crate) fn push(candidate: Edge) {
    Thread::with(|thread| {
        if let Err(candidate) = thread.outlet.push(Sent(candidate)) {
            push_first(thread, candidate);
        }
    });
}

/// Adds a candidate where there is no queue: not yet, or no longer. Never unwinds, and says so.
#[cold]
#[inline(never)]
extern "C" fn push_first(thread: &Thread, candidate: Sent) {
    if thread.guard() {
        lock(&INLETS.late).push(candidate);
        return;
    }
    thread.outlet.open();
    let pushed = thread.outlet.push(candidate);
    debug_assert!(pushed.is_ok());
}

/// The queues while they are being drained. Those that are still in use go back at the end, even if that
/// is a panic.
struct Round {
    left: Vec<Inlet>,
    done: Vec<Inlet>,
}

impl Drop for Round {
    fn drop(&mut self) {
        let mut queues = lock(&INLETS.queues);
        queues.append(&mut self.left);
        queues.append(&mut self.done);
    }
}

/// Calls `f` with every candidate that was pushed before, of whatever thread, and takes it out. Waits for
/// another thread that is doing so; `f` must not.
pub(crate) fn drain(f: impl FnMut(Edge)) {
    drain_those(mem::take, f);
}

/// The same for the candidates of this thread alone; or, with `others`, for those too of threads that have
/// not seen to them lately.
pub(crate) fn drain_own(others: bool, f: impl FnMut(Edge)) {
    let take = |inlets: &mut Vec<Inlet>| {
        Thread::with(|thread| {
            // One collection in ten or so is such a one: with many threads not each has had its turn since.
            let patience = 1 + inlets.len() / 8;
            let is_wanted = |inlet: &mut Inlet| {
                if thread.outlet.is_of(inlet) {
                    return true;
                }
                inlet.skipped += usize::from(others);
                inlet.skipped > patience
            };
            inlets.extract_if(.., is_wanted).collect()
        })
    };
    drain_those(take, f);
}

fn drain_those(take: impl FnOnce(&mut Vec<Inlet>) -> Vec<Inlet>, mut f: impl FnMut(Edge)) {
    let _alone = lock(&INLETS.draining);
    let mut round = Round {
        left: take(&mut lock(&INLETS.queues)),
        done: Vec::new(),
    };
    while let Some(inlet) = round.left.last_mut() {
        inlet.skipped = 0;
        let is_over = inlet.queue.drain(|candidate| f(candidate.0));
        let inlet = round.left.pop();
        if !is_over {
            round.done.extend(inlet);
        }
    }
    drop(round);
    // A thread's late candidates come after its queue's end, so look for them last.
    let late = mem::take(&mut *lock(&INLETS.late));
    late.into_iter().for_each(|candidate| f(candidate.0));
}

/// About how many candidates there are.
pub(crate) fn len_estimate() -> usize {
    let queues = lock(&INLETS.queues);
    let queued: u64 = queues.iter().map(|inlet| inlet.queue.len()).sum();
    queued as usize + lock(&INLETS.late).len()
}
