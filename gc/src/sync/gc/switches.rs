//! Switches and numbers of the collector of the shared heap.
#![forbid(unsafe_code)]

use crate::gc::{IntoThresholds, Stats};
use crate::heap::Pacing;
use crate::heap::process::pacing;

/// Switches automatic collection on, as it is at first.
pub fn enable() {
    pacing(|pacing| pacing.set_enabled(true));
}

/// Switches automatic collection off. [`collect`](super::collect) still works.
pub fn disable() {
    pacing(|pacing| pacing.set_enabled(false));
}

/// Whether automatic collection is on.
#[must_use]
pub fn is_enabled() -> bool {
    pacing(Pacing::is_enabled)
}

/// Switches automatic collection off until the guard is dropped, on whatever thread.
///
/// As [`gc::pause`](crate::gc::pause), for all threads.
///
/// # Examples
///
/// ```
/// use gordian::sync::gc;
///
/// let pause = gc::pause();
/// assert!(!gc::is_enabled());
/// drop(pause);
/// ```
#[must_use = "automatic collection goes on when the guard is dropped"]
pub fn pause() -> Pause {
    pacing(Pacing::pause);
    Pause(())
}

/// Keeps automatic collection off: see [`pause`].
#[derive(Debug)]
pub struct Pause(());

impl Drop for Pause {
    fn drop(&mut self) {
        pacing(Pacing::resume);
    }
}

/// The thresholds of the generations; at first `(700, 10, 10)`.
#[must_use]
pub fn threshold() -> (usize, usize, usize) {
    pacing(Pacing::thresholds).into()
}

/// Sets the threshold of generation 0, or of the first two or all three generations, as
/// [`gc::set_threshold`](crate::gc::set_threshold).
///
/// # Examples
///
/// ```
/// use gordian::sync::gc;
///
/// gc::set_threshold((2000, 5));
/// assert_eq!(gc::threshold(), (2000, 5, 10));
/// ```
pub fn set_threshold(thresholds: impl IntoThresholds) {
    let thresholds = thresholds.into_thresholds();
    pacing(|pacing| pacing.set_thresholds(thresholds));
}

/// The counts that are compared with the thresholds, as [`gc::count`](crate::gc::count).
///
/// An object counts as freed for the thread that frees it: one that only frees what others make does
/// not make the first number less.
#[must_use]
pub fn count() -> (usize, usize, usize) {
    pacing(Pacing::counts).into()
}

/// How the collections of each generation went since the process began.
#[must_use]
pub fn stats() -> [Stats; 3] {
    pacing(Pacing::stats)
}
