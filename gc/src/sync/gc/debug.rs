//! The debug flags of the shared heap and where their output goes.
#![forbid(unsafe_code)]

use std::mem;
use std::sync::Arc;

use crate::gc::DebugFlags;
use crate::guarded::Guarded;
use crate::heap::process::{DIAGNOSIS, Mutator, Sink};

/// Sets what collections of the shared heap tell and keep, on all threads.
///
/// As [`gc::set_debug`](crate::gc::set_debug). A collection that has begun may not know of it. With
/// [`STATS`](DebugFlags::STATS) an automatic collection, too, waits for another thread's look, and the
/// lines of two threads may be mixed. Garbage that a thread finds at its own end is not saved, and what
/// has been saved is given up at the end of the last thread that uses the heap, as who calls this does.
///
/// # Examples
///
/// ```
/// use gordian::sync::gc::{self, DebugFlags};
///
/// gc::set_debug(DebugFlags::STATS);
/// gc::collect(); // prints four lines
/// gc::set_debug(DebugFlags::NONE);
/// ```
pub fn set_debug(flags: DebugFlags) {
    // So that what others save is there as long as this thread may ask for it.
    Mutator::with(Mutator::guard);
    DIAGNOSIS.with(|diagnosis| diagnosis.flags = flags);
}

/// The flags that were set with [`set_debug`].
#[must_use]
pub fn debug() -> DebugFlags {
    DIAGNOSIS.with(|diagnosis| diagnosis.flags)
}

/// Sends the lines that [`set_debug`] asks for to `sink`, each without its line feed.
///
/// It is called in the midst of collections, by the thread that collects, and may do what a finalizer
/// may: no lock is held. A panic in it stops nothing; an explicit collection resumes the first one at its
/// end. A collection that has begun may call it once more when another one has taken its place.
///
/// # Examples
///
/// ```
/// use gordian::sync::gc::{self, DebugFlags};
/// use std::sync::{Arc, Mutex};
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// gc::set_debug_sink({
///     let lines = lines.clone();
///     move |line| lines.lock().unwrap().push(line.to_owned())
/// });
/// gc::set_debug(DebugFlags::STATS);
/// gc::collect();
/// assert_eq!(lines.lock().unwrap()[0], "gc: collecting generation 2...");
/// # gc::set_debug(DebugFlags::NONE);
/// # gc::reset_debug_sink();
/// ```
pub fn set_debug_sink(sink: impl Fn(&str) + Send + Sync + 'static) {
    replace_sink(Some(Arc::new(sink)));
}

/// Sends the lines that [`set_debug`] asks for to standard error again.
pub fn reset_debug_sink() {
    replace_sink(None);
}

fn replace_sink(sink: Option<Sink>) {
    let _old = DIAGNOSIS.with(|diagnosis| mem::replace(&mut diagnosis.sink, sink));
}
