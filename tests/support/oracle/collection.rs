//! The model's collections (R2 to R7).

use std::collections::{BTreeSet, VecDeque};

use super::entry::Owned;
use super::model::{Model, Outcome, Registration, State, fail};
use super::program::{Event, Sort};

impl Model {
    pub(super) fn collect_explicitly(&mut self, generation: usize) -> Outcome {
        let collected = self.collect(generation, false)?;
        self.expect(&Event::Returned(collected));
        Ok(())
    }

    /// In an automatic collection, objects born since the last one do not grow older.
    pub(super) fn collect(&mut self, generation: usize, is_automatic: bool) -> Outcome<usize> {
        if self.is_collecting {
            return Ok(0);
        }
        self.is_collecting = true;
        self.expect(&Event::Start(generation));
        let examined: BTreeSet<usize> = (0..self.objects.len())
            .filter(|id| self.objects[*id].state == State::Whole)
            .filter(|id| self.objects[*id].generation <= generation)
            .collect();
        for id in &examined {
            if !is_automatic || self.objects[*id].epoch < self.epoch {
                self.objects[*id].generation = (generation + 1).min(2);
            }
        }
        self.epoch += 1;
        self.condemned = self.unreachable(&examined);
        let mut first = Ok(());
        self.finalize_all(&mut first);
        self.release_loose(&mut first);
        self.condemned = self.unreachable(&self.condemned);
        let collected = self.condemned.len();
        for id in &self.condemned {
            self.objects[*id].state = State::Cleared;
        }
        let condemned = self.condemned.clone();
        let is_saved = self.saves_garbage;
        let mut leaving = Vec::new();
        if self.leave_dead_maps && !is_saved {
            leaving = self.entries_of_dead_maps();
        }
        leaving.extend(condemned.iter().flat_map(|id| self.entries_of(*id)));
        let called_off = self.call_off();
        self.call_back_all(&mut first);
        if is_saved {
            self.save(called_off, leaving, &mut first);
        } else {
            self.tear_down(leaving, &mut first);
        }
        self.condemned.clear();
        self.expect(&Event::Stop(generation, collected));
        self.is_collecting = false;
        if self.unwinding > 0 {
            first = Ok(());
        }
        first.map(|()| collected)
    }

    /// (c): in the order that the library takes.
    fn finalize_all(&mut self, first: &mut Outcome) {
        while self.condemned.iter().any(|id| self.is_to_finalize(*id)) {
            match self.log.front() {
                Some(&Event::Finalized(id))
                    if self.condemned.contains(&id) && self.is_to_finalize(id) =>
                {
                    self.finalize(id, first);
                }
                other => fail(&format!("a finalizer of garbage was to run, not {other:?}")),
            }
        }
    }

    /// What finalizers cut loose goes by counting.
    fn release_loose(&mut self, first: &mut Outcome) {
        while self
            .condemned
            .iter()
            .any(|id| self.objects[*id].handles == 0)
        {
            let id = match self.log.front() {
                Some(Event::Dropped(id)) => *id,
                Some(Event::Called(weak)) => self.registrations[*weak].target,
                Some(Event::Discarded(part)) => self.object_of(*part),
                other => fail(&format!("something loose was to go, not {other:?}")),
            };
            if self.objects[id].handles > 0 || !self.condemned.remove(&id) {
                fail(&format!("{id} was not to go now"));
            }
            self.release(id, first);
        }
    }

    /// The callbacks of weak handles that are all in the garbage do not run.
    fn call_off(&mut self) -> Vec<usize> {
        let mut called_off = Vec::new();
        for weak in 0..self.registrations.len() {
            let in_garbage = self
                .condemned
                .iter()
                .flat_map(|id| &self.objects[*id].weaks);
            let in_garbage = in_garbage.filter(|held| **held == weak).count();
            if self.registrations[weak].handles <= in_garbage {
                self.registrations[weak].is_called_off = true;
                called_off.push(weak);
            }
        }
        called_off
    }

    /// (f): newest first for each object, objects in the order that the library takes.
    fn call_back_all(&mut self, first: &mut Outcome) {
        let mut waiting: Vec<VecDeque<usize>> = self
            .condemned
            .iter()
            .map(|id| self.take_callbacks(*id))
            .collect();
        while waiting.iter().any(|weaks| !weaks.is_empty()) {
            let next = match self.log.front() {
                Some(Event::Called(weak)) => *weak,
                other => fail(&format!(
                    "one of the callbacks {waiting:?} was to run, not {other:?}"
                )),
            };
            let Some(weaks) = waiting
                .iter_mut()
                .find(|weaks| weaks.front() == Some(&next))
            else {
                fail(&format!(
                    "callback {next} was not to run now, but one of {waiting:?}"
                ));
            };
            weaks.pop_front();
            self.call_back(next, first);
        }
    }

    /// (h): in the order that the library takes.
    fn tear_down(&mut self, mut leaving: Vec<Owned>, first: &mut Outcome) {
        let mut left = self.condemned.clone();
        self.is_dissolving = self.dissolves();
        while !left.is_empty() || !leaving.is_empty() {
            match self.log.front() {
                Some(&Event::Dropped(id)) if left.remove(&id) => self.drop_value(id, first),
                Some(&Event::Discarded(part)) => {
                    let owned = leaving.extract_if(.., |owned| owned.part == part);
                    let owned = owned.collect();
                    self.discard_all(owned, first);
                    if self.log.front() == Some(&Event::Discarded(part)) {
                        fail(&format!("part {part} was not to go now"));
                    }
                }
                other => fail(&format!("one of {left:?} was to be dropped, not {other:?}")),
            }
        }
        self.is_dissolving = false;
        while let Some(id) = self.waiting.pop_front() {
            self.release(id, first);
        }
    }

    /// Whether nothing of the garbage needs to be dropped, and there is nobody to tell.
    fn dissolves(&self) -> bool {
        let is_light = |id: &usize| {
            let object = &self.objects[*id];
            object.sort == Sort::Light && !object.had_weaks
        };
        let is_registered = |registration: &Registration| {
            let is_callback = registration.action.is_some() && !registration.is_finalizer;
            registration.handles > 0 && (is_callback || registration.is_late)
        };
        let mut entries = self.entries.iter().chain(&self.kept);
        !self.dissolves_only_closed
            && self.condemned.iter().all(is_light)
            && !self.registrations.iter().any(is_registered)
            && !entries.any(|entry| entry.is_late)
    }
}
