//! The model's weak collections.

use super::entry::{Entry, Owned};
use super::model::{Model, Outcome, fail, pick};
use super::program::{Action, Content, Event, Kind, Op, Sort, held, numbered};

pub(super) struct Table {
    pub(super) kind: Kind,
}

fn root(model: &Model, number: u8) -> Option<usize> {
    pick(&model.roots, number).map(|index| model.roots[index])
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

    pub(super) fn sizes_of(&self, tables: &[usize]) -> Vec<usize> {
        tables.iter().map(|table| self.size_of(*table)).collect()
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
            Op::GiveTable(into, number) => {
                if let Some(root) = root(self, into)
                    && self.objects[root].sort != Sort::Light
                    && let Some(index) = pick(&self.shelf, number)
                {
                    let table = self.shelf.remove(index);
                    self.objects[root].tables.push(table);
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
                    self.give_up_owned(entries)?;
                }
            }
            Op::Clear(place) => {
                if let Some(table) = self.table(place) {
                    // The owner is held meanwhile.
                    let is_owned = !place.is_multiple_of(2);
                    let owner = root(self, place / 2).filter(|_| is_owned);
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
        match op {
            Op::Insert(place, object, number) => {
                if let (Some(table), Some(object)) = (self.table(place), root(self, object)) {
                    let held = match self.tables[table].kind {
                        kind if kind.has_values() => self.held(number),
                        _ => Vec::new(),
                    };
                    self.insert(table, object, numbered(number), held)?;
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

    /// The first root from a number on that is in a map of keys, and where its entry is.
    fn value(&self, place: u8, key: u8) -> Option<(usize, usize)> {
        let table = self.table(place)?;
        if !self.tables[table].kind.has_values() {
            return None;
        }
        let count = self.roots.len();
        let mut roots = (0..count).map(|more| (usize::from(key) + more) % count);
        roots.find_map(|root| Some((root, self.position(table, self.roots[root], 0)?)))
    }

    fn owned(&mut self, index: usize) -> &mut Owned {
        let owned = self.entries[index].owned.as_mut();
        owned.unwrap_or_else(|| fail("values own something"))
    }

    /// The operations on what a value holds.
    pub(super) fn run_value(&mut self, op: Op) {
        match op {
            Op::PutIn(place, key, number) => {
                if let (Some((_, index)), Some(id)) = (self.value(place, key), root(self, number)) {
                    let handle = self.cloned(id);
                    self.owned(index).handles.push(handle);
                }
            }
            Op::PutTable(place, key, number) => {
                if let (Some((_, index)), Some(number)) =
                    (self.value(place, key), pick(&self.shelf, number))
                {
                    let table = self.shelf.remove(number);
                    self.owned(index).tables.push(table);
                }
            }
            Op::MoveKey(place, key) => {
                if let Some((root, index)) = self.value(place, key) {
                    let handle = self.roots.remove(root);
                    self.owned(index).handles.push(handle);
                }
            }
            Op::Lend(place, key) => {
                let entry = self.value(place, key);
                let entry = entry.map(|(_, index)| self.entries[index].id);
                self.loans.extend(entry);
            }
            other => unreachable!("{other:?} is not of values"),
        }
    }

    /// The last loan of an entry that has left its table keeps it no more.
    pub(super) fn give_back(&mut self, number: u8) -> Outcome {
        let Some(index) = pick(&self.loans, number) else {
            return Ok(());
        };
        let id = self.loans.remove(index);
        let loans = &self.loans;
        let is_free = |entry: &mut Entry| entry.id == id && !loans.contains(&id);
        let free = self.kept.extract_if(.., is_free);
        let free = free.filter_map(|entry| entry.owned).collect();
        self.give_up_owned(free)
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
            (Action::Insert, Some(table), Some(object)) => {
                let held = match self.tables[table].kind {
                    kind if kind.has_values() => vec![self.cloned(object)],
                    _ => Vec::new(),
                };
                self.insert(table, object, 0, held)
            }
            (Action::Remove, Some(table), Some(object)) => self.remove(table, object, 0),
            _ => Ok(()),
        }
    }

    /// Where in the list of entries the one is of an object, or of a number if there are such.
    fn position(&self, table: usize, object: usize, number: u8) -> Option<usize> {
        self.entries.iter().position(|entry| {
            let is_it = match self.tables[table].kind {
                Kind::Values => entry.number == number,
                Kind::Members | Kind::Ephemerons | Kind::Single => entry.object == object,
            };
            entry.table == table && is_it
        })
    }

    pub(super) fn new_part(&mut self) -> usize {
        self.parts += 1;
        self.parts - 1
    }

    /// Clones of the handles that a new value is to hold.
    pub(super) fn held(&mut self, number: u8) -> Vec<usize> {
        let roots = held(number).filter_map(|number| root(self, number));
        let roots: Vec<usize> = roots.collect();
        roots.into_iter().map(|id| self.cloned(id)).collect()
    }

    fn insert(&mut self, table: usize, object: usize, number: u8, held: Vec<usize>) -> Outcome {
        let kind = self.tables[table].kind;
        let position = match kind {
            Kind::Single => self.entries.iter().position(|entry| entry.table == table),
            _ => self.position(table, object, number),
        };
        let part = (kind != Kind::Members).then(|| self.new_part());
        match (kind, position) {
            (Kind::Values, Some(index)) => {
                // The number that is there stays there.
                self.entries[index].object = object;
                self.entries[index].is_late = self.objects[object].was_saved;
                self.objects[object].had_weaks = true;
                self.expect(&Event::Discarded(self.parts - 1));
                return Ok(());
            }
            (Kind::Members, Some(_)) => return Ok(()),
            _ => {}
        }
        let old = position.map(|index| self.entries[index].id);
        self.entries.push(Entry {
            id: self.inserted,
            table,
            number: if kind == Kind::Values { number } else { 0 },
            object,
            is_late: self.objects[object].was_saved,
            owned: part.map(|part| Owned {
                part,
                handles: held,
                tables: Vec::new(),
            }),
        });
        self.inserted += 1;
        self.objects[object].had_weaks = true;
        let old = self.take_entries(|entry| Some(entry.id) == old);
        self.give_up_owned(old)
    }

    fn remove(&mut self, table: usize, object: usize, number: u8) -> Outcome {
        let position = self.position(table, object, number);
        let id = position.map(|index| self.entries[index].id);
        let entry = self.take_entries(|entry| Some(entry.id) == id);
        self.give_up_owned(entry)
    }

    pub(super) fn clear(&mut self, table: usize) -> Outcome {
        let entries = self.end_of(table);
        self.give_up_owned(entries)
    }

    pub(super) fn expect_contents(&mut self, table: usize) {
        let is_there = |entry: &&Entry| entry.table == table && self.upgrades_to(entry.object);
        let entries = self.entries.iter().filter(is_there);
        let mut contents: Vec<Content> = entries
            .map(|entry| Content {
                number: entry.number,
                object: entry.object,
                handles: entry.handles().to_vec(),
                tables: self.sizes_of(entry.tables()),
            })
            .collect();
        contents.sort();
        self.expect(&Event::Contents(contents));
    }
}
