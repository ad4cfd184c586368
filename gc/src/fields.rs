//! Which field of a value a handle is in: what diagnostics ask beyond [`Trace::trace`].
#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::object::Object;
use crate::trace::{NotTrace, Trace, Tracer};

/// Paths are not followed by name beyond this length, so that a list of boxes has no path as long as
/// itself.
const MAX_PATH: usize = 100;

/// Receives the handles that [`Trace::trace_fields`] reports, and where they are.
pub struct Fields {
    tracer: Tracer,
    /// The fields that lead to the value at hand, with dots between them.
    path: String,
    /// Each path under which handles were reported, with the number of handles by its end.
    ends: Vec<(String, usize)>,
}

impl Fields {
    /// None yet. Told of are shared handles, or those of a thread. No locks are kept.
    pub(crate) fn new(is_shared: bool) -> Self {
        Self {
            tracer: Tracer {
                is_shared,
                ..Tracer::new()
            },
            path: String::new(),
            ends: Vec::new(),
        }
    }

    /// Reports everything that `value` reports, as part of the field at hand.
    pub fn all_of<T: Trace + ?Sized>(&mut self, value: &T) {
        let before = self.tracer.found().len();
        value.trace(&mut self.tracer);
        let end = self.tracer.found().len();
        if end > before {
            self.ends.push((self.path.clone(), end));
        }
    }

    /// Looks behind a lock, whose guard this is. A panic of `look` poisons no lock.
    pub(crate) fn behind<G: Deref>(&mut self, guard: G, look: impl FnOnce(&G::Target, &mut Self)) {
        let outcome = catch_unwind(AssertUnwindSafe(|| look(&guard, self)));
        drop(guard);
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }

    /// Reports a field under its name.
    pub fn field<T: Trace + ?Sized>(&mut self, name: &str, value: &T) {
        self.named(name, value).report();
    }

    /// A field, to be reported: for the derive.
    #[doc(hidden)]
    pub fn named<'a, T: ?Sized>(&'a mut self, name: &str, value: &'a T) -> Field<'a, T> {
        let outer = self.path.len();
        if outer + name.len() <= MAX_PATH {
            if outer > 0 {
                self.path.push('.');
            }
            self.path.push_str(name);
        }
        Field {
            fields: self,
            outer,
            value,
        }
    }

    /// The objects that handles were reported to, each with the field.
    pub(crate) fn into_edges(self) -> Vec<(Object, String)> {
        let mut edges = self.tracer.found().iter().enumerate().peekable();
        let mut found = Vec::new();
        for (path, end) in self.ends {
            while let Some((_, edge)) = edges.next_if(|(number, _)| *number < end) {
                found.push((edge.object(), path.clone()));
            }
        }
        found
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A field that is to be reported.
#[doc(hidden)]
#[derive(Debug)]
pub struct Field<'a, T: ?Sized> {
    fields: &'a mut Fields,
    /// The length of the path without it.
    outer: usize,
    value: &'a T,
}

impl<T: Trace + ?Sized> Field<'_, T> {
    /// Reports it.
    pub fn report(self) {
        self.value.trace_fields(self.fields);
        self.fields.path.truncate(self.outer);
    }
}

impl<T: ?Sized> NotTrace for Field<'_, T> {}
