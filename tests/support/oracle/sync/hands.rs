//! The threads that do the steps of a program, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::super::{Done, Op};
use super::real;

const HANDS: usize = 3;

/// The threads; each is started for its first step, and a new one when it has ended.
#[derive(Default)]
pub(super) struct Hands {
    hands: [Option<Hand>; HANDS],
    current: usize,
}

impl Hands {
    pub(super) fn step(&mut self, op: Op) -> Done {
        match op {
            Op::OnThread(number) => self.current = usize::from(number) % HANDS,
            Op::EndThread => self.hands[self.current] = None,
            _ => return self.hands[self.current].get_or_insert_default().run(op),
        }
        (real::take_log(), None)
    }
}

struct Hand {
    steps: Option<Sender<Op>>,
    results: Receiver<thread::Result<Done>>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Hand {
    fn default() -> Self {
        let (steps, operations) = channel();
        let (sender, results) = channel();
        let work = move || {
            for op in operations {
                let result = catch_unwind(AssertUnwindSafe(|| real::step(op)));
                let _somebody_waits = sender.send(result);
            }
        };
        Self {
            steps: Some(steps),
            results,
            thread: Some(thread::spawn(work)),
        }
    }
}

impl Hand {
    fn run(&self, op: Op) -> Done {
        self.steps.iter().for_each(|steps| {
            let _it_waits = steps.send(op);
        });
        let result = self.results.recv().expect("the thread has not ended");
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// The thread has ended, with the destructors of its thread-locals, when this has.
impl Drop for Hand {
    fn drop(&mut self) {
        drop(self.steps.take());
        let result = self.thread.take().map(JoinHandle::join);
        assert!(
            matches!(result, Some(Ok(()))) || thread::panicking(),
            "a thread panicked at its end"
        );
    }
}
