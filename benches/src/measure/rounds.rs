//! The repetitions of the competitors, in turn.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::worker::{Answer, Worker};
use super::{Failure, Limits, Measured, Outcome, Sample, State};
use crate::catalog::Workload;
use crate::peers::Peer;

/// A competitor in the middle of a workload.
struct Entrant {
    outcome: Outcome,
    /// `None` once it is through.
    worker: Option<Worker>,
    spent: Duration,
}

/// Measures a workload for the given competitors.
pub(crate) fn measure(workload: Workload, peers: &[Peer], limits: Limits) -> io::Result<Measured> {
    let processes = if workload.once { 1 } else { limits.processes };
    let rounds = if workload.once { 1 } else { limits.most };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for process in 0..processes {
        let failed = |peer| outcomes.iter().any(|it| it.peer == peer && !it.is_fine());
        let running: Vec<Peer> = peers
            .iter()
            .copied()
            .filter(|&peer| !failed(peer))
            .collect();
        let first_round = process * rounds;
        let batch = one_process_each(
            &workload,
            &running,
            limits,
            first_round..first_round + rounds,
        )?;
        for outcome in batch {
            match outcomes.iter_mut().find(|it| it.peer == outcome.peer) {
                Some(earlier) => earlier.absorb(outcome),
                None => outcomes.push(outcome),
            }
        }
    }
    Ok(Measured { workload, outcomes })
}

/// The rounds of one process of each competitor.
fn one_process_each(
    workload: &Workload,
    peers: &[Peer],
    limits: Limits,
    rounds: Range<usize>,
) -> io::Result<Vec<Outcome>> {
    let mut entrants = Vec::new();
    for &peer in peers {
        entrants.push(Entrant::start(workload, peer, limits)?);
    }
    for round in rounds {
        let first = round % entrants.len().max(1);
        let (after, before) = entrants.split_at_mut(first);
        for entrant in before.iter_mut().chain(after) {
            entrant.take_part(round, limits);
        }
    }
    Ok(entrants.into_iter().map(|it| it.finish(limits)).collect())
}

impl Entrant {
    fn start(workload: &Workload, peer: Peer, limits: Limits) -> io::Result<Self> {
        let mut worker = Worker::start(workload.name, peer, workload.size)?;
        let answer = worker.answer(limits.patience);
        let mut entrant = Self {
            outcome: Outcome {
                peer,
                samples: Vec::new(),
                state: State::Fine,
            },
            worker: Some(worker),
            spent: Duration::ZERO,
        };
        match answer {
            Answer::Ready | Answer::Numbers(_) => {}
            Answer::Unsupported => entrant.leave(State::Unsupported),
            Answer::Failed(failure) => entrant.leave(State::Failed(failure)),
        }
        Ok(entrant)
    }

    /// Does one repetition, unless the competitor is through or has used up its time.
    fn take_part(&mut self, round: usize, limits: Limits) {
        let enough = self.outcome.samples.len() >= limits.least && self.spent > limits.budget;
        let Some(worker) = self.worker.as_mut().filter(|_| !enough) else {
            return;
        };
        let start = Instant::now();
        worker.ask();
        match worker.answer(limits.patience) {
            Answer::Numbers(values) => self.outcome.samples.push(Sample { round, values }),
            Answer::Failed(failure) => self.leave(State::Failed(failure)),
            Answer::Ready | Answer::Unsupported => {}
        }
        self.spent += start.elapsed();
    }

    fn leave(&mut self, state: State) {
        self.outcome.state = state;
        self.worker = None;
    }

    fn finish(mut self, limits: Limits) -> Outcome {
        let worker = self.worker.take();
        if let Some(failure) = worker.and_then(|worker| worker.finish(limits.patience)) {
            self.outcome.state = State::FailedAtEnd(failure);
        }
        self.outcome
    }
}

/// Whether a competitor works at all: a workload that makes and drops a thousand objects.
pub(crate) fn trial(
    workload: &str,
    peer: Peer,
    patience: Duration,
) -> io::Result<Result<(), Failure>> {
    let mut worker = Worker::start(workload, peer, 1000)?;
    if let Answer::Failed(failure) = worker.answer(patience) {
        return Ok(Err(failure));
    }
    worker.ask();
    Ok(match worker.answer(patience) {
        Answer::Failed(failure) => Err(failure),
        _ => Ok(()),
    })
}
