//! The model's refcount path (R1).

use std::collections::VecDeque;

use super::model::{Model, Outcome, Registration, State};
use super::program::{Action, Culprit, Event, Sort, explodes_first};

impl Model {
    pub(super) fn while_unwinding<T>(
        &mut self,
        outcome: &Outcome,
        f: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<Option<T>> {
        self.unwinding += usize::from(outcome.is_err());
        let result = f(self);
        self.unwinding -= usize::from(outcome.is_err());
        result.map(Some)
    }

    /// User code drops a handle; gets the first panic that this causes.
    pub(super) fn give_up(&mut self, id: usize) -> Outcome {
        let mut first = Ok(());
        self.let_go(id, &mut first);
        if self.unwinding > 0 { Ok(()) } else { first }
    }

    /// User code drops handles, all of them whatever panics.
    pub(super) fn give_up_all(&mut self, ids: impl IntoIterator<Item = usize>) -> Outcome {
        let mut first = Ok(());
        for id in ids {
            let so_far = first;
            let next = self
                .while_unwinding(&so_far, |model| model.give_up(id))
                .map(drop);
            first = first.and(next);
        }
        first
    }

    pub(super) fn let_go(&mut self, id: usize, first: &mut Outcome) {
        self.objects[id].handles -= 1;
        if self.objects[id].handles > 0 || self.condemned.contains(&id) {
            return;
        }
        if self.is_dissolving {
            self.waiting.push_back(id);
        } else {
            self.release(id, first);
        }
    }

    pub(super) fn finalize(&mut self, id: usize, first: &mut Outcome) {
        self.objects[id].is_finalized = true;
        self.expect(&Event::Finalized(id));
        let action = self.objects[id].action.unwrap_or(Action::Nothing);
        let outcome = self.act(action, Some(id), Some(Culprit::Finalizer(id)));
        *first = first.and(outcome);
    }

    pub(super) fn is_to_finalize(&self, id: usize) -> bool {
        self.objects[id].action.is_some() && !self.objects[id].is_finalized
    }

    pub(super) fn release(&mut self, id: usize, first: &mut Outcome) {
        if self.is_to_finalize(id) {
            self.objects[id].handles = 1;
            self.finalize(id, first);
            self.objects[id].handles -= 1;
            if self.objects[id].handles > 0 {
                return;
            }
        }
        self.clear_weaks(id, first);
        self.drop_value(id, first);
    }

    /// The end of what leads to an object weakly.
    pub(super) fn clear_weaks(&mut self, id: usize, first: &mut Outcome) {
        self.objects[id].state = State::Cleared;
        let leaving = self.entries_of(id);
        for weak in self.take_callbacks(id) {
            self.call_back(weak, first);
        }
        self.discard_all(leaving, first);
    }

    /// The callbacks to run for an object, newest first.
    pub(super) fn take_callbacks(&self, id: usize) -> VecDeque<usize> {
        let wanted = |(_, registration): &(usize, &Registration)| {
            registration.target == id
                && registration.action.is_some()
                && registration.handles > 0
                && !registration.is_called_off
                && !registration.has_ended
        };
        let weaks = self.registrations.iter().enumerate().filter(wanted);
        weaks.map(|(weak, _)| weak).rev().collect()
    }

    pub(super) fn call_back(&mut self, weak: usize, first: &mut Outcome) {
        self.expect(&Event::Called(weak));
        if self.registrations[weak].is_finalizer {
            self.registrations[weak].handles = 0;
        }
        let action = self.registrations[weak].action.unwrap_or(Action::Nothing);
        let outcome = self.act(action, None, Some(Culprit::Callback(weak)));
        *first = first.and(outcome);
    }

    pub(super) fn drop_value(&mut self, id: usize, first: &mut Outcome) {
        self.expect(&Event::Dropped(id));
        let bomb = self.objects[id].sort == Sort::Bomb;
        if bomb && explodes_first(id) {
            *first = first.and(Err(Culprit::Drop(id)));
            self.unwinding += 1;
        }
        let edges = std::mem::take(&mut self.objects[id].edges);
        for edge in edges {
            self.let_go(edge, first);
        }
        while let Some(weak) = self.objects[id].weaks.pop_front() {
            self.registrations[weak].handles -= 1;
        }
        for table in std::mem::take(&mut self.objects[id].tables) {
            let entries = self.end_of(table);
            self.let_go_owned(entries, first);
        }
        let captures = self.objects[id].captures.take();
        self.let_go_owned(captures.into_iter().collect(), first);
        self.objects[id].state = State::Gone;
        self.values -= 1;
        if bomb && explodes_first(id) {
            self.unwinding -= 1;
        } else if bomb {
            *first = first.and(Err(Culprit::Drop(id)));
        }
    }
}
