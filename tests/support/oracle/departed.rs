//! Entries of the dead that stay with their tables, on the heap that threads share.
//!
//! The values of a map are held by the map there. So if one leads to the dead, its map is dead, too; and when
//! its key goes, by which nobody finds the entry any more, it waits for the map to be dropped.

use super::entry::{Entry, Owned};
use super::model::{Model, State};

pub(super) struct Departed {
    entry: Entry,
    /// The value leads to the dead by tables that it owns. Their entries may have departed before, which is
    /// as the library likes; then this one has left its table.
    may_have_left: bool,
}

impl Model {
    /// Puts the entries of an object aside that are not to leave.
    pub(super) fn depart(&mut self, id: usize) {
        let mut index = 0;
        while index < self.entries.len() {
            let entry = &self.entries[index];
            let is_at_home = entry.object == id && !self.loans.contains(&entry.id);
            let holds_dead = self.holds_dead(entry);
            if is_at_home && (holds_dead || self.lead_to_dead(entry.tables(), &mut Vec::new())) {
                let entry = self.entries.remove(index);
                self.departed.push(Departed {
                    entry,
                    may_have_left: !holds_dead,
                });
            } else {
                index += 1;
            }
        }
    }

    fn holds_dead(&self, entry: &Entry) -> bool {
        let mut handles = entry.handles().iter();
        handles.any(|id| self.objects[*id].state != State::Whole)
    }

    fn lead_to_dead(&self, tables: &[usize], way: &mut Vec<usize>) -> bool {
        let departed = self.departed.iter().map(|departed| &departed.entry);
        let mut entries = self.entries.iter().chain(departed);
        entries.any(|entry| {
            if !tables.contains(&entry.table) || way.contains(&entry.id) {
                return false;
            }
            way.push(entry.id);
            self.holds_dead(entry) || self.lead_to_dead(entry.tables(), way)
        })
    }

    /// What goes with a table for sure.
    pub(super) fn departed_of(&mut self, table: usize) -> Vec<Owned> {
        let is_of = |it: &mut Departed| it.entry.table == table && !it.may_have_left;
        let departed = self.departed.extract_if(.., is_of);
        departed.filter_map(|it| it.entry.owned).collect()
    }

    /// This part, if it may have left its table; it goes now.
    pub(super) fn has_left(&mut self, part: usize) -> Option<Owned> {
        let is_it = |it: &mut Departed| it.entry.is_of(part) && it.may_have_left;
        self.departed.extract_if(.., is_it).next()?.entry.owned
    }
}
