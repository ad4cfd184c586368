//! What each operation comes to in the model.

use super::model::{Model, Outcome, pick};
use super::program::{Action, Op, Sort};

impl Model {
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

    pub(super) fn run(&mut self, op: Op) -> Outcome {
        let root = |model: &Self, number| pick(&model.roots, number).map(|i| model.roots[i]);
        match op {
            Op::Create(action) => self.create_root(action, Sort::Common),
            Op::CreateBomb(action) => self.create_root(action, Sort::Bomb),
            Op::CreateCyclic(action, making) => self.create_cyclic(action, making)?,
            Op::CreateLight => self.create_root(None, Sort::Light),
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
            Op::Freeze => self.act(Action::Freeze, None, None)?,
            Op::Unfreeze => self.act(Action::Unfreeze, None, None)?,
            Op::Automatic(on) => self.is_automatic = on,
            Op::Thresholds(..) | Op::OnThread(_) | Op::EndThread => {}
            Op::GetMut(_) | Op::MakeMut(_) | Op::Unwrap(_) | Op::IntoInner(_) => {
                self.run_unique(op)?;
            }
            op if op.is_of_saved() => self.run_saved(op)?,
            Op::Finalize(..)
            | Op::CallFinalizer(_)
            | Op::Detach(_)
            | Op::Peek(_)
            | Op::DropFinalizer(_) => self.run_finalizer(op)?,
            Op::CreateClosure(..) | Op::Call(..) | Op::Close(_) => self.run_closure(op)?,
            Op::DropTable(_) | Op::Clear(_) => self.run_emptying(op)?,
            Op::Table(_) | Op::GiveTable(..) | Op::TakeTable(..) => self.run_table(op),
            Op::Insert(..) | Op::Remove(..) | Op::Contents(_) => self.run_entry(op)?,
            Op::PutIn(..) | Op::PutTable(..) | Op::MoveKey(..) | Op::Lend(..) => self.run_value(op),
            Op::GiveBack(number) => self.give_back(number)?,
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
                    let into = self.roots[into];
                    if self.objects[into].sort != Sort::Light {
                        let weak = self.cloned_weak(self.weaks[weak]);
                        self.objects[into].weaks.push_back(weak);
                    }
                }
            }
            Op::MoveWeak(number, weak) => {
                if let Some(into) = pick(&self.roots, number)
                    && let into = self.roots[into]
                    && self.objects[into].sort != Sort::Light
                    && let Some(weak) = pick(&self.weaks, weak)
                {
                    let weak = self.weaks.remove(weak);
                    self.objects[into].weaks.push_back(weak);
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
}
