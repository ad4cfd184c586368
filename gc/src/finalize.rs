//! Finalizers: code that runs on a value before it goes, while everything it points to is intact.
//!
//! The model is CPython's since PEP 442: a finalizer runs at most once in an object's life, sees
//! a whole object even inside a cycle, and may resurrect it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panics::{Panic, discard};

/// Code to run when an object is about to go.
///
/// The type says so with `#[trace(finalize)]` beside its `#[derive(Trace)]`; without it, the impl
/// does not compile.
///
/// * It runs **once** in an object's life, before anything of the object or of the garbage it
///   belongs to is dropped: on the last handle's drop, or in the collection that found it.
/// * It may do anything: allocate, drop, collect (which does nothing during a collection), and
///   **resurrect** the object by storing a handle to it, obtained from a `Weak` it keeps of
///   itself. A resurrected object lives on and is not finalized again.
/// * Finalizers of values held by value run too, the outermost first: through fields, tuples,
///   arrays, `Box`, `Option`, `Vec` and the maps, never through a cell or a lock.
/// * A value that is not inside a `Gc`, or that was taken out by `Gc::try_unwrap`,
///   `Gc::into_inner` or `Gc::unwrap_or_clone`, is not finalized.
/// * A panic in it stops nothing: everything else is still finalized and freed, and then the
///   first panic is resumed from the `drop` or the `collect` that caused it.
///
/// # Examples
///
/// ```
/// use gordian::{Finalize, Gc, Trace};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// #[trace(finalize)]
/// struct Session { id: u32, me: RefCell<Option<Gc<Session>>> }
///
/// impl Finalize for Session {
///     fn finalize(&self) {
///         println!("session {} is over", self.id);
///     }
/// }
///
/// let session = Gc::new(Session { id: 7, me: RefCell::default() });
/// *session.me.borrow_mut() = Some(session.clone());
/// drop(session);
/// assert_eq!(gordian::collect(), 1); // prints the line
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `#[trace(finalize)]` but does not implement `Finalize`",
    label = "no finalizer",
    note = "write `impl Finalize for {Self} {{ fn finalize(&self) {{ .. }} }}`, or remove \
            `#[trace(finalize)]`"
)]
pub trait Finalize: DeclaresFinalizer {
    /// Runs before the value is dropped; see the trait.
    fn finalize(&self);
}

/// Written by `#[derive(Trace)]` for a type with `#[trace(finalize)]`.
///
/// It ties [`Finalize`] to the attribute: a finalizer that the derive does not know of would never
/// be called. A type with a hand-written [`Trace`](crate::Trace) implements it by hand and calls
/// its finalizer from [`Trace::finalize_with`](crate::Trace::finalize_with).
#[diagnostic::on_unimplemented(
    message = "the finalizer of `{Self}` would never run: `#[trace(finalize)]` is missing",
    label = "a finalizer that the derive does not know of",
    note = "add `#[trace(finalize)]` next to `#[derive(Trace)]` on `{Self}`"
)]
pub trait DeclaresFinalizer {}

/// Runs finalizers one after the other, whatever they do.
///
/// Passed through a value by [`Trace::finalize_with`](crate::Trace::finalize_with).
#[derive(Debug, Default)]
pub struct Finalizers {
    first_panic: Option<Panic>,
}

impl Finalizers {
    /// Calls `value`'s finalizer. A panic is kept, so that the finalizers after it still run.
    pub fn run<T: Finalize + ?Sized>(&mut self, value: &T) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| value.finalize())) {
            match self.first_panic {
                None => self.first_panic = Some(panic),
                Some(_) => discard(panic),
            }
        }
    }

    /// The first panic of the finalizers run so far.
    pub(crate) fn into_panic(self) -> Option<Panic> {
        self.first_panic
    }
}
