//! The model's entries of weak collections: how they leave their tables, and go.

use super::model::{Model, Outcome, fail};
use super::program::Event;

/// An entry of a table, which leaves it the moment that its object is not whole any more.
pub(super) struct Entry {
    pub(super) id: usize,
    pub(super) table: usize,
    pub(super) number: u8,
    pub(super) object: usize,
    /// Tells what it owns from what others do, if it owns anything.
    pub(super) part: Option<usize>,
    /// The handles among that.
    pub(super) handles: Vec<usize>,
    /// The tables among that.
    pub(super) tables: Vec<usize>,
}

impl Model {
    /// Takes entries out of their tables. Those that are lent out are kept for their
    /// borrowers.
    pub(super) fn take_entries(&mut self, is_it: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.entries.extract_if(.., |e| is_it(e)).collect();
        let is_lent = |entry: &mut Entry| self.loans.contains(&entry.id);
        self.kept.extend(entries.extract_if(.., is_lent));
        entries
    }

    /// Takes out the entries of a table that is dropped or emptied.
    pub(super) fn end_of(&mut self, table: usize) -> Vec<Entry> {
        self.take_entries(|entry| entry.table == table)
    }

    /// Takes out the entries of an object whose weak handles are cleared.
    pub(super) fn entries_of(&mut self, id: usize) -> Vec<Entry> {
        self.take_entries(|entry| entry.object == id)
    }

    /// The object by whose death something went that an entry owned.
    pub(super) fn object_of(&self, part: usize) -> usize {
        let mut entries = self.entries.iter();
        match entries.find(|entry| entry.part == Some(part)) {
            Some(entry) => entry.object,
            None => fail(&format!("part {part} was not to go now")),
        }
    }

    /// The next one of some entries to go, in the order that the library takes.
    fn next_to_go(&mut self, entries: &mut Vec<Entry>) -> Option<Entry> {
        entries.retain(|entry| entry.part.is_some());
        if entries.is_empty() {
            return None;
        }
        let parts: Vec<_> = entries.iter().filter_map(|entry| entry.part).collect();
        match self.log.pop_front() {
            Some(Event::Discarded(part)) if parts.contains(&part) => {
                let index = parts.iter().position(|other| *other == part)?;
                Some(entries.remove(index))
            }
            other => fail(&format!(
                "one of the parts {parts:?} was to be dropped, not {other:?}"
            )),
        }
    }

    /// Entries that have left their tables go, one by one.
    pub(super) fn discard_all(&mut self, mut entries: Vec<Entry>, first: &mut Outcome) {
        while let Some(entry) = self.next_to_go(&mut entries) {
            let outcome = self.give_up_owned(entry);
            *first = first.and(outcome);
        }
    }

    /// User code drops entries, all of them whatever panics.
    pub(super) fn give_up_entries(&mut self, mut entries: Vec<Entry>) -> Outcome {
        let mut first = Ok(());
        while let Some(entry) = self.next_to_go(&mut entries) {
            let so_far = first;
            let next = self
                .while_unwinding(&so_far, |model| model.give_up_owned(entry))
                .map(drop);
            first = first.and(next);
        }
        first
    }

    /// User code drops what an entry owned.
    fn give_up_owned(&mut self, entry: Entry) -> Outcome {
        let mut first = self.give_up_all(entry.handles);
        for table in entry.tables {
            let so_far = first;
            let next = self.while_unwinding(&so_far, |model| {
                let entries = model.end_of(table);
                model.give_up_entries(entries)
            });
            first = first.and(next.map(drop));
        }
        first
    }

    /// Entries go with the object that owned their table.
    pub(super) fn let_go_entries(&mut self, mut entries: Vec<Entry>, first: &mut Outcome) {
        while let Some(entry) = self.next_to_go(&mut entries) {
            for id in entry.handles {
                self.let_go(id, first);
            }
            for table in entry.tables {
                let entries = self.end_of(table);
                self.let_go_entries(entries, first);
            }
        }
    }
}
