//! The model's functions that wait for the end of an object.

use super::model::{Model, Outcome, Registration, pick};
use super::program::{Action, Event, Op};

impl Model {
    /// The operations on them.
    pub(super) fn run_finalizer(&mut self, op: Op) -> Outcome {
        let number = match op {
            Op::Finalize(number, action) => {
                let root = pick(&self.roots, number).map(|index| self.roots[index]);
                root.into_iter()
                    .for_each(|id| self.add_finalizer(id, action));
                return Ok(());
            }
            Op::CallFinalizer(number)
            | Op::Detach(number)
            | Op::Peek(number)
            | Op::DropFinalizer(number) => number,
            other => unreachable!("{other:?} is not of finalizers"),
        };
        let Some(index) = pick(&self.finalizers, number) else {
            return Ok(());
        };
        let finalizer = self.finalizers[index];
        let Registration {
            target, handles, ..
        } = self.registrations[finalizer];
        let waits = handles > 0;
        match op {
            Op::CallFinalizer(_) if waits => {
                let mut outcome = Ok(());
                self.call_back(finalizer, &mut outcome);
                outcome?;
            }
            Op::Detach(_) if waits => {
                self.registrations[finalizer].handles = 0;
                self.add_root(target);
            }
            Op::Peek(_) => {
                self.expect(&Event::Peeked(waits.then_some(target)));
                return Ok(());
            }
            Op::DropFinalizer(_) => {
                self.finalizers.remove(index);
                return Ok(());
            }
            _ => {}
        }
        self.expect(&Event::Used(waits));
        Ok(())
    }

    /// It counts as a weak handle that nobody has.
    fn add_finalizer(&mut self, id: usize, action: Action) {
        self.add_weak(id, Some(action));
        let finalizer = self.weaks.pop();
        for finalizer in finalizer.iter().copied() {
            self.registrations[finalizer].is_finalizer = true;
        }
        self.finalizers.extend(finalizer);
    }

    pub(super) fn waiting_finalizers(&self) -> Vec<bool> {
        let waits = |finalizer: &usize| self.registrations[*finalizer].handles > 0;
        self.finalizers.iter().map(waits).collect()
    }
}
