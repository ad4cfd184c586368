//! A model-based oracle: random programs run on the library and on a model of it, which says
//! after each step what must have happened.
//!
//! Where the order of things is not promised (the finalizers of one collection among each other,
//! say) the model follows the order that the library took, after checking that it was allowed to;
//! everything else is predicted: who is finalized, called and dropped, the collections and their
//! results, counts and generations, what is in weak collections, and the panic that arrives.
//!
//! One driver runs programs on both heaps: it is mounted in `local` and in `sync`.

mod action;
mod closure;
mod collection;
mod cyclic;
mod entry;
mod finalizer;
mod liveness;
mod local;
mod model;
mod operation;
mod program;
mod release;
mod saved;
mod sync;
mod table;
mod unique;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::thread;

use crate::process_heap;

pub use self::program::{
    Action, Content, Culprit, Event, Kind, Op, Random, Seen, Snapshot, Told, decode, lighten,
    program,
};

/// How often everything is dropped and collected at the end, for what finalizers and callbacks
/// make in between.
const LAST_ROUNDS: usize = 200;

/// What came of a step: what user code saw, and the panic that arrived.
type Done = (Vec<Event>, Option<Culprit>);

/// What runs the steps of a program on a heap.
trait Driver {
    /// Whether ephemerons leave a map that is garbage, and do not go with it.
    const LEAVE_DEAD_MAPS: bool;

    /// Whether garbage is dropped without its handles only if none leads out of it. Otherwise what such
    /// handles lead to is released when all garbage is dropped.
    const DISSOLVES_ONLY_CLOSED: bool;

    /// Prepares the heap.
    fn begin() -> Self;

    fn step(&mut self, op: Op) -> Done;

    /// What can be seen now.
    fn snapshot(&self) -> Snapshot;

    /// Gives back what an empty world owns.
    fn end(&mut self);
}

/// What can be run with what a closure has captured.
trait Run {
    fn run(&self, id: usize, action: Action);
}

/// Runs a program on the fresh heap of a thread, and drops and collects everything at its end.
///
/// # Errors
///
/// What differed from the model, and in which step.
pub fn check(program: &[Op]) -> Result<(), String> {
    let program = program.to_vec();
    let outcome = thread::spawn(move || check_on::<local::Heap>(&program));
    outcome.join().unwrap_or_else(|panic| Err(text(panic)))
}

/// The same on the heap that threads share, which the calling thread owns from then on.
///
/// A program is on one thread, or collects only when it says so: which of both comes first in it. As a
/// thread that collects by itself looks at what it knows, and leaves the rest to others.
///
/// # Errors
///
/// As [`check`].
pub fn check_shared(program: &[Op]) -> Result<(), String> {
    let goes_on = |op: &Op| matches!(op, Op::OnThread(_) | Op::EndThread);
    let is_automatic = |op: &Op| *op == Op::Automatic(true);
    let mut program = program.to_vec();
    match program.iter().find(|op| goes_on(op) || is_automatic(op)) {
        Some(Op::Automatic(_)) => program.retain(|op| !goes_on(op)),
        _ => program.retain(|op| !is_automatic(op)),
    }
    let (sender, outcome) = channel();
    process_heap::in_a_thread(move || {
        let _somebody_waits = sender.send(check_on::<sync::Heap>(&program));
    });
    outcome.recv().unwrap_or_else(|gone| Err(gone.to_string()))
}

fn check_on<D: Driver>(program: &[Op]) -> Result<(), String> {
    let mut steps = Vec::new();
    let end = catch_unwind(AssertUnwindSafe(|| {
        let check = Check {
            driver: D::begin(),
            model: model::Model::of::<D>(),
            steps: &mut steps,
        };
        check.all(program);
    }));
    end.map_err(|panic| {
        let last = steps.len().saturating_sub(1);
        format!("step {last} of {steps:?}: {}", text(panic))
    })
}

fn text(panic: Box<dyn Any + Send>) -> String {
    panic
        .downcast::<String>()
        .map(|text| *text)
        .or_else(|panic| panic.downcast::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|panic| {
            format!(
                "a panic outside any step: {:?}",
                panic.downcast_ref::<Culprit>()
            )
        })
}

struct Check<'a, D> {
    driver: D,
    model: model::Model,
    steps: &'a mut Vec<Op>,
}

impl<D: Driver> Check<'_, D> {
    fn all(mut self, program: &[Op]) {
        for op in program {
            self.step(*op);
        }
        self.step(Op::Automatic(false));
        for _ in 0..LAST_ROUNDS {
            self.drop_everything();
            if self.model.is_empty() {
                self.model.finish();
                return self.driver.end();
            }
            self.step(Op::Unfreeze);
            self.step(Op::SaveAll(false));
            self.step(Op::Collect(2));
        }
        model::fail("something is left at the end");
    }

    fn drop_everything(&mut self) {
        while self.model.has_roots() {
            self.step(Op::Drop(0));
        }
        while self.model.has_aside() {
            self.step(Op::DropAside);
        }
        while self.model.has_weaks() {
            self.step(Op::DropWeak(0));
        }
        while self.model.has_loans() {
            self.step(Op::GiveBack(0));
        }
        while self.model.has_tables() {
            self.step(Op::DropTable(0));
        }
        while self.model.has_saved() {
            self.step(Op::ClearGarbage(0));
        }
    }

    fn step(&mut self, op: Op) {
        self.steps.push(op);
        let (log, panic) = self.driver.step(op);
        self.model.step(op, log, panic);
        let (seen, expected) = (self.driver.snapshot(), self.model.snapshot());
        if seen != expected {
            model::fail(&format!("expected {expected:?}, found {seen:?}"));
        }
    }
}
