//! The model's garbage that was saved: the list of it, and copies of that list.

use std::collections::BTreeSet;
use std::mem::take;

use super::entry::Owned;
use super::model::{Model, Outcome, State, fail, pick};
use super::program::{Event, Op};

/// The handle to an object that was saved, which goes with the last of its owners.
pub(super) struct Saved {
    object: usize,
    /// The library's list, and copies.
    owners: usize,
}

impl Model {
    /// Keeps what was condemned, whose callbacks have run: it lives on as it is, but what led to it weakly has
    /// ended.
    pub(super) fn save(
        &mut self,
        called_off: Vec<usize>,
        leaving: Vec<Owned>,
        first: &mut Outcome,
    ) {
        for weak in called_off {
            self.registrations[weak].is_called_off = false;
        }
        let condemned = take(&mut self.condemned);
        for registration in &mut self.registrations {
            registration.has_ended |= condemned.contains(&registration.target);
        }
        for object in condemned {
            self.cloned(object);
            self.objects[object].state = State::Whole;
            self.objects[object].was_saved = true;
            self.garbage.push(self.savings.len());
            self.savings.push(Saved { object, owners: 1 });
        }
        self.discard_all(leaving, first);
    }

    /// The operations on saved garbage.
    pub(super) fn run_saved(&mut self, op: Op) -> Outcome {
        match op {
            Op::SaveAll(on) => self.saves_garbage = on,
            Op::Garbage => {
                self.expect_garbage();
                let copy = self.copy_of(self.garbage.clone());
                self.copies.push(copy);
            }
            Op::CopySaved(copy, member) => {
                let copy = pick_from(&self.copies, copy);
                let member =
                    copy.and_then(|copy| pick(&self.copies[copy], member).map(|m| (copy, m)));
                if let Some((copy, member)) = member {
                    let copy = self.copy_of(vec![self.copies[copy][member]]);
                    self.copies.push(copy);
                }
            }
            Op::ClearGarbage(number) => {
                let copy = pick_from(&self.copies, number).filter(|_| number.is_multiple_of(2));
                self.clear_garbage(copy)?;
            }
            Op::DropSaved(number) => {
                if let Some(index) = pick_from(&self.copies, number) {
                    let copy = self.copies.remove(index);
                    self.drop_saved(copy)?;
                }
            }
            Op::Reach(copy, member, edge) => {
                if let Some((object, edge)) = self.edge_of_saved(copy, member, edge) {
                    self.add_root(self.objects[object].edges[edge]);
                }
            }
            Op::CutSaved(copy, member, edge) => {
                if let Some((object, edge)) = self.edge_of_saved(copy, member, edge) {
                    let edge = self.objects[object].edges.remove(edge);
                    self.give_up(edge)?;
                }
            }
            other => unreachable!("{other:?} is not of saved garbage"),
        }
        Ok(())
    }

    /// Empties the list, and drops a copy of it, an old one or one that is just made.
    pub(super) fn clear_garbage(&mut self, copy: Option<usize>) -> Outcome {
        self.expect_garbage();
        let copy = match copy {
            Some(index) => self.copies.remove(index),
            None => self.copy_of(self.garbage.clone()),
        };
        let list = take(&mut self.garbage);
        self.drop_saved(list.into_iter().chain(copy))
    }

    /// What the library tells is in its list is what is to be there. The order is not promised.
    pub(super) fn expect_garbage(&mut self) {
        let object = |saved: &usize| self.savings[*saved].object;
        let told = match self.log.front() {
            Some(Event::Saved(told)) => told.clone(),
            other => fail(&format!("the saved garbage was to be told, not {other:?}")),
        };
        let place = |saved: &usize| told.iter().position(|id| *id == object(saved));
        let mut garbage = self.garbage.clone();
        garbage.sort_by_key(place);
        self.garbage = garbage;
        let expected = self.garbage.iter().map(|saved| self.savings[*saved].object);
        self.expect(&Event::Saved(expected.collect()));
    }

    /// What is in the list, and in each of the copies.
    pub(super) fn all_saved(&self) -> (BTreeSet<usize>, Vec<Vec<usize>>) {
        let object = |saved: &usize| self.savings[*saved].object;
        let copies = self.copies.iter();
        let copies = copies.map(|copy| copy.iter().map(object).collect());
        (self.garbage.iter().map(object).collect(), copies.collect())
    }

    fn copy_of(&mut self, list: Vec<usize>) -> Vec<usize> {
        for saved in &list {
            self.savings[*saved].owners += 1;
        }
        list
    }

    /// User code drops what owns saved objects.
    fn drop_saved(&mut self, owners: impl IntoIterator<Item = usize>) -> Outcome {
        let last = |saved: usize| {
            let saved = &mut self.savings[saved];
            saved.owners -= 1;
            (saved.owners == 0).then_some(saved.object)
        };
        let objects: Vec<usize> = owners.into_iter().filter_map(last).collect();
        self.give_up_all(objects)
    }

    /// The object of a member of a copy, and one of its edges.
    fn edge_of_saved(&self, copy: u8, member: u8, edge: u8) -> Option<(usize, usize)> {
        let copy = &self.copies[pick_from(&self.copies, copy)?];
        let object = self.savings[copy[pick(copy, member)?]].object;
        Some((object, pick(&self.objects[object].edges, edge)?))
    }
}

fn pick_from<T>(list: &[T], number: u8) -> Option<usize> {
    usize::from(number).checked_rem(list.len())
}
