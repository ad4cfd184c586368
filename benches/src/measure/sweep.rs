//! A workload measured at many sizes.

use std::io;

use super::{Limits, measure};
use crate::catalog::Workload;
use crate::peers::Peer;

/// What a competitor's time for each size was, in ascending order of the sizes, and why it has no
/// more points, if so.
pub(crate) struct Curve {
    pub(crate) peer: Peer,
    pub(crate) points: Vec<(usize, f64)>,
    pub(crate) stopped: Option<String>,
}

/// Measures `workload` at `count` sizes from `least` to its own, evenly spread on a logarithmic
/// scale. A competitor is left out of larger sizes once it takes longer than `limit` or fails.
pub(crate) fn sweep(
    workload: &Workload,
    peers: &[Peer],
    limits: Limits,
    (least, count): (usize, usize),
    limit: f64,
    mut progress: impl FnMut(usize),
) -> io::Result<Vec<Curve>> {
    let mut curves: Vec<Curve> = peers.iter().map(|&peer| Curve::new(peer)).collect();
    let step = (workload.size as f64 / least as f64).powf(1.0 / (count - 1) as f64);
    for number in 0..count {
        let size = (least as f64 * step.powi(number as i32)).round() as usize;
        progress(size);
        let running = curves.iter().filter(|curve| curve.stopped.is_none());
        let running: Vec<Peer> = running.map(|curve| curve.peer).collect();
        let measured = measure(workload.at(size), &running, limits)?;
        for curve in &mut curves {
            let Some(outcome) = measured.of(curve.peer) else {
                continue;
            };
            match outcome.value(&workload.rows[0]) {
                Some(time) => {
                    curve.points.push((size, time));
                    if time > limit {
                        curve.stopped = Some(format!("took more than {:.0} µs", limit / 1e3));
                    }
                }
                None => curve.stopped = Some(outcome.why()),
            }
        }
    }
    Ok(curves)
}

impl Curve {
    fn new(peer: Peer) -> Self {
        Self {
            peer,
            points: Vec::new(),
            stopped: None,
        }
    }
}
