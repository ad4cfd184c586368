//! The parent's side: one process for each competitor, whose repetitions are taken in turn.
//!
//! criterion and divan measure one function after another, so that whatever else the machine does
//! in the meantime falls on one competitor and not on the next. Here all competitors of a workload
//! are ready at the same time, each in a process of its own, and are asked for one repetition at a
//! time, round after round, each round starting with another one. A ratio is the median of the
//! ratios of the rounds, so slow changes of the machine's speed cancel out. And a competitor that
//! crashes or does not end takes nobody else with it.
//!
//! Where the system puts a process's memory can make it faster or slower for its whole life, so
//! each competitor has several processes, one after another.

mod rounds;
mod sweep;
mod worker;

use std::time::Duration;

use crate::catalog::{Row, Summary, Workload};
use crate::peers::Peer;

pub(crate) use self::rounds::{measure, trial};
pub(crate) use self::sweep::{Curve, sweep};
pub(crate) use self::worker::Failure;

/// How long things may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many processes a competitor has, one after another.
    pub(crate) processes: usize,
    /// The time the repetitions of a process may take together.
    pub(crate) budget: Duration,
    /// The time to make ready, and that of a single repetition, after which the process is killed.
    pub(crate) patience: Duration,
    /// The number of repetitions of a process, unless the budget is used up: then the least
    /// number.
    pub(crate) most: usize,
    pub(crate) least: usize,
}

impl Limits {
    /// For workloads with rare, long collections: enough repetitions to have several of them.
    pub(crate) fn longer(self) -> Self {
        Self {
            processes: self.processes.min(2),
            budget: self.budget * 5,
            most: self.most * 3,
            ..self
        }
    }
}

/// How a competitor did in a workload.
pub(crate) struct Outcome {
    pub(crate) peer: Peer,
    /// The numbers of each round it took part in.
    pub(crate) samples: Vec<Sample>,
    pub(crate) state: State,
}

pub(crate) struct Sample {
    round: usize,
    values: Vec<f64>,
}

pub(crate) enum State {
    Fine,
    /// It has no such operation.
    Unsupported,
    Failed(Failure),
    /// All repetitions were done, but not the end of the process.
    FailedAtEnd(Failure),
}

impl Outcome {
    pub(crate) fn is_fine(&self) -> bool {
        matches!(self.state, State::Fine | State::FailedAtEnd(_))
    }

    /// Adds what a later process of the same competitor did.
    fn absorb(&mut self, later: Self) {
        self.samples.extend(later.samples);
        if self.is_fine() && !matches!(later.state, State::Fine) {
            self.state = later.state;
        }
    }

    /// What a row shows for this competitor.
    pub(crate) fn value(&self, row: &Row) -> Option<f64> {
        let values = self.values(row);
        if values.is_empty() {
            return None;
        }
        Some(match row.summary {
            Summary::Median => quantile(&values, 0.5),
            Summary::Mean => self.mean(row.number),
            Summary::Greatest => quantile(&values, 1.0),
            Summary::Recurring => quantile(&values, 0.75),
        })
    }

    /// The mean of all operations of all repetitions.
    fn mean(&self, number: usize) -> f64 {
        let weight = |sample: &Sample| sample.values[sample.values.len() - 1];
        let samples = self.samples.iter();
        let total: f64 = samples
            .map(|sample| sample.values[number] * weight(sample))
            .sum();
        total / self.samples.iter().map(weight).sum::<f64>()
    }

    /// The first and third quartile; where that is the value, the median and the greatest.
    pub(crate) fn spread(&self, row: &Row) -> Option<(f64, f64)> {
        let values = self.values(row);
        let (low, high) = match row.summary {
            Summary::Recurring => (0.5, 1.0),
            _ => (0.25, 0.75),
        };
        (values.len() > 1).then(|| (quantile(&values, low), quantile(&values, high)))
    }

    /// The value as a multiple of another competitor's.
    pub(crate) fn ratio(&self, row: &Row, baseline: &Self) -> Option<f64> {
        if row.summary != Summary::Median {
            return Some(self.value(row)? / baseline.value(row)?);
        }
        let ratios: Vec<f64> = self
            .samples
            .iter()
            .filter_map(|sample| {
                let other = baseline
                    .samples
                    .iter()
                    .find(|it| it.round == sample.round)?;
                let ratio = sample.values[row.number] / other.values[row.number];
                ratio.is_finite().then_some(ratio)
            })
            .collect();
        (!ratios.is_empty()).then(|| quantile(&sorted(ratios), 0.5))
    }

    /// The sum of one of the numbers over all repetitions.
    pub(crate) fn total(&self, number: usize) -> f64 {
        let samples = self.samples.iter();
        samples.map(|sample| sample.values[number]).sum()
    }

    /// Why there is no value.
    pub(crate) fn why(&self) -> String {
        match &self.state {
            State::Failed(failure) => failure.to_string(),
            State::Unsupported | State::Fine | State::FailedAtEnd(_) => {
                "has no such operation".into()
            }
        }
    }

    /// In ascending order; none if the competitor failed, or has no such operation.
    fn values(&self, row: &Row) -> Vec<f64> {
        if !self.is_fine() {
            return Vec::new();
        }
        let values = self.samples.iter().map(|sample| sample.values[row.number]);
        sorted(values.filter(|value| value.is_finite()).collect())
    }
}

/// The outcomes of a workload.
pub(crate) struct Measured {
    pub(crate) workload: Workload,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Measured {
    pub(crate) fn of(&self, peer: Peer) -> Option<&Outcome> {
        self.outcomes.iter().find(|outcome| outcome.peer == peer)
    }

    /// A competitor's value as a multiple of the row's baseline.
    pub(crate) fn ratio(&self, row: &Row, peer: Peer) -> Option<f64> {
        self.of(peer)?.ratio(row, self.of(row.baseline?)?)
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// A quantile of values in ascending order, with interpolation.
fn quantile(values: &[f64], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let (low, high) = (
        values[place.floor() as usize],
        values[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}
