//! What the model makes of handles that are, or become, the only ones to their objects.

use super::model::{Model, Object, Outcome, State, pick};
use super::program::{Event, MOST_VALUES, Op, Sort};

impl Model {
    /// The operations that ask whether a root is the only handle.
    pub(super) fn run_unique(&mut self, op: Op) -> Outcome {
        let (Op::GetMut(number) | Op::MakeMut(number) | Op::Unwrap(number) | Op::IntoInner(number)) =
            op
        else {
            unreachable!("{op:?} asks for no such thing");
        };
        let Some(index) = pick(&self.roots, number) else {
            return Ok(());
        };
        let id = self.roots[index];
        if let Op::GetMut(_) = op {
            self.get_mut(id);
            return Ok(());
        }
        if self.objects[id].sort != Sort::Light || self.values >= MOST_VALUES {
            return Ok(());
        }
        self.roots.remove(index);
        if let Op::MakeMut(_) = op {
            return self.make_mut(id);
        }
        let is_only = self.objects[id].handles == 1;
        match op {
            _ if is_only => self.take_out(id)?,
            Op::IntoInner(_) => self.give_up(id)?,
            _ => self.roots.push(id),
        }
        self.expect(&Event::Only(is_only));
        Ok(())
    }

    fn get_mut(&mut self, id: usize) {
        let is_only = self.objects[id].handles == 1 && self.weak_count(id) == 0;
        self.expect(&Event::Only(is_only));
        if is_only {
            let edge = self.objects[id].edges.pop();
            self.roots.extend(edge);
        }
    }

    /// The handle is that of a new object afterwards, unless it is the only one of any kind.
    fn make_mut(&mut self, id: usize) -> Outcome {
        if self.objects[id].handles > 1 {
            let mut edges = self.objects[id].edges.clone();
            edges = edges.into_iter().map(|edge| self.cloned(edge)).collect();
            let new = self.create(None, Sort::Light);
            new.into_iter()
                .for_each(|new| self.objects[new].edges = std::mem::take(&mut edges));
            let outcome = self.give_up(id);
            self.roots.extend(new);
            return outcome;
        }
        if self.weak_count(id) == 0 {
            self.roots.push(id);
            return Ok(());
        }
        let new = self.moved(id);
        let outcome = self.end_without_value(id);
        self.objects[id].state = State::Gone;
        self.roots.push(new);
        outcome
    }

    /// A new object with the value of another one, made without a collection.
    fn moved(&mut self, id: usize) -> usize {
        let new = self.objects.len();
        let edges = std::mem::take(&mut self.objects[id].edges);
        self.objects.push(Object {
            state: State::Whole,
            epoch: self.epoch,
            edges,
            ..Object::new(None, Sort::Light)
        });
        new
    }

    /// User code takes the value out of an object and drops it.
    fn take_out(&mut self, id: usize) -> Outcome {
        let outcome = self.end_without_value(id);
        self.while_unwinding(&outcome, |model| model.drop_taken(id))?;
        outcome
    }

    /// The value goes its own way: it is neither finalized nor dropped.
    fn end_without_value(&mut self, id: usize) -> Outcome {
        let mut first = Ok(());
        self.objects[id].handles = 0;
        self.clear_weaks(id, &mut first);
        if self.unwinding > 0 { Ok(()) } else { first }
    }

    fn drop_taken(&mut self, id: usize) -> Outcome {
        self.expect(&Event::Dropped(id));
        let edges = std::mem::take(&mut self.objects[id].edges);
        let outcome = self.give_up_all(edges);
        self.objects[id].state = State::Gone;
        self.values -= 1;
        outcome
    }
}
