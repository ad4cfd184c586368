//! What user code does in the model, inside finalizers and callbacks.

use super::model::{Model, Object, Outcome, State};
use super::program::{Action, Culprit, Event, MOST_VALUES, Sort};

impl Model {
    pub(super) fn create_root(&mut self, action: Option<Action>, sort: Sort) {
        let created = self.create(action, sort);
        self.roots.extend(created);
    }

    /// Makes an object with one handle, and before it the collection that the library made.
    pub(super) fn create(&mut self, action: Option<Action>, sort: Sort) -> Option<usize> {
        if self.values >= MOST_VALUES {
            return None;
        }
        let captures = match sort {
            Sort::Closure(number) => Some(self.capture(number)),
            Sort::Common | Sort::Bomb | Sort::Light => None,
        };
        self.values += 1;
        let id = self.announce(Object {
            captures,
            ..Object::new(action, sort)
        });
        self.appear(id);
        Some(id)
    }

    /// The number of a new object, and the collection that the library made before it.
    pub(super) fn announce(&mut self, object: Object) -> usize {
        let id = self.objects.len();
        self.objects.push(object);
        if let Some(Event::Start(generation)) = self.log.front()
            && self.is_automatic
            && !self.is_collecting
        {
            let _nobody_gets_its_panic = self.collect(*generation, true);
        }
        id
    }

    /// A new object is there.
    pub(super) fn appear(&mut self, id: usize) {
        self.objects[id].state = State::Whole;
        self.objects[id].epoch = self.epoch;
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
            Action::Allocate => self.create_root(Some(Action::Nothing), Sort::Common),
            Action::Litter => {
                if let Some(id) = self.create(None, Sort::Light) {
                    self.objects[id].edges.push(id);
                }
            }
            Action::Call | Action::Close => self.act_on_closure(action, me)?,
            Action::Freeze => self.freeze(),
            Action::Unfreeze => self.unfreeze(),
            Action::Insert | Action::Remove | Action::Clear | Action::Contents => {
                self.act_on_tables(action, me)?;
            }
            Action::SaveAll | Action::SaveNothing => self.saves_garbage = action == Action::SaveAll,
            Action::Garbage => self.expect_garbage(),
            Action::ClearGarbage => self.clear_garbage(None)?,
            Action::Panic => return culprit.map_or(Ok(()), Err),
        }
        Ok(())
    }
}
