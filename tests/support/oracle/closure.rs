//! The model's closures: objects that lead to what they have captured, until they are closed.

use super::entry::Owned;
use super::model::{Model, Outcome, pick};
use super::program::{Action, Culprit, Event, Op, Sort, captures_table};

impl Model {
    /// The operations on closures.
    pub(super) fn run_closure(&mut self, op: Op) -> Outcome {
        let (number, action) = match op {
            Op::CreateClosure(action, number) => {
                let created = self.create(action, Sort::Closure(number));
                self.roots.extend(created);
                return Ok(());
            }
            Op::Call(number, action) => (number, Some(action)),
            Op::Close(number) => (number, None),
            other => unreachable!("{other:?} is not of closures"),
        };
        match pick(&self.roots, number) {
            Some(index) => self.use_closure(self.roots[index], action),
            None => Ok(()),
        }
    }

    /// What user code does with a closure.
    pub(super) fn act_on_closure(&mut self, action: Action, me: Option<usize>) -> Outcome {
        let action = (action == Action::Call).then_some(Action::Nothing);
        match me.or_else(|| self.roots.last().copied()) {
            Some(id) => self.use_closure(id, action),
            None => Ok(()),
        }
    }

    /// What a new closure captures: handles to roots, and perhaps the newest table.
    pub(super) fn capture(&mut self, number: u8) -> Owned {
        let handles = self.held(number);
        let table = captures_table(number).then(|| self.shelf.pop()).flatten();
        Owned {
            part: self.new_part(),
            handles,
            tables: table.into_iter().collect(),
        }
    }

    /// Calls the closure of an object, to do something, or closes it. The object is held meanwhile.
    fn use_closure(&mut self, id: usize, action: Option<Action>) -> Outcome {
        let handle = self.cloned(id);
        let outcome = match action {
            Some(action) => self.call(id, action),
            None => self.close(id),
        };
        self.while_unwinding(&outcome, |model| model.give_up_all([handle]))?;
        outcome
    }

    fn call(&mut self, id: usize, action: Action) -> Outcome {
        let object = &mut self.objects[id];
        if object.is_closed {
            self.expect(&Event::Ran(id, None));
            return Ok(());
        }
        let Some(captures) = &object.captures else {
            return Ok(());
        };
        object.calls += 1;
        let (handles, tables) = (captures.handles.clone(), captures.tables.clone());
        let sizes = self.sizes_of(&tables);
        self.expect(&Event::Ran(id, Some((handles, sizes))));
        let outcome = self.act(action, None, Some(Culprit::Closure(id)));
        self.objects[id].calls -= 1;
        if self.objects[id].is_closed {
            self.while_unwinding(&outcome, |model| model.close(id))?;
        }
        outcome
    }

    /// Calls in progress keep what is captured.
    fn close(&mut self, id: usize) -> Outcome {
        let object = &mut self.objects[id];
        if object.captures.is_some() {
            object.is_closed = true;
        }
        let captures = object.captures.take_if(|_| object.calls == 0);
        self.give_up_owned(captures.into_iter().collect())
    }
}
