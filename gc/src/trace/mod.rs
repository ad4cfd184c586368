//! What the collector asks of a type: to report the handles its values own.
//!
//! [`Trace`] is the only thing the collector knows about user types. Its numbered contract is
//! what every proof in this crate leans on; `#[derive(Trace)]` keeps it by construction.

mod facts;
mod guards;
mod not_trace;
mod spared;
mod tracer;

use std::ptr;

pub use self::facts::{Depth, Facts, Part, Remainder};
pub(crate) use self::guards::Guards;
pub use self::not_trace::NotTrace;
pub use self::spared::{PartMut, Spared};
pub use self::tracer::Tracer;
pub use crate::fields::{Field, Fields};
use crate::finalize::Finalizers;

/// A type whose values can tell the collector which [`Gc`](crate::Gc) handles they own.
///
/// Use `#[derive(Trace)]`; it is always right. Writing the impl by hand is for types the derive
/// cannot see into (a foreign container behind raw pointers, say) and is `unsafe`, because the
/// collector frees what the reports say is unreachable.
///
/// `Trace` is dyn-compatible, so it can be a supertrait: `trait Shape: Trace { .. }` makes
/// `Gc<dyn Shape>` and `Box<dyn Shape>` work.
///
/// # Safety
///
/// An implementation keeps these six duties:
///
/// 1. **At most once.** `trace` reports a handle that the value owns at most once.
/// 2. **Sole owner.** It reports only handles that `self` owns alone: nothing behind an `Rc`, an
///    `Arc`, a reference, a [`Weak`](crate::Weak), a `ManuallyDrop` or a `Cow::Borrowed`, where a
///    second owner might report the same handle again. Nor does it call `trace` on anything else, be
///    it without handles: a lock that is traced may stay locked for a while after `trace` has
///    returned, so it must not be on the stack, or where others can take it away.
/// 3. **Readable now, and unchanged.** It reports no handle that it cannot read at this moment: the
///    content of a `RefCell` that is mutably borrowed, or of a `Mutex` that is locked, is left out. Of a
///    type that threads share it reports no handle that another thread could take away or replace once
///    `trace` has returned, for the collector goes on to use it: only what nobody changes without a
///    `&mut` to the value, and what lies in a `Mutex`, `RwLock`, `OnceLock` or `LazyLock` of the standard
///    library, by calling `trace` on that. To take a lock, trace its content and let go of it is *not*
///    enough, and the content of other locks is left out.
/// 4. **Inert.** It mutates nothing, and clones, drops, upgrades, allocates and collects no
///    gordian object, and it blocks on nothing. Nor does it panic, if the value may lie in a
///    [`Cell`](std::cell::Cell): the panic hook is user code, and may take out of the cell, and drop,
///    what functions that are about to be unwound still have references to. Where it may panic, it ends
///    at once: it does not catch the panic, and nothing on its stack uses what is in a cell of the value
///    while it unwinds.
/// 5. **Blind drop.** No drop glue of `Self` follows, clones or hands to other code a handle that
///    `trace` reports; neither does `drop_rest`.
/// 6. **No more than it says.** `drop_rest` does no more than `remainder` says.
///
/// Reporting too few handles is always safe: an object that is held by a handle nobody reports
/// counts as held from outside and stays alive. Reporting one handle too many is not. A panic in
/// `trace`, where duty 4 allows it, is caught; the value then counts as having reported nothing. What this
/// crate and the derive write never panics.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Trace};
/// use std::cell::RefCell;
///
/// #[derive(Trace)]
/// struct Node {
///     name: String,
///     peers: RefCell<Vec<Gc<Node>>>,
/// }
///
/// let node = Gc::new(Node { name: "a".into(), peers: RefCell::default() });
/// node.peers.borrow_mut().push(node.clone());
/// assert_eq!(node.name, "a");
/// drop(node);
/// assert_eq!(gordian::collect(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Trace`, so the collector cannot look into it",
    label = "this type does not implement `Trace`",
    note = "add `#[derive(Trace)]` to `{Self}`, or put `#[trace(skip)]` on the field if the type \
            is foreign: handles in a skipped field keep what they point to alive"
)]
pub unsafe trait Trace {
    /// Reports every [`Gc`](crate::Gc) and [`Weak`](crate::Weak) that `self` owns to `tracer`, by
    /// calling `trace` on the fields.
    fn trace(&self, tracer: &mut Tracer);

    /// Runs the finalizer of `self`, if its type has one, and then those of the values it holds by
    /// value, outermost first.
    ///
    /// Containers pass the call on to what they own plainly (fields, elements, `Box`, `Option`);
    /// cells and locks do not, because a finalizer could take the very value it runs on out of
    /// them. The default does nothing.
    fn finalize_with(&self, finalizers: &mut Finalizers) {
        let _ = finalizers;
    }

    /// Reports the same handles as [`trace`](Self::trace), and in which fields they are: for
    /// diagnostics such as [`gc::why_alive`](crate::gc::why_alive()). The duties are those of `trace`.
    ///
    /// The default gives no names. The derive gives the names of fields, and for an enum the variant's
    /// name and the field's, with a dot between them.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::trace::{Fields, Tracer};
    /// use gordian::{Gc, Trace};
    ///
    /// struct Pair { left: Gc<i32>, right: Gc<i32> }
    ///
    /// // SAFETY: a pair owns its handles alone; each is traced once, and nothing else is done.
    /// unsafe impl Trace for Pair {
    ///     fn trace(&self, tracer: &mut Tracer) {
    ///         self.left.trace(tracer);
    ///         self.right.trace(tracer);
    ///     }
    ///
    ///     fn trace_fields(&self, fields: &mut Fields) {
    ///         fields.field("left", &self.left);
    ///         fields.field("right", &self.right);
    ///     }
    /// }
    ///
    /// let right = Gc::new(2);
    /// let pair = Gc::new(Pair { left: Gc::new(1), right: right.clone() });
    /// let why = gordian::gc::why_alive(&pair.right);
    /// # drop(right);
    /// ```
    fn trace_fields(&self, fields: &mut Fields) {
        fields.all_of(self);
    }

    /// Drops the value in place, all but the handles that `trace` reports: those that are spared
    /// lead to garbage, which goes along with the value, and counting them down would be in vain.
    ///
    /// Containers pass the call on to what they own, cells included. The default drops everything,
    /// handles too, which is always right.
    ///
    /// # Safety
    ///
    /// The value is neither used nor dropped afterwards. Its memory, and that of all objects that
    /// the handles to be spared lead to, is freed without regard to the counts of these.
    ///
    /// # Examples
    ///
    /// A container that passes the call on, and says that it does no more:
    ///
    /// ```
    /// use gordian::trace::{Depth, Facts, Remainder, Spared, Tracer};
    /// use gordian::{Gc, Trace};
    ///
    /// struct Pair<T>(T, T);
    ///
    /// // SAFETY: a pair owns its parts alone; each is traced once, and nothing else is done.
    /// unsafe impl<T: Trace> Trace for Pair<T> {
    ///     fn trace(&self, tracer: &mut Tracer) {
    ///         self.0.trace(tracer);
    ///         self.1.trace(tracer);
    ///     }
    ///
    ///     unsafe fn drop_rest(&mut self, spared: Spared) {
    ///         // SAFETY: from the caller.
    ///         unsafe { self.0.drop_rest(spared) };
    ///         // SAFETY: from the caller.
    ///         unsafe { self.1.drop_rest(spared) };
    ///     }
    ///
    ///     fn remainder(depth: Depth) -> Remainder {
    ///         Remainder::of::<T>(depth)
    ///     }
    ///
    ///     fn facts(depth: Depth) -> Facts {
    ///         Facts::of::<T>(depth)
    ///     }
    /// }
    ///
    /// let leaf = Gc::new(1);
    /// let pair = Gc::new(Pair(leaf.clone(), leaf));
    /// assert_eq!(*pair.0, 1);
    /// ```
    unsafe fn drop_rest(&mut self, spared: Spared) {
        let _ = spared;
        // SAFETY: from the caller.
        unsafe { ptr::drop_in_place(self) }
    }

    /// What [`drop_rest`](Self::drop_rest) does. Garbage of types of which it does little is freed
    /// without further ado.
    ///
    /// The default, [`Remainder::Anything`], is always right.
    #[must_use]
    fn remainder(depth: Depth) -> Remainder
    where
        Self: Sized,
    {
        let _ = depth;
        Remainder::Anything
    }

    /// What can be said of the type itself, whatever its value: see [`Facts`]. Always the same.
    ///
    /// The default, [`Facts::UNKNOWN`], is always right.
    #[must_use]
    fn facts(depth: Depth) -> Facts
    where
        Self: Sized,
    {
        let _ = depth;
        Facts::UNKNOWN
    }
}

/// A type whose values never hold a [`Gc`](crate::Gc) or [`Weak`](crate::Weak) that the collector
/// should see.
///
/// `Rc<T>` and `Arc<T>` are [`Trace`] only for such `T`, so that no handle disappears behind a
/// shared owner unless somebody wrote `#[trace(skip)]`. `#[derive(Trace)]` with `#[trace(leaf)]`
/// implements it.
///
/// Implementing it wrongly is safe: a handle inside a leaf counts as held from outside, so what
/// it points to lives as long as the handle does.
///
/// # Examples
///
/// ```
/// use gordian::{Gc, Trace};
/// use std::rc::Rc;
///
/// #[derive(Trace)]
/// #[trace(leaf)]
/// struct Texture { pixels: Vec<u8> }
///
/// #[derive(Trace)]
/// struct Sprite { texture: Rc<Texture> }
///
/// let sprite = Gc::new(Sprite { texture: Rc::new(Texture { pixels: vec![0; 4] }) });
/// assert_eq!(sprite.texture.pixels.len(), 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` may hold `Gc` handles, which the collector cannot follow through a shared \
               owner",
    label = "this type is not a `Leaf`",
    note = "use `Gc` instead of `Rc`/`Arc`, or `#[trace(leaf)]` on a type without handles, or \
            `#[trace(skip)]` on the field: handles in it then keep what they point to alive"
)]
pub trait Leaf: Trace {}
