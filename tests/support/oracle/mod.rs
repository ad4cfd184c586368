//! A model-based oracle: random programs run on the library and on a model of it, which says
//! after each step what must have happened.
//!
//! Where the order of things is not promised (the finalizers of one collection among each other,
//! say) the model follows the order that the library took, after checking that it was allowed to;
//! everything else is predicted: who is finalized, called and dropped, the collections and their
//! results, counts and generations, what is in weak collections, and the panic that arrives.

mod action;
mod closure;
mod collection;
mod entry;
mod liveness;
mod model;
mod operation;
mod program;
mod real;
mod release;
mod table;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

pub use self::program::{
    Action, Content, Culprit, Event, Kind, Op, Random, Seen, Snapshot, decode, program,
};

/// How often everything is dropped and collected at the end, for what finalizers and callbacks
/// make in between.
const LAST_ROUNDS: usize = 200;

/// Runs a program on a fresh heap, and drops and collects everything at its end.
///
/// # Errors
///
/// What differed from the model, and in which step.
pub fn check(program: &[Op]) -> Result<(), String> {
    let program = program.to_vec();
    let outcome = thread::spawn(move || {
        let mut run = Run {
            model: model::Model::default(),
            steps: Vec::new(),
        };
        let end = catch_unwind(AssertUnwindSafe(|| run.all(&program)));
        end.map_err(|panic| {
            let last = run.steps.len().saturating_sub(1);
            format!("step {last} of {:?}: {}", run.steps, text(panic))
        })
    });
    outcome.join().unwrap_or_else(|panic| Err(text(panic)))
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

struct Run {
    model: model::Model,
    steps: Vec<Op>,
}

impl Run {
    fn all(&mut self, program: &[Op]) {
        real::begin();
        for op in program {
            self.step(*op);
        }
        self.step(Op::Automatic(false));
        for _ in 0..LAST_ROUNDS {
            self.drop_everything();
            if self.model.is_empty() {
                self.model.finish();
                return real::end();
            }
            self.step(Op::Unfreeze);
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
    }

    fn step(&mut self, op: Op) {
        self.steps.push(op);
        let (log, panic) = real::step(op);
        self.model.step(op, log, panic);
        let (seen, expected) = (real::snapshot(), self.model.snapshot());
        if seen != expected {
            model::fail(&format!("expected {expected:?}, found {seen:?}"));
        }
    }
}
