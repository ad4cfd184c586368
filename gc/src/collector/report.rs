//! The debug output of collections, line by line as CPython 3.11 prints it.
#![forbid(unsafe_code)]

use std::io::{Write as _, stderr};
use std::time::Instant;

use super::nesting::call_user;
use crate::gc::{DebugFlags, short_name};
use crate::heap::{Heap, PERMANENT};
use crate::object::Object;

/// Hands a line to the sink, which is user code.
fn tell(heap: &Heap, line: &str) {
    let sink = heap.diagnosis.sink();
    call_user(&heap.nesting, move || match sink {
        Some(sink) => sink(line),
        // As there is nobody else to tell.
        None => _ = writeln!(stderr(), "{line}"),
    });
}

/// Tells that a collection begins, if somebody wants to know; the time, for [`done`].
pub(super) fn started(heap: &Heap, generation: usize) -> Option<Instant> {
    if !heap.diagnosis.has(DebugFlags::STATS) {
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
pub(super) fn collectable(heap: &Heap, object: Object, type_name: &str) {
    let name = short_name(type_name);
    tell(
        heap,
        &format!("gc: collectable <{name} {:p}>", object.address()),
    );
}

/// Tells how a collection went.
pub(super) fn done(heap: &Heap, collected: usize, start: Option<Instant>) {
    if let Some(start) = start
        && heap.diagnosis.has(DebugFlags::STATS)
    {
        let elapsed = start.elapsed().as_secs_f64();
        tell(
            heap,
            &format!("gc: done, {collected} unreachable, 0 uncollectable, {elapsed:.4}s elapsed"),
        );
    }
}
