//! The debug flags and where their output goes.
#![forbid(unsafe_code)]

use std::mem;
use std::ops::{BitOr, BitOrAssign};
use std::rc::Rc;

use crate::guarded::Guarded;
use crate::heap::{Heap, Sink};

/// What collections of this thread tell, and keep: see [`set_debug`].
///
/// # Examples
///
/// ```
/// use gordian::gc::DebugFlags;
///
/// let flags = DebugFlags::STATS | DebugFlags::LEAK;
/// assert!(flags.contains(DebugFlags::SAVEALL));
/// assert_eq!(flags.bits(), 39);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct DebugFlags(u8);

impl DebugFlags {
    /// Nothing, as at first.
    pub const NONE: Self = Self(0);
    /// Each collection tells when it starts, how many objects there are, and what it came to.
    pub const STATS: Self = Self(1);
    /// Each collection tells of every object that it has found to be garbage, before finalizers and
    /// callbacks run.
    pub const COLLECTABLE: Self = Self(2);
    /// Would tell of garbage that cannot be freed: there is none. Kept for the sake of the name.
    pub const UNCOLLECTABLE: Self = Self(4);
    /// Garbage is not freed, but saved in [`garbage`](super::garbage()).
    pub const SAVEALL: Self = Self(32);
    /// For the hunt of leaks: `COLLECTABLE`, `UNCOLLECTABLE` and `SAVEALL`.
    pub const LEAK: Self = Self(2 + 4 + 32);

    /// Whether all of these flags are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// The flags as a number, the same as in Python.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

impl BitOr for DebugFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for DebugFlags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// Sets what collections of this thread tell and keep.
///
/// Output goes to standard error, or where [`set_debug_sink`] says. With
/// [`COLLECTABLE`](DebugFlags::COLLECTABLE) or [`SAVEALL`](DebugFlags::SAVEALL) collections take
/// longer, as all garbage is treated as if it had finalizers. At the thread's end nothing is saved.
///
/// # Examples
///
/// ```
/// use gordian::gc::{self, DebugFlags};
///
/// gc::set_debug(DebugFlags::STATS);
/// gc::collect(); // prints four lines
/// gc::set_debug(DebugFlags::NONE);
/// ```
pub fn set_debug(flags: DebugFlags) {
    Heap::with(|heap| {
        heap.guard();
        heap.diagnosis.with(|diagnosis| diagnosis.flags = flags);
    });
}

/// The flags that were set with [`set_debug`].
#[must_use]
pub fn debug() -> DebugFlags {
    Heap::with(|heap| heap.diagnosis.with(|diagnosis| diagnosis.flags))
}

/// Sends the lines that [`set_debug`] asks for to `sink`, each without its line feed.
///
/// It is called in the midst of collections and may do what a finalizer may. A panic in it stops
/// nothing; an explicit collection resumes the first one at its end.
///
/// # Examples
///
/// ```
/// use gordian::gc::{self, DebugFlags};
/// use std::{cell::RefCell, rc::Rc};
///
/// let lines = Rc::new(RefCell::new(Vec::new()));
/// gc::set_debug_sink({
///     let lines = lines.clone();
///     move |line| lines.borrow_mut().push(line.to_owned())
/// });
/// gc::set_debug(DebugFlags::STATS);
/// gc::collect();
/// assert_eq!(lines.borrow()[0], "gc: collecting generation 2...");
/// # gc::set_debug(DebugFlags::NONE);
/// # gc::reset_debug_sink();
/// ```
pub fn set_debug_sink(sink: impl Fn(&str) + 'static) {
    replace_sink(Some(Rc::new(sink)));
}

/// Sends the lines that [`set_debug`] asks for to standard error again.
pub fn reset_debug_sink() {
    replace_sink(None);
}

fn replace_sink(sink: Option<Sink>) {
    let _old = Heap::with(|heap| {
        heap.guard();
        heap.diagnosis
            .with(|diagnosis| mem::replace(&mut diagnosis.sink, sink))
    });
}

/// A type's name without the paths in it.
pub(crate) fn short_name(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut start = 0;
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            short.truncate(start);
            rest = after;
            continue;
        }
        short.push(next);
        if !(next.is_alphanumeric() || next == '_') {
            start = short.len();
        }
        rest = &rest[next.len_utf8()..];
    }
    short
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn paths_are_left_out() {
        for (name, short) in [
            ("i32", "i32"),
            ("a::b::Node", "Node"),
            (
                "alloc::vec::Vec<(core::option::Option<a::B>, &str)>",
                "Vec<(Option<B>, &str)>",
            ),
            ("[a::B_1; 3]", "[B_1; 3]"),
            ("dyn a::B", "dyn B"),
        ] {
            assert_eq!(short_name(name), short);
        }
    }
}
