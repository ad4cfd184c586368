//! The model: objects in a vector, handles counted, reachability by walking.

use std::collections::{BTreeSet, VecDeque};
use std::panic::resume_unwind;

use super::program::{Action, Culprit, Event, MOST_VALUES, Op, Seen, Snapshot};

/// What user code ends with: its own panic, or one that arrived in it.
pub(super) type Outcome<T = ()> = Result<T, Culprit>;

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
    pub(super) is_bomb: bool,
    pub(super) is_finalized: bool,
    pub(super) state: State,
    pub(super) generation: usize,
    /// How many collections there had been when it was made.
    pub(super) epoch: usize,
    pub(super) handles: usize,
    pub(super) edges: Vec<usize>,
    pub(super) weaks: VecDeque<usize>,
}

/// A weak handle and its clones.
pub(super) struct Registration {
    pub(super) target: usize,
    pub(super) action: Option<Action>,
    pub(super) handles: usize,
    /// All handles were in garbage when its weak handles were cleared.
    pub(super) is_called_off: bool,
}

/// The model of a thread's heap, and of all that the program holds.
#[derive(Default)]
pub(super) struct Model {
    pub(super) objects: Vec<Object>,
    pub(super) registrations: Vec<Registration>,
    roots: Vec<usize>,
    aside: Vec<usize>,
    weaks: Vec<usize>,
    /// What the library did in this step and the model has not accounted for.
    pub(super) log: VecDeque<Event>,
    pub(super) values: usize,
    is_automatic: bool,
    pub(super) is_collecting: bool,
    /// Garbage that the running collection holds together.
    /// How many collections there have been.
    pub(super) epoch: usize,
    pub(super) condemned: BTreeSet<usize>,
    /// The object whose edges cannot be read now.
    pub(super) borrowed: Option<usize>,
    /// How many panics are unwinding: no other arrives meanwhile.
    pub(super) unwinding: usize,
}

/// Ends the check of a program.
pub(super) fn fail(text: &str) -> ! {
    resume_unwind(Box::new(text.to_owned()))
}

fn pick(list: &[usize], number: u8) -> Option<usize> {
    usize::from(number).checked_rem(list.len())
}

impl Model {
    pub(super) fn has_roots(&self) -> bool {
        !self.roots.is_empty()
    }

    pub(super) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    pub(super) fn has_weaks(&self) -> bool {
        !self.weaks.is_empty()
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
            .filter(|(_, o)| o.state == State::Whole);
        let seen = |(id, o): (usize, &Object)| Seen {
            id,
            generation: o.generation,
            strong: o.handles,
        };
        Snapshot {
            objects: tracked.map(seen).collect(),
            roots: self.roots.clone(),
            aside: self.aside.clone(),
            weaks: self.upgrades(),
        }
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

    /// The operations that make edges.
    fn run_link(&mut self, op: Op) {
        let root = |model: &Self, number| pick(&model.roots, number).map(|i| model.roots[i]);
        match op {
            Op::Link(from, to) => {
                if let (Some(from), Some(to)) = (root(self, from), root(self, to)) {
                    let to = self.cloned(to);
                    self.objects[from].edges.push(to);
                }
            }
            Op::MoveIn(into, number) => {
                if let Some(moved) = pick(&self.roots, number) {
                    let moved = self.roots.remove(moved);
                    match root(self, into) {
                        Some(into) => self.objects[into].edges.push(moved),
                        None => self.roots.push(moved),
                    }
                }
            }
            Op::LinkThrough(from, edge, to) => {
                if let (Some(from), Some(to)) = (root(self, from), root(self, to))
                    && let Some(edge) = pick(&self.objects[from].edges, edge)
                {
                    let next = self.objects[from].edges[edge];
                    if next != from {
                        let to = self.cloned(to);
                        self.objects[next].edges.push(to);
                    }
                }
            }
            other => unreachable!("{other:?} makes no edge"),
        }
    }

    fn run(&mut self, op: Op) -> Outcome {
        let root = |model: &Self, number| pick(&model.roots, number).map(|i| model.roots[i]);
        match op {
            Op::Create(action) => self.create_root(action, false),
            Op::CreateBomb(action) => self.create_root(action, true),
            Op::Link(..) | Op::MoveIn(..) | Op::LinkThrough(..) => self.run_link(op),
            Op::Unlink(from, edge) => {
                if let Some(from) = root(self, from)
                    && let Some(edge) = pick(&self.objects[from].edges, edge)
                {
                    let edge = self.objects[from].edges.remove(edge);
                    self.give_up(edge)?;
                }
            }
            Op::Clone(number) => root(self, number)
                .into_iter()
                .for_each(|id| self.add_root(id)),
            Op::Drop(number) => {
                let index = pick(&self.roots, number);
                let id = index.map(|index| self.roots.remove(index));
                self.give_up_all(id)?;
            }
            Op::Aside(number) => {
                let handle = root(self, number).map(|id| self.cloned(id));
                self.aside.extend(handle);
            }
            Op::DropAside => self.act(Action::DropAside, None, None)?,
            Op::Collect(generation) => self.collect_explicitly(generation.into())?,
            Op::CollectBorrowed(number, generation) => {
                let handle = root(self, number).map(|id| self.cloned(id));
                self.borrowed = handle;
                let outcome = self.collect_explicitly(generation.into());
                self.borrowed = None;
                self.while_unwinding(&outcome, |model| model.give_up_all(handle))?;
                outcome?;
            }
            Op::Automatic(on) => self.is_automatic = on,
            Op::Thresholds(..) => {}
            _ => self.run_weak(op),
        }
        Ok(())
    }

    fn run_weak(&mut self, op: Op) {
        match op {
            Op::Weak(number, action) => {
                if let Some(index) = pick(&self.roots, number) {
                    self.add_weak(self.roots[index], action);
                }
            }
            Op::CloneWeak(number) => {
                if let Some(index) = pick(&self.weaks, number) {
                    let weak = self.cloned_weak(self.weaks[index]);
                    self.weaks.push(weak);
                }
            }
            Op::StashWeak(number, weak) => {
                if let (Some(into), Some(weak)) =
                    (pick(&self.roots, number), pick(&self.weaks, weak))
                {
                    let weak = self.cloned_weak(self.weaks[weak]);
                    self.objects[self.roots[into]].weaks.push_back(weak);
                }
            }
            Op::Upgrade(number) => {
                if let Some(index) = pick(&self.weaks, number) {
                    self.upgrade(self.weaks[index]);
                }
            }
            Op::DropWeak(number) => {
                if let Some(index) = pick(&self.weaks, number) {
                    let weak = self.weaks.remove(index);
                    self.registrations[weak].handles -= 1;
                }
            }
            other => unreachable!("{other:?} is not of weak handles"),
        }
    }

    fn cloned(&mut self, id: usize) -> usize {
        self.objects[id].handles += 1;
        id
    }

    fn cloned_weak(&mut self, weak: usize) -> usize {
        self.registrations[weak].handles += 1;
        weak
    }

    fn add_root(&mut self, id: usize) {
        let root = self.cloned(id);
        self.roots.push(root);
    }

    fn add_weak(&mut self, target: usize, action: Option<Action>) {
        self.weaks.push(self.registrations.len());
        self.registrations.push(Registration {
            target,
            action,
            handles: 1,
            is_called_off: false,
        });
    }

    fn upgrade(&mut self, weak: usize) {
        let target = self.registrations[weak].target;
        if self.objects[target].state == State::Whole {
            self.add_root(target);
        }
    }

    fn upgrades(&self) -> Vec<bool> {
        let upgrades =
            |weak: &usize| self.objects[self.registrations[*weak].target].state == State::Whole;
        self.weaks.iter().map(upgrades).collect()
    }

    fn create_root(&mut self, action: Option<Action>, is_bomb: bool) {
        let created = self.create(action, is_bomb);
        self.roots.extend(created);
    }

    /// Makes an object with one handle, and before it the collection that the library made.
    fn create(&mut self, action: Option<Action>, is_bomb: bool) -> Option<usize> {
        if self.values >= MOST_VALUES {
            return None;
        }
        let id = self.objects.len();
        self.values += 1;
        self.objects.push(Object {
            action,
            is_bomb,
            is_finalized: false,
            state: State::Gone,
            generation: 0,
            epoch: 0,
            handles: 1,
            edges: Vec::new(),
            weaks: VecDeque::new(),
        });
        if let Some(Event::Start(generation)) = self.log.front()
            && self.is_automatic
            && !self.is_collecting
        {
            let _nobody_gets_its_panic = self.collect(*generation, true);
        }
        self.objects[id].state = State::Whole;
        self.objects[id].epoch = self.epoch;
        Some(id)
    }

    pub(super) fn act(
        &mut self,
        action: Action,
        me: Option<usize>,
        culprit: Option<Culprit>,
    ) -> Outcome {
        match action {
            Action::Nothing => {}
            Action::ResurrectSelf => me.into_iter().for_each(|me| self.add_root(me)),
            Action::ResurrectNeighbour => {
                let first = me.and_then(|me| self.objects[me].edges.first().copied());
                first.into_iter().for_each(|id| self.add_root(id));
            }
            Action::LinkSelf => {
                if let Some(me) = me {
                    let edge = self.cloned(me);
                    self.objects[me].edges.push(edge);
                }
            }
            Action::CutEdges => {
                let edges = me.map(|me| std::mem::take(&mut self.objects[me].edges));
                self.give_up_all(edges.into_iter().flatten())?;
            }
            Action::DropAside => {
                let id = self.aside.pop();
                self.give_up_all(id)?;
            }
            Action::DropRoot => {
                let id = self.roots.pop();
                self.give_up_all(id)?;
            }
            Action::UpgradeOne => {
                if let Some(weak) = self.weaks.first() {
                    self.upgrade(*weak);
                }
            }
            Action::UpgradeAll => self.expect(&Event::Upgraded(self.upgrades())),
            Action::DropWeak => {
                if let Some(weak) = self.weaks.pop() {
                    self.registrations[weak].handles -= 1;
                }
            }
            Action::MakeWeak => {
                if let Some(target) = me.or_else(|| self.roots.last().copied()) {
                    self.add_weak(target, Some(Action::UpgradeAll));
                }
            }
            Action::Collect => self.collect_explicitly(2)?,
            Action::Allocate => self.create_root(Some(Action::Nothing), false),
            Action::Litter => {
                if let Some(id) = self.create(None, false) {
                    self.objects[id].edges.push(id);
                }
            }
            Action::Panic => return culprit.map_or(Ok(()), Err),
        }
        Ok(())
    }
}
