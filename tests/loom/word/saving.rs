//! A collection that saves its garbage.

use std::sync::atomic::Ordering;

use super::{Look, Thread, lock};
use crate::heap::Handle;

impl Thread {
    /// A whole collection that saves its garbage. Calls `told` when weak handles have ended, and returns the
    /// handles that the pins have become.
    pub(crate) fn collect_and_save(&self, told: impl FnOnce()) -> Vec<Handle> {
        let mut candidates = lock(&self.heap.collector);
        let mut look = Look::new(&self.heap, usize::MAX, usize::MAX);
        look.is_watched = true;
        self.take_candidates(&mut look, &mut candidates);
        look.trace();
        look.count();
        let found = self.verdict(look, true);
        assert!(!found.is_condemned);
        let last = self.unpin(&found.live, true, &mut candidates);
        drop(candidates);
        last.into_iter().for_each(|handle| self.drop(handle));

        let mut garbage = found.garbage;
        for entry in &garbage {
            if self.word_of(entry.id).finalize() {
                self.finalize(entry.id);
            }
        }
        self.release_what_is_left_to_pins(&mut garbage);
        let mut candidates = lock(&self.heap.collector);
        let mut look = Look::new(&self.heap, usize::MAX, usize::MAX);
        for entry in garbage {
            let is_touched = self.word_of(entry.id).scan_again();
            look.add(entry.id, entry.taken, entry.is_touched || is_touched);
        }
        look.trace_again();
        look.count();
        let commit = lock(&self.heap.commit);
        look.ask();
        for entry in look.entries.iter().filter(|entry| !entry.is_live) {
            let has_ended = &self.heap.object(entry.id).weak_handles_have_ended;
            has_ended.store(true, Ordering::Relaxed);
            self.word_of(entry.id).save();
        }
        drop(commit);
        look.unlock();
        let (mut live, garbage) = look.split();
        self.nominate(&mut live);
        let last = self.unpin(&live, false, &mut candidates);
        drop(candidates);
        last.into_iter().for_each(|handle| self.drop(handle));

        told();
        let keep = |entry: &super::Entry| {
            self.word_of(entry.id).keep(entry.taken.is_some());
            Handle(entry.id)
        };
        garbage.iter().map(keep).collect()
    }
}
