//! A thread that does random things with its handles.

use std::sync::atomic::Ordering;

use shuttle::rand::{Rng, thread_rng};

use crate::heap::{Handle, Id, Spec, Weak, lock};
use crate::thread::Thread;

/// A number below `end`.
pub(crate) fn below(end: usize) -> usize {
    thread_rng().gen_range(0..end)
}

/// Whether something happens that does so once in so many times.
pub(crate) fn once_in(times: usize) -> bool {
    below(times) == 0
}

/// Takes any one out, if there is one.
fn take_any<T>(all: &mut Vec<T>) -> Option<T> {
    (!all.is_empty()).then(|| all.swap_remove(below(all.len())))
}

/// One of the things to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Clone,
    Drop,
    PutInto,
    TakeOutOf,
    Follow,
    SwapSlots,
    Write,
    Unwrap,
    Adopt,
    Downgrade,
    Upgrade,
    DropWeak,
    GiveToAll,
    TakeFromAll,
    Collect,
}

/// All of them.
pub(crate) const ANY: &[Move] = &[
    Move::Clone,
    Move::Drop,
    Move::PutInto,
    Move::TakeOutOf,
    Move::Follow,
    Move::SwapSlots,
    Move::Write,
    Move::Unwrap,
    Move::Adopt,
    Move::Downgrade,
    Move::Upgrade,
    Move::DropWeak,
    Move::GiveToAll,
    Move::TakeFromAll,
    Move::Collect,
];

/// Who wants to be the only one, and who comes between.
pub(crate) const ALONE: &[Move] = &[
    Move::Drop,
    Move::Drop,
    Move::Write,
    Move::Unwrap,
    Move::Downgrade,
    Move::Upgrade,
    Move::Upgrade,
    Move::DropWeak,
];

/// One of the threads that use the heap.
#[derive(Debug)]
pub(crate) struct Player {
    thread: Thread,
    specs: Vec<Spec>,
    handles: Vec<Handle>,
    weak: Vec<Weak>,
    /// The slots that can be set once, and that it alone sets.
    once: Vec<Id>,
    /// What it does, some more often than other things. Where each does all, few things happen for long
    /// enough to meet each other.
    habits: Vec<Move>,
    /// Whether it saves garbage.
    saves: bool,
}

impl Player {
    /// With these handles, the right to set these slots, and some of these habits, one of which may be to
    /// save garbage.
    pub(crate) fn new(
        thread: Thread,
        specs: &[Spec],
        (handles, weak): (Vec<Handle>, Vec<Weak>),
        once: Vec<Id>,
        (habits, saves): (&[Move], bool),
    ) -> Self {
        Self {
            thread,
            specs: specs.to_vec(),
            handles,
            weak,
            once,
            habits: (0..8).map(|_| habits[below(habits.len())]).collect(),
            saves,
        }
    }

    /// Does so many things, and then drops some of what it has. Returns the rest.
    pub(crate) fn play(mut self, moves: usize) -> Vec<Handle> {
        for _ in 0..moves {
            self.play_one(self.habits[below(self.habits.len())]);
        }
        for weak in std::mem::take(&mut self.weak) {
            self.thread.drop_weak(weak);
        }
        let leave = below(self.handles.len() + 1);
        for handle in self.handles.drain(leave..) {
            self.thread.drop(handle);
        }
        self.handles
    }

    fn play_one(&mut self, what: Move) {
        match what {
            Move::Upgrade => self.upgrade(),
            Move::DropWeak => self.drop_weak(),
            Move::TakeFromAll => self.take_from_all(),
            Move::Collect => self.collect(),
            other => {
                if let Some(handle) = take_any(&mut self.handles) {
                    self.thread.deref(&handle);
                    let left = self.play_with(handle, other);
                    self.handles.extend(left);
                }
            }
        }
    }

    /// Returns the handle, if it is still there.
    fn play_with(&mut self, handle: Handle, what: Move) -> Option<Handle> {
        match what {
            Move::Drop => {
                self.thread.drop(handle);
                return None;
            }
            Move::Unwrap => return self.thread.unwrap(handle).err(),
            Move::GiveToAll => {
                lock(&self.thread.heap.globals).push(handle);
                return None;
            }
            Move::Clone => self.handles.push(self.thread.clone(&handle)),
            Move::PutInto => self.put_into(&handle),
            Move::TakeOutOf => self.take_out_of(&handle),
            Move::Follow => self.follow(&handle),
            Move::SwapSlots => self.swap_slots(&handle),
            Move::Adopt if self.specs[handle.0].is_leaf => self.thread.adopt(&handle),
            Move::Downgrade => self.downgrade(&handle),
            Move::Write => _ = self.thread.write(&handle),
            Move::Adopt | Move::Upgrade | Move::DropWeak | Move::TakeFromAll | Move::Collect => {}
        }
        Some(handle)
    }

    fn is_locked(&self, handle: &Handle) -> bool {
        let spec = &self.specs[handle.0];
        !spec.is_frozen && !spec.is_leaf
    }

    /// Another handle goes into the value.
    fn put_into(&mut self, handle: &Handle) {
        let Some(content) = take_any(&mut self.handles) else {
            return;
        };
        if self.is_locked(handle) {
            self.thread.with_slots(handle, |slots| slots.push(content));
        } else if let Some(place) = self.once.iter().position(|id| *id == handle.0) {
            self.once.swap_remove(place);
            self.thread.set_once(handle, content);
        } else {
            self.handles.push(content);
        }
    }

    fn take_out_of(&mut self, handle: &Handle) {
        if self.is_locked(handle) {
            self.handles
                .extend(self.thread.with_slots(handle, take_any));
        }
    }

    /// Clones a handle in the value.
    fn follow(&mut self, handle: &Handle) {
        let spec = &self.specs[handle.0];
        let thread = &self.thread;
        let found = if spec.is_frozen && !spec.edges.is_empty() {
            Some(thread.follow(handle, below(spec.edges.len())))
        } else if self.is_locked(handle) {
            thread.with_slots(handle, |slots| {
                let slot = below(slots.len().max(1));
                slots.get(slot).map(|inner| thread.clone(inner))
            })
        } else {
            None
        };
        self.handles.extend(found);
    }

    /// All slots of the value and of another one are swapped, under both locks.
    fn swap_slots(&mut self, handle: &Handle) {
        let other = self.handles.iter().find(|other| other.0 != handle.0);
        let Some(other) = other.filter(|other| self.is_locked(other)) else {
            return;
        };
        if !self.is_locked(handle) {
            return;
        }
        let (first, second) = if handle.0 < other.0 {
            (handle, other)
        } else {
            (other, handle)
        };
        self.thread.with_slots(first, |one| {
            self.thread
                .with_slots(second, |two| std::mem::swap(one, two));
        });
    }

    fn downgrade(&mut self, handle: &Handle) {
        if self.specs[handle.0].has_weak {
            self.weak.push(self.thread.downgrade(handle));
        }
    }

    fn upgrade(&mut self) {
        if let Some(weak) = take_any(&mut self.weak) {
            let has_ended = &self.thread.heap.object(weak.0).weak_handles_have_ended;
            let has_ended = has_ended.load(Ordering::Relaxed);
            let found = self.thread.upgrade(&weak);
            assert!(!has_ended || found.is_none(), "it has ended");
            self.handles.extend(found);
            self.weak.push(weak);
        }
    }

    fn drop_weak(&mut self) {
        if let Some(weak) = take_any(&mut self.weak) {
            self.thread.drop_weak(weak);
        }
    }

    fn take_from_all(&mut self) {
        let found = take_any(&mut lock(&self.thread.heap.globals));
        self.handles.extend(found);
    }

    fn collect(&self) {
        collect_somehow(&self.thread, self.saves);
        if let Some(handle) = self.handles.first() {
            self.thread.walk(handle.0);
        }
    }
}

/// A collection of any kind. What is saved is for all threads.
pub(crate) fn collect_somehow(thread: &Thread, saves: bool) {
    if saves && once_in(2) {
        let saved = thread.collect_and_save(|| ());
        lock(&thread.heap.globals).extend(saved);
        return;
    }
    match below(8) {
        0 => thread.sweep(),
        1 | 2 => thread.collect_roughly(below(3)),
        3 => thread.collect_within(1 + below(4)),
        _ => thread.collect(),
    }
}

/// What a finalizer may do: nothing, bring its object back, or something that this holds.
pub(crate) fn finalize(thread: &Thread, spec: &Spec, id: Id) {
    if once_in(2) {
        return;
    }
    let me = thread.upgrade(&Weak(id)).expect("something counts");
    let is_locked = !spec.is_frozen && !spec.is_leaf;
    let found = match below(4) {
        0 => Some(thread.clone(&me)),
        1 if is_locked => thread.with_slots(&me, take_any),
        2 if is_locked => {
            let more = thread.clone(&me);
            thread.with_slots(&me, |slots| slots.push(more));
            None
        }
        _ if spec.is_frozen && !spec.edges.is_empty() => Some(thread.follow(&me, 0)),
        _ => None,
    };
    thread.drop(me);
    lock(&thread.heap.globals).extend(found);
}
