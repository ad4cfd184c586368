//! A collection, step by step.

#[path = "saving.rs"]
mod saving;

use crate::heap::{Handle, Id, lock};
use crate::look::{Entry, Look};
use crate::thread::Thread;
use crate::word::{Flag, Taken, Unpinned, Word};

/// What a look at pinned objects came to.
struct Found {
    live: Vec<Entry>,
    garbage: Vec<Entry>,
    /// Else there are finalizers to run.
    is_condemned: bool,
}

impl Thread {
    /// A whole collection by this thread.
    pub(crate) fn collect(&self) {
        self.collect_by(Look::new(&self.heap, Id::MAX, Id::MAX));
    }

    /// A collection that traces so many objects at most.
    pub(crate) fn collect_within(&self, limit: usize) {
        self.collect_by(Look::new(&self.heap, limit, Id::MAX));
    }

    /// A collection that keeps so many locks at most while it finds objects.
    pub(crate) fn collect_roughly(&self, most_guards: usize) {
        self.collect_by(Look::new(&self.heap, Id::MAX, most_guards));
    }

    fn collect_by(&self, mut look: Look<'_>) {
        let mut candidates = lock(&self.heap.collector);
        self.take_candidates(&mut look, &mut candidates);
        look.trace();
        look.count();
        let may_settle = look.is_complete();
        let found = if look.is_exact {
            self.verdict(look, true)
        } else {
            look.unlock();
            let (mut live, suspects) = look.split();
            let mut found = self.look_exactly(suspects, true);
            live.append(&mut found.live);
            Found { live, ..found }
        };
        let last = self.unpin(&found.live, may_settle, &mut candidates);
        drop(candidates);
        for handle in last {
            self.drop(handle);
        }
        if found.is_condemned {
            self.reclaim(&found.garbage);
        } else {
            self.finalize_all(found.garbage);
        }
    }

    fn word_of(&self, id: Id) -> &Word {
        &self.heap.object(id).word
    }

    /// Pins all candidates.
    fn take_candidates(&self, look: &mut Look<'_>, candidates: &mut Vec<Id>) {
        for buffer in &self.heap.buffers {
            candidates.append(&mut lock(buffer));
        }
        for id in candidates.drain(..) {
            match self.word_of(id).take() {
                Taken::Pinned(bits) => look.add(id, Some(bits), false),
                Taken::Left => {}
                Taken::Free => self.heap.object(id).release_memory(),
            }
        }
    }

    /// Frees the candidates that have died by counting.
    pub(crate) fn sweep(&self) {
        let mut candidates = lock(&self.heap.collector);
        let mut found = std::mem::take(&mut *candidates);
        for buffer in &self.heap.buffers {
            found.append(&mut lock(buffer));
        }
        let mut memory = Vec::new();
        for id in found {
            let now = self.word_of(id).peek();
            if now.count() > 0 && !now.has(Flag::Dead) {
                candidates.push(id);
            } else if self.word_of(id).take() == Taken::Free {
                memory.push(id);
            }
        }
        drop(candidates);
        for id in memory {
            self.heap.object(id).release_memory();
        }
    }

    /// Looks at pinned objects, and at no others, and keeps all locks.
    fn look_exactly(&self, pinned: Vec<Entry>, finalizers_come_first: bool) -> Found {
        let mut look = Look::new(&self.heap, Id::MAX, Id::MAX);
        for entry in pinned {
            let is_touched = self.word_of(entry.id).scan_again();
            look.add(entry.id, entry.taken, entry.is_touched || is_touched);
        }
        look.trace_again();
        look.count();
        self.verdict(look, finalizers_come_first)
    }

    /// Asks for the marks, and marks the garbage; or ends the scan of it, if it has finalizers, and they
    /// come first.
    fn verdict(&self, mut look: Look<'_>, finalizers_come_first: bool) -> Found {
        let commit = lock(&self.heap.commit);
        look.ask();
        let is_condemned = !finalizers_come_first || !self.has_finalizers(&look);
        for entry in look.entries.iter().filter(|entry| !entry.is_live) {
            if is_condemned {
                self.word_of(entry.id).condemn(entry.taken.is_some());
            } else {
                self.word_of(entry.id).end_scan();
            }
        }
        drop(commit);
        look.unlock();
        let (live, garbage) = look.split();
        Found {
            live,
            garbage,
            is_condemned,
        }
    }

    fn has_finalizers(&self, look: &Look<'_>) -> bool {
        let mut garbage = look.entries.iter().filter(|entry| !entry.is_live);
        look.is_watched || garbage.any(|entry| self.word_of(entry.id).peek().has(Flag::ToFinalize))
    }

    /// Gives up the pins of what lives. What is left of some are handles, to be dropped.
    fn unpin(&self, live: &[Entry], may_settle: bool, candidates: &mut Vec<Id>) -> Vec<Handle> {
        let mut last = Vec::new();
        for entry in live {
            let may_settle = may_settle && !entry.is_touched;
            match self.word_of(entry.id).unpin(entry.taken, may_settle) {
                Unpinned::Lives if entry.taken.is_some() => candidates.push(entry.id),
                Unpinned::Lives | Unpinned::Settled => {}
                Unpinned::Last => last.push(Handle(entry.id)),
            }
        }
        last
    }

    /// Drops the values of what was condemned, and then frees it.
    fn reclaim(&self, garbage: &[Entry]) {
        for entry in garbage {
            for handle in self.heap.object(entry.id).drop_value() {
                self.drop(handle);
            }
        }
        for entry in garbage {
            if self.word_of(entry.id).hand_off() {
                self.heap.object(entry.id).release_memory();
            }
        }
    }

    /// Runs the finalizers of pinned garbage, and looks at it once more.
    fn finalize_all(&self, mut garbage: Vec<Entry>) {
        for entry in &garbage {
            if self.word_of(entry.id).finalize() {
                self.finalize(entry.id);
            }
        }
        self.release_what_is_left_to_pins(&mut garbage);
        let mut candidates = lock(&self.heap.collector);
        let mut found = self.look_exactly(garbage, false);
        self.nominate(&mut found.live);
        let last = self.unpin(&found.live, false, &mut candidates);
        drop(candidates);
        for handle in last {
            self.drop(handle);
        }
        self.reclaim(&found.garbage);
    }

    /// What finalizers have taken out of the garbage, and nobody holds, goes by its count.
    fn release_what_is_left_to_pins(&self, garbage: &mut Vec<Entry>) {
        loop {
            let is_mine = |id: &mut Id| garbage.iter().any(|entry| entry.id == *id);
            let left: Vec<Id> = lock(&self.heap.left_to_pin)
                .extract_if(.., is_mine)
                .collect();
            if left.is_empty() {
                return;
            }
            for id in left {
                let Some(place) = garbage.iter().position(|entry| entry.id == id) else {
                    continue;
                };
                let is_taken = garbage[place].taken.is_some();
                if self.word_of(id).unpin_last(is_taken) {
                    garbage.swap_remove(place);
                    self.drop(Handle(id));
                }
            }
        }
    }

    /// What was resurrected becomes a candidate, as no drop need follow.
    fn nominate(&self, live: &mut [Entry]) {
        for entry in live {
            let word = self.word_of(entry.id);
            word.take_back();
            let now = word.peek();
            if entry.taken.is_none() && word.nominate() {
                entry.taken = Some(now);
            }
        }
    }
}
