//! The model: objects in a vector, handles counted, reachability by walking.

use std::collections::{BTreeSet, VecDeque};
use std::panic::resume_unwind;

use super::Driver;
use super::entry::{Entry, Owned};
use super::program::{Action, Culprit, Event, Op, Seen, Snapshot, Sort, Told};
use super::saved::Saved;
use super::table::Table;

/// What user code ends with: its own panic, or one that arrived in it.
pub(super) type Outcome<T = ()> = Result<T, Culprit>;

/// What frozen objects are in.
const PERMANENT: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Its weak handles upgrade.
    Whole,
    /// They do not any more.
    Cleared,
    /// The value is dropped.
    Gone,
}

pub(super) struct Object {
    pub(super) action: Option<Action>,
    pub(super) sort: Sort,
    pub(super) is_finalized: bool,
    /// Something weak has led to it at some time.
    pub(super) had_weaks: bool,
    /// It was garbage at some time, and was saved.
    pub(super) was_saved: bool,
    pub(super) state: State,
    pub(super) generation: usize,
    /// How many collections there had been when it was made.
    pub(super) epoch: usize,
    pub(super) handles: usize,
    pub(super) edges: Vec<usize>,
    pub(super) weaks: VecDeque<usize>,
    pub(super) tables: Vec<usize>,
    /// What its closure has captured, if it has one.
    pub(super) captures: Option<Owned>,
    pub(super) is_closed: bool,
    /// How many calls of its closure are in progress.
    pub(super) calls: usize,
}

impl Object {
    /// One with a handle, that is not there yet.
    pub(super) fn new(action: Option<Action>, sort: Sort) -> Self {
        Self {
            action,
            sort,
            is_finalized: false,
            had_weaks: false,
            was_saved: false,
            state: State::Gone,
            generation: 0,
            epoch: 0,
            handles: 1,
            edges: Vec::new(),
            weaks: VecDeque::new(),
            tables: Vec::new(),
            captures: None,
            is_closed: false,
            calls: 0,
        }
    }
}

/// A weak handle and its clones.
pub(super) struct Registration {
    pub(super) target: usize,
    pub(super) action: Option<Action>,
    pub(super) handles: usize,
    /// All handles were in garbage when its weak handles were cleared.
    pub(super) is_called_off: bool,
    /// It is a function that waits, as long as it counts as a handle.
    pub(super) is_finalizer: bool,
    /// Its object was saved since.
    pub(super) has_ended: bool,
    /// Its object had been saved before.
    pub(super) is_late: bool,
}

/// The model of a heap, and of all that the program holds.
#[derive(Default)]
pub(super) struct Model {
    /// Whether ephemerons leave a map that is garbage.
    pub(super) leave_dead_maps: bool,
    /// Whether garbage with handles that lead out of it is never dropped without its handles.
    pub(super) dissolves_only_closed: bool,
    pub(super) objects: Vec<Object>,
    pub(super) registrations: Vec<Registration>,
    pub(super) roots: Vec<usize>,
    pub(super) aside: Vec<usize>,
    pub(super) weaks: Vec<usize>,
    /// The functions that wait for the end of an object, or have waited.
    pub(super) finalizers: Vec<usize>,
    /// All tables there ever were.
    pub(super) tables: Vec<Table>,
    /// Those of them that nobody but the program owns.
    pub(super) shelf: Vec<usize>,
    /// The entries that are in tables.
    pub(super) entries: Vec<Entry>,
    /// The entries whose values are lent out.
    pub(super) loans: Vec<usize>,
    /// Those of them that have left their tables.
    pub(super) kept: Vec<Entry>,
    /// How many entries owned something, ever.
    pub(super) parts: usize,
    /// How many entries there were, ever.
    pub(super) inserted: usize,
    /// What the library did in this step and the model has not accounted for.
    pub(super) log: VecDeque<Event>,
    /// Whether garbage is saved.
    pub(super) saves_garbage: bool,
    /// All that was ever saved.
    pub(super) savings: Vec<Saved>,
    /// What is in the library's list of saved garbage.
    pub(super) garbage: Vec<usize>,
    /// Copies of it, or of members of it.
    pub(super) copies: Vec<Vec<usize>>,
    pub(super) values: usize,
    pub(super) is_automatic: bool,
    pub(super) is_collecting: bool,
    /// How many collections there have been.
    pub(super) epoch: usize,
    /// Garbage that the running collection holds together.
    pub(super) condemned: BTreeSet<usize>,
    /// Whether the garbage that is being dropped holds nothing but handles: what they lead to is released
    /// when it is gone.
    pub(super) is_dissolving: bool,
    /// What waits for its release, and does not upgrade.
    pub(super) waiting: VecDeque<usize>,
    /// The object whose edges cannot be read now.
    pub(super) borrowed: Option<usize>,
    /// How many panics are unwinding: no other arrives meanwhile.
    pub(super) unwinding: usize,
}

/// Ends the check of a program.
pub(super) fn fail(text: &str) -> ! {
    resume_unwind(Box::new(text.to_owned()))
}

pub(super) fn pick(list: &[usize], number: u8) -> Option<usize> {
    usize::from(number).checked_rem(list.len())
}

impl Model {
    pub(super) fn of<D: Driver>() -> Self {
        Self {
            leave_dead_maps: D::LEAVE_DEAD_MAPS,
            dissolves_only_closed: D::DISSOLVES_ONLY_CLOSED,
            ..Self::default()
        }
    }

    pub(super) fn has_roots(&self) -> bool {
        !self.roots.is_empty()
    }

    pub(super) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    pub(super) fn has_weaks(&self) -> bool {
        !self.weaks.is_empty()
    }

    pub(super) fn has_loans(&self) -> bool {
        !self.loans.is_empty()
    }

    pub(super) fn has_tables(&self) -> bool {
        !self.shelf.is_empty()
    }

    pub(super) fn has_saved(&self) -> bool {
        !self.garbage.is_empty() || !self.copies.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects
            .iter()
            .all(|object| object.state == State::Gone)
    }

    /// The end: every value was dropped, and no value is left.
    pub(super) fn finish(&self) {
        if self.values != 0 {
            fail("values are left at the end");
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let tracked = self
            .objects
            .iter()
            .enumerate()
            .filter(|(_, o)| o.state == State::Whole && o.generation != PERMANENT);
        let seen = |(id, o): (usize, &Object)| Seen {
            id,
            generation: o.generation,
            strong: o.handles,
        };
        let (garbage, copies) = self.all_saved();
        Snapshot {
            objects: tracked.map(seen).collect(),
            frozen: self.of_generation(PERMANENT).count(),
            roots: self.roots.clone(),
            told: self.tell_all(self.roots.iter().map(|id| (*id, true))),
            aside: self.aside.clone(),
            weaks: self.tell_all(self.weaks.iter().map(|weak| {
                let registration = &self.registrations[*weak];
                (registration.target, !registration.has_ended)
            })),
            finalizers: self.waiting_finalizers(),
            tables: self.table_sizes(),
            loans: self.loans.len(),
            garbage,
            copies,
        }
    }

    /// What handles to these objects tell, unless they have ended.
    fn tell_all(&self, handles: impl Iterator<Item = (usize, bool)>) -> Vec<Told> {
        let handles: Vec<(usize, bool)> = handles.collect();
        let first = |id| handles.iter().position(|(other, _)| *other == id);
        let tell = |(id, leads): &(usize, bool)| {
            let is_whole = *leads && self.objects[*id].state == State::Whole;
            Told {
                strong: if is_whole {
                    self.objects[*id].handles
                } else {
                    0
                },
                weak: if is_whole { self.weak_count(*id) } else { 0 },
                same: first(*id).unwrap_or_default(),
            }
        };
        handles.iter().map(tell).collect()
    }

    /// How many weak handles there are to an object: those of the program, its own, and those in tables.
    pub(super) fn weak_count(&self, id: usize) -> usize {
        let registrations = self.registrations.iter();
        let registrations = registrations.filter(|registration| registration.target == id);
        let handles: usize = registrations.map(|registration| registration.handles).sum();
        let entries = self.entries.iter().chain(&self.kept);
        let entries = entries.filter(|entry| entry.object == id);
        let own = usize::from(self.objects[id].action.is_some());
        handles + entries.count() + own
    }

    /// Does the step, and checks that `log` and `panic` are what comes of it.
    pub(super) fn step(&mut self, op: Op, log: Vec<Event>, panic: Option<Culprit>) {
        self.log = log.into();
        let expected = self.run(op).err();
        if !self.log.is_empty() {
            fail(&format!("nothing more was to happen, but {:?}", self.log));
        }
        if panic != expected {
            fail(&format!("expected the panic {expected:?}, found {panic:?}"));
        }
    }

    pub(super) fn expect(&mut self, event: &Event) {
        let found = self.log.pop_front();
        if found.as_ref() != Some(event) {
            fail(&format!(
                "expected {event:?}, found {found:?}, then {:?}",
                self.log
            ));
        }
    }

    /// The objects of a generation that are there.
    fn of_generation(&self, generation: usize) -> impl Iterator<Item = usize> {
        let is_of = move |(_, object): &(usize, &Object)| {
            object.state != State::Gone && object.generation == generation
        };
        let objects = self.objects.iter().enumerate();
        objects.filter(is_of).map(|(id, _)| id)
    }

    pub(super) fn freeze(&mut self) {
        let is_there = |object: &&mut Object| object.state != State::Gone;
        for object in self.objects.iter_mut().filter(is_there) {
            object.generation = PERMANENT;
        }
    }

    pub(super) fn unfreeze(&mut self) {
        let frozen: Vec<usize> = self.of_generation(PERMANENT).collect();
        for id in frozen {
            self.objects[id].generation = 2;
        }
    }

    pub(super) fn cloned(&mut self, id: usize) -> usize {
        self.objects[id].handles += 1;
        id
    }

    pub(super) fn cloned_weak(&mut self, weak: usize) -> usize {
        self.registrations[weak].handles += 1;
        weak
    }

    pub(super) fn add_root(&mut self, id: usize) {
        let root = self.cloned(id);
        self.roots.push(root);
    }

    pub(super) fn add_weak(&mut self, target: usize, action: Option<Action>) {
        self.objects[target].had_weaks = true;
        self.weaks.push(self.registrations.len());
        self.registrations.push(Registration {
            target,
            action,
            handles: 1,
            is_called_off: false,
            is_finalizer: false,
            has_ended: false,
            is_late: self.objects[target].was_saved,
        });
    }

    pub(super) fn upgrade(&mut self, weak: usize) {
        if self.leads(&weak) {
            self.add_root(self.registrations[weak].target);
        }
    }

    pub(super) fn upgrades_to(&self, id: usize) -> bool {
        self.objects[id].state == State::Whole && !self.waiting.contains(&id)
    }

    pub(super) fn upgrades(&self) -> Vec<bool> {
        self.weaks.iter().map(|weak| self.leads(weak)).collect()
    }

    /// Whether a weak handle upgrades.
    fn leads(&self, weak: &usize) -> bool {
        let registration = &self.registrations[*weak];
        !registration.has_ended && self.upgrades_to(registration.target)
    }
}
