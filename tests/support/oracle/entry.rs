//! The model's entries of weak collections: how they leave their tables, and go.

use super::model::{Model, Outcome, fail};
use super::program::Event;

/// An entry of a table, which leaves it the moment that its object is not whole any more.
pub(super) struct Entry {
    pub(super) id: usize,
    pub(super) table: usize,
    pub(super) number: u8,
    pub(super) object: usize,
    /// It was put in when its object had been saved.
    pub(super) is_late: bool,
    pub(super) owned: Option<Owned>,
}

/// What an entry owns, or what a closure has captured.
pub(super) struct Owned {
    /// Tells it from what others own.
    pub(super) part: usize,
    pub(super) handles: Vec<usize>,
    pub(super) tables: Vec<usize>,
}

impl Entry {
    pub(super) fn handles(&self) -> &[usize] {
        self.owned.as_ref().map_or(&[], |owned| &owned.handles)
    }

    pub(super) fn is_of(&self, part: usize) -> bool {
        self.owned.as_ref().is_some_and(|owned| owned.part == part)
    }

    pub(super) fn tables(&self) -> &[usize] {
        self.owned.as_ref().map_or(&[], |owned| &owned.tables)
    }
}

impl Model {
    /// Takes entries out of their tables, and returns what they own. Those that are lent out are kept for their
    /// borrowers.
    pub(super) fn take_entries(&mut self, is_it: impl Fn(&Entry) -> bool) -> Vec<Owned> {
        let mut entries: Vec<Entry> = self.entries.extract_if(.., |e| is_it(e)).collect();
        let is_lent = |entry: &mut Entry| self.loans.contains(&entry.id);
        self.kept.extend(entries.extract_if(.., is_lent));
        let entries = entries.into_iter();
        entries.filter_map(|entry| entry.owned).collect()
    }

    /// Takes out the entries of a table that is dropped or emptied.
    pub(super) fn end_of(&mut self, table: usize) -> Vec<Owned> {
        self.take_entries(|entry| entry.table == table)
    }

    /// Takes out the entries of an object whose weak handles are cleared.
    pub(super) fn entries_of(&mut self, id: usize) -> Vec<Owned> {
        self.take_entries(|entry| entry.object == id)
    }

    /// The object by whose death something went that an entry owned.
    pub(super) fn object_of(&self, part: usize) -> usize {
        let mut entries = self.entries.iter();
        match entries.find(|entry| entry.is_of(part)) {
            Some(entry) => entry.object,
            None => fail(&format!("part {part} was not to go now")),
        }
    }

    /// The next one of several parts to go, in the order that the library takes.
    fn next_to_go(&mut self, all: &mut Vec<Owned>) -> Option<Owned> {
        if all.is_empty() {
            return None;
        }
        let parts: Vec<usize> = all.iter().map(|owned| owned.part).collect();
        match self.log.pop_front() {
            Some(Event::Discarded(part)) if parts.contains(&part) => {
                let index = parts.iter().position(|other| *other == part)?;
                Some(all.remove(index))
            }
            other => fail(&format!(
                "one of the parts {parts:?} was to be dropped, not {other:?}"
            )),
        }
    }

    /// What was in entries that have left their tables goes, one by one.
    pub(super) fn discard_all(&mut self, mut all: Vec<Owned>, first: &mut Outcome) {
        while let Some(owned) = self.next_to_go(&mut all) {
            let outcome = self.give_up_parts(owned);
            *first = first.and(outcome);
        }
    }

    /// User code drops what entries own, all of it whatever panics.
    pub(super) fn give_up_owned(&mut self, mut all: Vec<Owned>) -> Outcome {
        let mut first = Ok(());
        while let Some(owned) = self.next_to_go(&mut all) {
            let so_far = first;
            let next = self
                .while_unwinding(&so_far, |model| model.give_up_parts(owned))
                .map(drop);
            first = first.and(next);
        }
        first
    }

    fn give_up_parts(&mut self, owned: Owned) -> Outcome {
        let mut first = self.give_up_all(owned.handles);
        for table in owned.tables {
            let so_far = first;
            let next = self.while_unwinding(&so_far, |model| {
                let all = model.end_of(table);
                model.give_up_owned(all)
            });
            first = first.and(next.map(drop));
        }
        first
    }

    /// The same goes with an object.
    pub(super) fn let_go_owned(&mut self, mut all: Vec<Owned>, first: &mut Outcome) {
        while let Some(owned) = self.next_to_go(&mut all) {
            for id in owned.handles {
                self.let_go(id, first);
            }
            for table in owned.tables {
                let all = self.end_of(table);
                self.let_go_owned(all, first);
            }
        }
    }
}
