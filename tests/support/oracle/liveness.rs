//! The model's reachability: what is garbage.

use std::collections::BTreeSet;

use super::entry::{Entry, Owned};
use super::model::{Model, Object};

/// Who owns a table.
enum Owner<'m> {
    Object(usize),
    /// The value of an entry.
    Value(&'m Entry),
    /// The program, or something that is being dropped.
    Program,
}

impl Model {
    /// The members of a set that no handle from outside the set leads to.
    ///
    /// What an entry owns counts as held by its key and its table together.
    pub(super) fn unreachable(&self, set: &BTreeSet<usize>) -> BTreeSet<usize> {
        let edges = set.iter().flat_map(|id| self.edges(*id));
        let values = self.entries_at_home().flat_map(Entry::handles);
        let explained: Vec<usize> = edges.chain(values).copied().collect();
        let is_explained = |id: &usize| {
            let handles = explained.iter().filter(|other| *other == id).count();
            self.objects[*id].handles <= handles
        };
        let mut dead: BTreeSet<usize> = set.iter().copied().filter(is_explained).collect();
        loop {
            let live = set.iter().filter(|id| !dead.contains(id));
            let edges = live.flat_map(|id| self.edges(*id));
            let active = self.entries_at_home();
            let active = active.filter(|entry| self.counts(entry, &dead, &mut Vec::new()));
            let reached = edges.chain(active.flat_map(Entry::handles));
            let saved: Vec<usize> = reached.copied().filter(|id| dead.contains(id)).collect();
            if saved.is_empty() {
                return dead;
            }
            dead.retain(|id| !saved.contains(id));
        }
    }

    fn edges(&self, id: usize) -> impl Iterator<Item = &usize> {
        let object = &self.objects[id];
        let edges = object.edges.iter();
        let edges = edges.filter(move |_| self.borrowed != Some(id));
        edges.chain(object.captures.iter().flat_map(|owned| &owned.handles))
    }

    /// The entries but for those that are lent out: what these hold is held from outside.
    fn entries_at_home(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter();
        entries.filter(|entry| !self.loans.contains(&entry.id))
    }

    /// Takes out the ephemerons that are of no concern any more, by the death of keys or of maps.
    pub(super) fn entries_of_dead_maps(&mut self) -> Vec<Owned> {
        let is_dead = |entry: &&Entry| {
            self.tables[entry.table].kind.has_values()
                && !self.counts(entry, &self.condemned, &mut Vec::new())
        };
        let dead = self.entries_at_home().filter(is_dead);
        let dead: Vec<usize> = dead.map(|entry| entry.id).collect();
        self.take_entries(|entry| dead.contains(&entry.id))
    }

    /// Whether both the key and the table of an entry are alive.
    ///
    /// Tables that own each other by way of values, all of which the keys keep, go when one of these
    /// keys does.
    fn counts(&self, entry: &Entry, dead: &BTreeSet<usize>, way: &mut Vec<usize>) -> bool {
        if dead.contains(&entry.object) {
            return false;
        }
        if way.contains(&entry.id) {
            return true;
        }
        way.push(entry.id);
        match self.owner(entry.table) {
            Owner::Object(id) => !dead.contains(&id),
            Owner::Value(outer) => self.counts(outer, dead, way),
            Owner::Program => true,
        }
    }

    fn owner(&self, table: usize) -> Owner<'_> {
        let owns = |id: &usize| {
            let Object {
                tables, captures, ..
            } = &self.objects[*id];
            let captures = captures.iter().flat_map(|owned| &owned.tables);
            tables.iter().chain(captures).any(|other| *other == table)
        };
        if let Some(id) = (0..self.objects.len()).find(owns) {
            return Owner::Object(id);
        }
        let mut entries = self.entries_at_home();
        match entries.find(|entry| entry.tables().contains(&table)) {
            Some(entry) => Owner::Value(entry),
            None => Owner::Program,
        }
    }
}
