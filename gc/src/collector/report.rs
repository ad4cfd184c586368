//! The debug output of collections, line by line as CPython 3.11 prints it.
#![forbid(unsafe_code)]

use std::io::{Write as _, stderr};
use std::ops::Deref;
use std::time::Instant;

use super::nesting::{Releases, call_user};
use crate::gc::{DebugFlags, short_name};
use crate::heap::PERMANENT;
use crate::object::Object;

/// Somebody whose collections may be told of.
pub(super) trait Reports: Releases {
    /// What is to be told, and kept.
    fn flags(&self) -> DebugFlags;

    /// What gets each line of output, unless it is standard error.
    fn sink(&self) -> Option<impl Deref<Target: Fn(&str)>>;

    /// How many tracked objects there are in each generation, and how many are frozen.
    fn generation_sizes(&self) -> [usize; PERMANENT + 1];

    /// Whether garbage is to be saved: not at the thread's end, when nobody might look at it any more.
    fn saves_garbage(&self) -> bool {
        self.flags().contains(DebugFlags::SAVEALL) && !self.nesting().exiting.get()
    }

    /// Whether garbage is to be told of, or saved, so that none may go unnoticed.
    fn watches_garbage(&self) -> bool {
        self.flags().contains(DebugFlags::COLLECTABLE) || self.saves_garbage()
    }
}

/// Hands a line to the sink, which is user code.
fn tell<H: Reports>(heap: &H, line: &str) {
    let sink = heap.sink();
    call_user(heap.nesting(), move || match sink {
        Some(sink) => sink(line),
        // As there is nobody else to tell.
        None => _ = writeln!(stderr(), "{line}"),
    });
}

/// Tells that a collection begins, if somebody wants to know; the time, for [`done`].
pub(super) fn started<H: Reports>(heap: &H, generation: usize) -> Option<Instant> {
    if !heap.flags().contains(DebugFlags::STATS) {
        return None;
    }
    let start = Instant::now();
    let [young, middle, old, permanent] = heap.generation_sizes();
    const { assert!(PERMANENT == 3) };
    tell(heap, &format!("gc: collecting generation {generation}..."));
    tell(
        heap,
        &format!("gc: objects in each generation: {young} {middle} {old}"),
    );
    tell(
        heap,
        &format!("gc: objects in permanent generation: {permanent}"),
    );
    Some(start)
}

/// Tells of an object that is garbage.
pub(super) fn collectable<H: Reports>(heap: &H, object: Object, type_name: &str) {
    let name = short_name(type_name);
    tell(
        heap,
        &format!("gc: collectable <{name} {:p}>", object.address()),
    );
}

/// Tells how a collection went.
pub(super) fn done<H: Reports>(heap: &H, collected: usize, start: Option<Instant>) {
    if let Some(start) = start
        && heap.flags().contains(DebugFlags::STATS)
    {
        let elapsed = start.elapsed().as_secs_f64();
        tell(
            heap,
            &format!("gc: done, {collected} unreachable, 0 uncollectable, {elapsed:.4}s elapsed"),
        );
    }
}
