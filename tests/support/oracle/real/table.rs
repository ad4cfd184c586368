//! The weak collections of a program.

use std::any::Any;
use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use gordian::Trace;

use super::super::super::program::{Action, Content, Event, Kind, Op, held, numbered};
use super::super::weak::{Ephemeron, Lent, WeakIdentityMap, WeakIdentitySet, WeakValueMap};
use super::super::{Gc, Shared, Slot, world};
use super::action::me_or_newest;
use super::object::{Core, Handle, Node};
use super::world::{at_root, log, next, pick, pull, root};

#[derive(Trace)]
pub(super) enum Table {
    Values(WeakValueMap<Key, dyn Node>),
    Members(WeakIdentitySet<dyn Node>),
    Ephemerons(WeakIdentityMap<dyn Node, Value>),
    Single(Slot<Option<Ephemeron<dyn Node, Value>>>),
}

/// A key of a map of values.
#[derive(Trace)]
pub(super) struct Key {
    mark: Mark,
    number: u8,
}

impl Borrow<u8> for Key {
    fn borrow(&self) -> &u8 {
        &self.number
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// A value of a map of keys.
#[derive(Trace)]
pub(super) struct Value {
    mark: Mark,
    handles: Slot<Vec<Handle>>,
    tables: Slot<Vec<Table>>,
}

impl Value {
    fn new(handles: Vec<Handle>) -> Self {
        Self {
            mark: Mark::new(),
            handles: Slot::new(handles),
            tables: Slot::default(),
        }
    }

    fn content(&self, of_key: Content) -> Content {
        Content {
            handles: self.handles.borrow().iter().map(|h| h.id()).collect(),
            tables: self.tables.borrow().iter().map(Table::len).collect(),
            ..of_key
        }
    }
}

/// Whether an ephemeron is of a key.
fn is_of(single: &Slot<Option<Ephemeron<dyn Node, Value>>>, object: &Handle) -> bool {
    let single = single.borrow();
    let key = single.as_ref().and_then(Ephemeron::key);
    key.is_some_and(|key| Gc::ptr_eq(&key, object))
}

/// User code that runs meanwhile finds nothing there, and may put another one there.
fn clear_single(single: &Slot<Option<Ephemeron<dyn Node, Value>>>) {
    let Some(cleared) = single.take() else {
        return;
    };
    cleared.clear();
    single.borrow_mut().get_or_insert(cleared);
}

/// A value that is lent out.
pub(super) type Loan = Lent<Value, dyn Node>;

/// Something to be dropped where user code may run.
type Loose = Option<Box<dyn Any>>;

fn loose<T: 'static>(it: Option<T>) -> Loose {
    it.map(|it| Box::new(it) as Box<dyn Any>)
}

/// Says when what an entry owns is dropped, or what a closure has captured.
#[derive(Trace)]
#[trace(leaf)]
pub(super) struct Mark(usize);

impl Mark {
    pub(super) fn new() -> Self {
        Self(world(|w| next(&w.next_part)))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        log(Event::Discarded(self.0));
    }
}

impl Table {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Values => Self::Values(WeakValueMap::new()),
            Kind::Members => Self::Members(WeakIdentitySet::default()),
            Kind::Ephemerons => Self::Ephemerons(WeakIdentityMap::default()),
            Kind::Single => Self::Single(Slot::default()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Values(map) => map.len(),
            Self::Members(set) => set.len(),
            Self::Ephemerons(map) => map.len(),
            Self::Single(it) => usize::from(it.borrow().as_ref().is_some_and(Ephemeron::is_alive)),
        }
    }

    /// Puts an object in, with what `held` says as its value if there are such.
    fn insert(&self, object: &Handle, number: u8, held: impl FnOnce() -> Vec<Handle>) -> Loose {
        match self {
            Self::Values(map) => {
                let mark = Mark::new();
                loose(map.insert(Key { mark, number }, object))
            }
            Self::Members(set) => {
                set.insert(object);
                None
            }
            Self::Ephemerons(map) => loose(map.insert(object, Value::new(held()))),
            Self::Single(it) => {
                let new = Ephemeron::new(object, Value::new(held()));
                loose(it.replace(Some(new)))
            }
        }
    }

    fn remove(&self, object: &Handle, number: u8) -> Loose {
        match self {
            Self::Values(map) => loose(map.remove(&number)),
            Self::Members(set) => {
                set.remove(object);
                None
            }
            Self::Ephemerons(map) => loose(map.remove(object)),
            Self::Single(it) if is_of(it, object) => loose(it.take()),
            Self::Single(_) => None,
        }
    }

    fn lend(&self, key: &Handle) -> Option<Loan> {
        match self {
            Self::Ephemerons(map) => map.get(key),
            Self::Single(it) if is_of(it, key) => it.borrow().as_ref()?.value(),
            _ => None,
        }
    }

    fn clear(&self) {
        match self {
            Self::Values(map) => map.clear(),
            Self::Members(set) => set.clear(),
            Self::Ephemerons(map) => map.clear(),
            Self::Single(it) => clear_single(it),
        }
    }

    fn contents(&self) -> Vec<Content> {
        let content = |number, object: Handle| Content {
            number,
            object: object.id(),
            handles: Vec::new(),
            tables: Vec::new(),
        };
        let mut contents: Vec<_> = match self {
            Self::Values(map) => {
                let entries = map.iter();
                entries.map(|(key, o)| content(key.number, o)).collect()
            }
            Self::Members(set) => set.iter().map(|object| content(0, object)).collect(),
            Self::Ephemerons(map) => {
                let entries = map.iter();
                let entries = entries.map(|(key, value)| value.content(content(0, key)));
                entries.collect()
            }
            Self::Single(it) => {
                let it = it.borrow();
                let key = it.as_ref().and_then(Ephemeron::key);
                let value = it.as_ref().and_then(Ephemeron::value);
                let entry = key.zip(value);
                let entry = entry.map(|(key, value)| value.content(content(0, key)));
                entry.into_iter().collect()
            }
        };
        contents.sort();
        contents
    }
}

/// Uses the table that a number stands for. No user code is to run in `f`.
fn at_table<R>(place: u8, f: impl FnOnce(&Table) -> R) -> Option<R> {
    if place.is_multiple_of(2) {
        return world(|w| pick(&w.shelf, place / 2)).map(|table| f(&table));
    }
    at_root(place / 2, |owner| {
        let tables = owner.core()?.tables.borrow();
        Some(f(&tables[usize::from(place).checked_rem(tables.len())?]))
    })?
}

/// Runs an operation on tables.
pub(super) fn run(op: Op) {
    match op {
        Op::Table(kind) => world(|w| w.shelf.borrow_mut().push(Shared::new(Table::new(kind)))),
        Op::DropTable(number) => drop(world(|w| pull(&w.shelf, number))),
        Op::GiveTable(into, number) => {
            at_root(into, |into| {
                let core = into.core()?;
                let table = world(|w| pull(&w.shelf, number)).and_then(Shared::into_inner);
                core.tables.borrow_mut().extend(table);
                Some(())
            });
        }
        Op::TakeTable(from, number) => {
            let table = at_root(from, |from| pull(&from.core()?.tables, number)).flatten();
            world(|w| w.shelf.borrow_mut().extend(table.map(Shared::new)));
        }
        Op::Insert(place, object, number) => {
            let held = || held(number).filter_map(root).collect();
            let insert = |table: &Table| {
                at_root(object, |object| {
                    table.insert(object, numbered(number), held)
                })
            };
            drop(at_table(place, insert));
        }
        Op::Remove(place, object, number) => {
            let number = numbered(number);
            let remove = |table: &Table| at_root(object, |object| table.remove(object, number));
            drop(at_table(place, remove));
        }
        Op::Clear(place) => clear(place),
        Op::Contents(place) => {
            let contents = at_table(place, Table::contents);
            contents.into_iter().for_each(|c| log(Event::Contents(c)));
        }
        Op::PutIn(place, key, number) => {
            if let Some((_, value)) = lend(place, key) {
                value.handles.borrow_mut().extend(root(number));
            }
        }
        Op::PutTable(place, key, number) => {
            if let Some((_, value)) = lend(place, key) {
                let table = world(|w| pull(&w.shelf, number)).and_then(Shared::into_inner);
                value.tables.borrow_mut().extend(table);
            }
        }
        Op::MoveKey(place, key) => {
            if let Some((index, value)) = lend(place, key) {
                let key = world(|w| w.roots.borrow_mut().remove(index));
                value.handles.borrow_mut().push(key);
            }
        }
        Op::Lend(place, key) => {
            let lent = lend(place, key);
            world(|w| w.loans.borrow_mut().extend(lent.map(|(_, value)| value)));
        }
        Op::GiveBack(number) => drop(world(|w| pull(&w.loans, number))),
        other => unreachable!("{other:?} is not of tables"),
    }
}

/// The first root from a number on that is in a map of keys, and its value.
fn lend(place: u8, key: u8) -> Option<(usize, Loan)> {
    at_table(place, |table| {
        world(|w| {
            let roots = w.roots.borrow();
            let mut order = (0..roots.len()).map(|more| (usize::from(key) + more) % roots.len());
            order.find_map(|index| Some((index, table.lend(&roots[index])?)))
        })
    })?
}

/// Empties a table, which is held meanwhile.
fn clear(place: u8) {
    if place.is_multiple_of(2) {
        let table = world(|w| pick(&w.shelf, place / 2));
        table.into_iter().for_each(|table| table.clear());
    } else if let Some(owner) = root(place / 2)
        && let Some(core) = owner.core()
    {
        let tables = core.tables.borrow();
        if let Some(index) = usize::from(place).checked_rem(tables.len()) {
            tables[index].clear();
        }
    }
}

/// What user code does with the newest table.
pub(super) fn act(action: Action, core: Option<&Core>) {
    if action == Action::Contents {
        let shelf = world(|w| w.shelf.borrow().clone());
        shelf
            .iter()
            .for_each(|table| log(Event::Contents(table.contents())));
        return;
    }
    let Some(table) = world(|w| w.shelf.borrow().last().cloned()) else {
        return;
    };
    match action {
        Action::Insert => {
            let insert = |object: &Handle| table.insert(object, 0, || vec![object.clone()]);
            drop(me_or_newest(core).map(|object| insert(&object)));
        }
        Action::Remove => drop(me_or_newest(core).map(|object| table.remove(&object, 0))),
        Action::Clear => table.clear(),
        other => unreachable!("{other:?} is not of tables"),
    }
}

/// How many entries tables have: those on the shelf, then those of the roots' objects.
pub(super) fn sizes() -> Vec<usize> {
    world(|w| {
        let mut sizes: Vec<_> = w.shelf.borrow().iter().map(|table| table.len()).collect();
        for core in w.roots.borrow().iter().filter_map(|root| root.core()) {
            sizes.extend(core.tables.borrow().iter().map(Table::len));
        }
        sizes
    })
}
