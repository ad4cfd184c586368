//! A collection, step by step.

use crate::heap::{Handle, Id, lock};
use crate::look::{Entry, Look};
use crate::thread::Thread;
use crate::word::{Flag, Taken, Unpinned, Word};

impl Thread {
    /// A whole collection by this thread.
    pub(crate) fn collect(&self) {
        self.collect_within(Id::MAX);
    }

    /// A collection that traces so many objects at most.
    pub(crate) fn collect_within(&self, limit: usize) {
        let mut candidates = lock(&self.heap.collector);
        let mut look = Look::new(&self.heap, limit);
        self.take_candidates(&mut look, &mut candidates);
        look.trace();
        look.count();
        let commit = lock(&self.heap.commit);
        look.ask();
        let has_finalizers = self.has_finalizers(&look);
        if !has_finalizers {
            self.condemn(&look);
        }
        drop(commit);
        look.unlock();
        let may_settle = look.is_complete();
        let (live, garbage) = look.split();
        if has_finalizers {
            for entry in &garbage {
                self.word_of(entry.id).end_scan();
            }
        }
        let last = self.unpin(&live, may_settle, &mut candidates);
        drop(candidates);
        for handle in last {
            self.drop(handle);
        }
        if has_finalizers {
            self.look_again(garbage);
        } else {
            self.reclaim(&garbage);
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
                Taken::Pinned(bits) => look.add(id, Some(bits)),
                Taken::Left => {}
                Taken::Free => self.heap.object(id).release_memory(),
            }
        }
    }

    fn has_finalizers(&self, look: &Look<'_>) -> bool {
        let mut garbage = look.entries.iter().filter(|entry| !entry.is_live);
        garbage.any(|entry| self.word_of(entry.id).peek().has(Flag::ToFinalize))
    }

    fn condemn(&self, look: &Look<'_>) {
        for entry in look.entries.iter().filter(|entry| !entry.is_live) {
            self.word_of(entry.id).condemn(entry.taken.is_some());
        }
    }

    /// Gives up the pins of what lives. What is left of some are handles, to be dropped.
    fn unpin(&self, live: &[Entry], may_settle: bool, candidates: &mut Vec<Id>) -> Vec<Handle> {
        let mut last = Vec::new();
        for entry in live {
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
    fn look_again(&self, mut garbage: Vec<Entry>) {
        for entry in &garbage {
            if self.word_of(entry.id).finalize() {
                self.finalize(entry.id);
            }
        }
        self.release_unheld(&mut garbage);

        let mut candidates = lock(&self.heap.collector);
        let mut look = Look::new(&self.heap, Id::MAX);
        for entry in &garbage {
            self.word_of(entry.id).scan_again();
            look.add(entry.id, entry.taken);
        }
        look.trace_again();
        look.count();
        let commit = lock(&self.heap.commit);
        look.ask();
        self.condemn(&look);
        drop(commit);
        look.unlock();
        let (resurrected, garbage) = look.split();
        let last = self.unpin_resurrected(&resurrected, &mut candidates);
        drop(candidates);
        for handle in last {
            self.drop(handle);
        }
        self.reclaim(&garbage);
    }

    /// What finalizers have taken out of the garbage, and nobody holds, goes by its count.
    fn release_unheld(&self, garbage: &mut Vec<Entry>) {
        while let Some(place) = self.unheld(garbage) {
            let entry = garbage.swap_remove(place);
            if entry.taken.is_some() {
                lock(&self.heap.collector).push(entry.id);
            }
            self.drop(Handle(entry.id));
        }
    }

    fn unheld(&self, garbage: &[Entry]) -> Option<usize> {
        garbage
            .iter()
            .position(|entry| self.word_of(entry.id).unpin_last(false))
    }

    fn unpin_resurrected(&self, live: &[Entry], candidates: &mut Vec<Id>) -> Vec<Handle> {
        let mut last = Vec::new();
        for entry in live {
            let word = self.word_of(entry.id);
            if word.nominate() || entry.taken.is_some() {
                candidates.push(entry.id);
            }
            if word.unpin(None, false) == Unpinned::Last {
                last.push(Handle(entry.id));
            }
        }
        last
    }
}
