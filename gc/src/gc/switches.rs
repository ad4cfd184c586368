//! Switches and numbers of the calling thread's collector.
#![forbid(unsafe_code)]

use std::marker::PhantomData;

use super::Stats;
use crate::heap::Heap;

/// Switches automatic collection on, as it is at first.
pub fn enable() {
    Heap::with(|heap| heap.pacing.set_enabled(true));
}

/// Switches automatic collection off. [`collect`](super::collect) still works.
pub fn disable() {
    Heap::with(|heap| heap.pacing.set_enabled(false));
}

/// Whether automatic collection is on.
#[must_use]
pub fn is_enabled() -> bool {
    Heap::with(|heap| heap.pacing.is_enabled())
}

/// Switches automatic collection off until the guard is dropped.
///
/// Guards nest in any order: while there is one, automatic collection is off, whatever
/// [`enable`] says; then it is what [`enable`] and [`disable`] said last. A guard that is leaked
/// keeps it off for good.
///
/// # Examples
///
/// ```
/// use gordian::gc;
///
/// let pause = gc::pause();
/// assert!(!gc::is_enabled());
/// drop(pause);
/// assert!(gc::is_enabled());
/// ```
#[must_use = "automatic collection goes on when the guard is dropped"]
pub fn pause() -> Pause {
    Heap::with(|heap| heap.pacing.pause());
    Pause {
        marker: PhantomData,
    }
}

/// Keeps automatic collection off: see [`pause`].
#[derive(Debug)]
pub struct Pause {
    marker: PhantomData<*mut ()>,
}

impl Drop for Pause {
    fn drop(&mut self) {
        Heap::with(|heap| heap.pacing.resume());
    }
}

/// The thresholds of the generations; at first `(700, 10, 10)`.
#[must_use]
pub fn threshold() -> (usize, usize, usize) {
    Heap::with(|heap| heap.pacing.thresholds()).into()
}

/// Sets the threshold of generation 0, or of the first two or all three generations; the others
/// stay as they are. A threshold of 0 for generation 0 switches automatic collection off.
///
/// # Examples
///
/// ```
/// use gordian::gc;
///
/// gc::set_threshold(1000);
/// gc::set_threshold((2000, 5));
/// assert_eq!(gc::threshold(), (2000, 5, 10));
/// ```
pub fn set_threshold(thresholds: impl IntoThresholds) {
    let thresholds = thresholds.into_thresholds();
    Heap::with(|heap| heap.pacing.set_thresholds(thresholds));
}

/// What [`set_threshold`] takes: one to three numbers.
pub trait IntoThresholds {
    /// The threshold of each generation, where one is given.
    fn into_thresholds(self) -> [Option<usize>; 3];
}

impl IntoThresholds for usize {
    fn into_thresholds(self) -> [Option<usize>; 3] {
        [Some(self), None, None]
    }
}

impl IntoThresholds for (usize,) {
    fn into_thresholds(self) -> [Option<usize>; 3] {
        [Some(self.0), None, None]
    }
}

impl IntoThresholds for (usize, usize) {
    fn into_thresholds(self) -> [Option<usize>; 3] {
        [Some(self.0), Some(self.1), None]
    }
}

impl IntoThresholds for (usize, usize, usize) {
    fn into_thresholds(self) -> [Option<usize>; 3] {
        [Some(self.0), Some(self.1), Some(self.2)]
    }
}

/// The counts that are compared with the thresholds: tracked objects made less those freed since
/// the last collection (never below 0), collections of generation 0 since the last one of
/// generation 1, and likewise for generation 2.
#[must_use]
pub fn count() -> (usize, usize, usize) {
    Heap::with(|heap| heap.pacing.counts()).into()
}

/// How the collections of each generation went since the thread began.
#[must_use]
pub fn stats() -> [Stats; 3] {
    Heap::with(|heap| heap.pacing.stats())
}
