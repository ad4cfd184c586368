//! The model's weak collections: tables of entries, each there as long as its object is whole.

use super::model::{Model, Outcome, fail, pick};
use super::program::{Action, Content, Event, Kind, Op, numbered};

pub(super) struct Table {
    kind: Kind,
}

/// An entry of a table, held weakly by nobody but its object.
pub(super) struct Entry {
    table: usize,
    number: u8,
    pub(super) object: usize,
    /// Tells what it owns from what others do, if it owns anything.
    pub(super) part: Option<usize>,
    /// The handles among that.
    handles: Vec<usize>,
}

impl Model {
    /// The table that a number stands for.
    fn table(&self, place: u8) -> Option<usize> {
        if place.is_multiple_of(2) {
            return pick(&self.shelf, place / 2).map(|index| self.shelf[index]);
        }
        let root = self.roots[pick(&self.roots, place / 2)?];
        let tables = &self.objects[root].tables;
        pick(tables, place).map(|index| tables[index])
    }

    fn size_of(&self, table: usize) -> usize {
        let entries = self.entries.iter();
        entries.filter(|entry| entry.table == table).count()
    }

    pub(super) fn table_sizes(&self) -> Vec<usize> {
        let of_roots = self.roots.iter().flat_map(|id| &self.objects[*id].tables);
        let tables = self.shelf.iter().chain(of_roots);
        tables.map(|table| self.size_of(*table)).collect()
    }

    /// The operations on tables as such.
    pub(super) fn run_table(&mut self, op: Op) {
        match op {
            Op::Table(kind) => {
                self.shelf.push(self.tables.len());
                self.tables.push(Table { kind });
            }
            Op::GiveTable(root, number) => {
                if let Some(root) = pick(&self.roots, root)
                    && let Some(index) = pick(&self.shelf, number)
                {
                    let table = self.shelf.remove(index);
                    self.objects[self.roots[root]].tables.push(table);
                }
            }
            Op::TakeTable(root, number) => {
                if let Some(root) = pick(&self.roots, root)
                    && let tables = &mut self.objects[self.roots[root]].tables
                    && let Some(index) = pick(tables, number)
                {
                    self.shelf.push(tables.remove(index));
                }
            }
            other => unreachable!("{other:?} is not of tables"),
        }
    }

    /// The operations that drop all entries of a table.
    pub(super) fn run_emptying(&mut self, op: Op) -> Outcome {
        match op {
            Op::DropTable(number) => {
                if let Some(index) = pick(&self.shelf, number) {
                    let table = self.shelf.remove(index);
                    let entries = self.end_of(table);
                    self.give_up_entries(entries)?;
                }
            }
            Op::Clear(place) => {
                if let Some(table) = self.table(place) {
                    // The owner is held meanwhile.
                    let owner = (!place.is_multiple_of(2))
                        .then(|| self.roots[usize::from(place / 2) % self.roots.len()]);
                    let owner = owner.map(|id| self.cloned(id));
                    let outcome = self.clear(table);
                    self.while_unwinding(&outcome, |model| model.give_up_all(owner))?;
                    outcome?;
                }
            }
            other => unreachable!("{other:?} empties no table"),
        }
        Ok(())
    }

    /// The operations on single entries.
    pub(super) fn run_entry(&mut self, op: Op) -> Outcome {
        let root = |model: &Self, number| pick(&model.roots, number).map(|i| model.roots[i]);
        match op {
            Op::Insert(place, object, number) => {
                if let (Some(table), Some(object)) = (self.table(place), root(self, object)) {
                    self.insert(table, object, numbered(number))?;
                }
            }
            Op::Remove(place, object, number) => {
                if let (Some(table), Some(object)) = (self.table(place), root(self, object)) {
                    self.remove(table, object, numbered(number))?;
                }
            }
            Op::Contents(place) => {
                if let Some(table) = self.table(place) {
                    self.expect_contents(table);
                }
            }
            other => unreachable!("{other:?} is not of entries"),
        }
        Ok(())
    }

    /// What user code does with the newest table.
    pub(super) fn act_on_tables(&mut self, action: Action, me: Option<usize>) -> Outcome {
        if action == Action::Contents {
            for table in self.shelf.clone() {
                self.expect_contents(table);
            }
            return Ok(());
        }
        let object = me.or_else(|| self.roots.last().copied());
        match (action, self.shelf.last().copied(), object) {
            (Action::Clear, Some(table), _) => self.clear(table),
            (Action::Insert, Some(table), Some(object)) => self.insert(table, object, 0),
            (Action::Remove, Some(table), Some(object)) => self.remove(table, object, 0),
            _ => Ok(()),
        }
    }

    /// Where in the list of entries the one is that a new one would meet.
    fn position(&self, table: usize, object: usize, number: u8) -> Option<usize> {
        self.entries.iter().position(|entry| {
            let is_it = match self.tables[table].kind {
                Kind::Values => entry.number == number,
                Kind::Members => entry.object == object,
            };
            entry.table == table && is_it
        })
    }

    fn new_part(&mut self) -> usize {
        self.parts += 1;
        self.parts - 1
    }

    pub(super) fn insert(&mut self, table: usize, object: usize, number: u8) -> Outcome {
        let position = self.position(table, object, number);
        let kind = self.tables[table].kind;
        let part = (kind != Kind::Members).then(|| self.new_part());
        if let Some(index) = position {
            if kind == Kind::Values {
                // The number that is there stays there.
                self.entries[index].object = object;
                self.expect(&Event::Discarded(self.parts - 1));
            }
            return Ok(());
        }
        self.entries.push(Entry {
            table,
            number: if kind == Kind::Values { number } else { 0 },
            object,
            part,
            handles: Vec::new(),
        });
        Ok(())
    }

    pub(super) fn remove(&mut self, table: usize, object: usize, number: u8) -> Outcome {
        let index = self.position(table, object, number);
        let entry = index.map(|index| self.entries.remove(index));
        self.give_up_entries(entry.into_iter().collect())
    }

    pub(super) fn clear(&mut self, table: usize) -> Outcome {
        let entries = self.end_of(table);
        self.give_up_entries(entries)
    }

    pub(super) fn expect_contents(&mut self, table: usize) {
        let entries = self.entries.iter().filter(|entry| entry.table == table);
        let mut contents: Vec<Content> = entries
            .map(|entry| Content {
                number: entry.number,
                object: entry.object,
            })
            .collect();
        contents.sort();
        self.expect(&Event::Contents(contents));
    }

    /// Takes out the entries of a table that is dropped or emptied.
    pub(super) fn end_of(&mut self, table: usize) -> Vec<Entry> {
        let entries = self.entries.extract_if(.., |entry| entry.table == table);
        entries.collect()
    }

    /// Takes out the entries of an object whose weak handles are cleared.
    pub(super) fn entries_of(&mut self, id: usize) -> Vec<Entry> {
        let entries = self.entries.extract_if(.., |entry| entry.object == id);
        entries.collect()
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
            let outcome = self.give_up_all(entry.handles);
            *first = first.and(outcome);
        }
    }

    /// User code drops entries, all of them whatever panics.
    fn give_up_entries(&mut self, mut entries: Vec<Entry>) -> Outcome {
        let mut first = Ok(());
        while let Some(entry) = self.next_to_go(&mut entries) {
            let so_far = first;
            let next = self
                .while_unwinding(&so_far, |model| model.give_up_all(entry.handles))
                .map(drop);
            first = first.and(next);
        }
        first
    }

    /// Entries go with the object that owned their table.
    pub(super) fn let_go_entries(&mut self, mut entries: Vec<Entry>, first: &mut Outcome) {
        while let Some(entry) = self.next_to_go(&mut entries) {
            for id in entry.handles {
                self.let_go(id, first);
            }
        }
    }
}
