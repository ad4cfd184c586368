//! What the collector asks of a type: to report the handles its values own.
//!
//! [`Trace`] is the only thing the collector knows about user types. Its numbered contract is
//! what every proof in this crate leans on; `#[derive(Trace)]` keeps it by construction.

use std::fmt;
use std::marker::PhantomData;
use std::mem::needs_drop;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

pub use crate::fields::{Field, Fields};
use crate::finalize::Finalizers;
use crate::handle::{Gc, Weak};
use crate::object::{Edge, EphemeronMap, Object, Registration, shared};
use crate::sync;

/// A type whose values can tell the collector which [`Gc`] handles they own.
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
///    `Arc`, a reference, a [`Weak`], a `ManuallyDrop` or a `Cow::Borrowed`, where a second owner
///    might report the same handle again. Nor does it call `trace` on anything else, be it without
///    handles: a lock that is traced may stay locked for a while after `trace` has returned, so it must
///    not be on the stack, or where others can take it away.
/// 3. **Readable now, and unchanged.** It reports no handle that it cannot read at this moment: the
///    content of a `RefCell` that is mutably borrowed, or of a `Mutex` that is locked, is left out. Of a
///    type that threads share it reports no handle that another thread could take away or replace once
///    `trace` has returned, for the collector goes on to use it: only what nobody changes without a
///    `&mut` to the value, and what lies in a `Mutex`, `RwLock`, `OnceLock` or `LazyLock` of the standard
///    library, by calling `trace` on that. To take a lock, trace its content and let go of it is *not*
///    enough, and the content of other locks is left out.
/// 4. **Inert.** It mutates nothing, and clones, drops, upgrades, allocates and collects no
///    gordian object, and it blocks on nothing. If it panics it ends at once: it does not catch the
///    panic, and nothing on its stack uses the value while it unwinds, because the panic hook is
///    user code and may have replaced what is in a cell.
/// 5. **Blind drop.** No drop glue of `Self` follows, clones or hands to other code a handle that
///    `trace` reports; neither does `drop_rest`.
/// 6. **No more than it says.** `drop_rest` does no more than `remainder` says.
///
/// Reporting too few handles is always safe: an object that is held by a handle nobody reports
/// counts as held from outside and stays alive. Reporting one handle too many is not. A panic in
/// `trace` is caught; the value then counts as having reported nothing.
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
    /// Reports every [`Gc`] and [`Weak`] that `self` owns to `tracer`, by calling `trace` on the
    /// fields.
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

/// A type whose values never hold a [`Gc`] or [`Weak`] that the collector should see.
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

/// Receives the handles that [`Trace::trace`] reports.
///
/// # Examples
///
/// Testing a hand-written implementation:
///
/// ```
/// use gordian::{trace::Tracer, Gc};
///
/// let a = Gc::new(1);
/// let pair = (a.clone(), Some(a.clone()));
/// assert_eq!(Tracer::edges_of(&pair), [Gc::as_ptr(&a).cast(), Gc::as_ptr(&a).cast()]);
/// ```
pub struct Tracer {
    pub(crate) edges: Vec<Edge>,
    /// Something that may hold handles could not be read.
    pub(crate) is_incomplete: bool,
    /// The maps of ephemerons, where somebody asks for them instead of what their values hold.
    pub(crate) maps: Option<Vec<Rc<dyn EphemeronMap>>>,
    /// The weak handles with a callback, where somebody asks for them.
    pub(crate) weaks: Option<Vec<Rc<Registration>>>,
    /// Whether handles that threads share are asked for. A look of a thread passes them by.
    pub(crate) is_shared: bool,
    /// The edges of handles that threads share.
    pub(crate) shared_edges: Vec<Edge>,
    /// The weak collections of the heap that threads share, where somebody asks for them instead of what
    /// their entries own.
    pub(crate) shared_maps: Option<Vec<Arc<dyn shared::Members>>>,
    /// The same of weak handles with a callback.
    pub(crate) shared_weaks: Option<Vec<Arc<shared::Registration>>>,
    /// The locks that were taken, where they are to be kept.
    pub(crate) guards: Option<Guards>,
}

impl Tracer {
    /// One that has received nothing. Not public: an implementation must not exchange the tracer it
    /// is given.
    pub(crate) fn new() -> Self {
        Self {
            edges: Vec::new(),
            is_incomplete: false,
            maps: None,
            weaks: None,
            is_shared: false,
            shared_edges: Vec::new(),
            shared_maps: None,
            shared_weaks: None,
            guards: None,
        }
    }

    /// The addresses that `value` reports, in order and with repetitions: those of handles of a thread
    /// first, those of handles that threads share after them.
    ///
    /// Allocates a vector; meant for testing [`Trace`] implementations.
    #[must_use]
    pub fn edges_of<T: Trace + ?Sized>(value: &T) -> Vec<*const ()> {
        let mut tracer = Self {
            is_shared: true,
            ..Self::new()
        };
        value.trace(&mut tracer);
        let edges = tracer.edges.iter().chain(&tracer.shared_edges);
        edges.map(|edge| edge.object().address()).collect()
    }

    /// Reports one owned handle.
    ///
    /// `Gc<T>` implements [`Trace`] by this call; there is rarely a reason to make it directly.
    #[inline]
    pub fn edge<T: ?Sized>(&mut self, handle: &Gc<T>) {
        self.edges.push(handle.edge());
    }

    /// Looks behind a lock, whose guard this is: it is kept, if locks are.
    ///
    /// A panic of `look` poisons no lock.
    ///
    /// # Safety
    ///
    /// The lock belongs to the value that is being traced, and the content does not lie in the guard.
    pub(crate) unsafe fn behind<G: Deref>(
        &mut self,
        guard: G,
        look: impl FnOnce(&G::Target, &mut Self),
    ) {
        if self.guards.is_none() {
            let outcome = catch_unwind(AssertUnwindSafe(|| look(&guard, self)));
            drop(guard);
            if let Err(panic) = outcome {
                resume_unwind(panic);
            }
            return;
        }
        let content = &raw const *guard;
        if let Some(guards) = &mut self.guards {
            // SAFETY: who keeps the guards lets them go while the value that is being traced is there.
            unsafe { guards.keep(guard) };
        }
        // SAFETY: the lock is kept, so that the content is there and nobody writes to it; it does not
        // move with the guard.
        look(unsafe { &*content }, self);
    }

    /// Reports one owned handle of the heap that threads share.
    #[inline]
    pub fn shared_edge<T: ?Sized>(&mut self, handle: &sync::Gc<T>) {
        if self.is_shared {
            self.shared_edges.push(handle.edge());
        }
    }

    /// Reports one owned weak handle of the heap that threads share: see [`weak`](Self::weak).
    #[inline]
    pub fn shared_weak<T: ?Sized>(&mut self, handle: &sync::Weak<T>) {
        if let Some(weaks) = &mut self.shared_weaks {
            weaks.extend(handle.registration().cloned());
        }
    }

    /// Reports one owned weak handle: it holds nothing alive, but the collector does not run the
    /// callback of a weak handle that is garbage itself.
    #[inline]
    pub fn weak<T: ?Sized>(&mut self, handle: &Weak<T>) {
        if let Some(weaks) = &mut self.weaks {
            weaks.extend(handle.registration().cloned());
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("edges", &self.edges.len())
            .finish_non_exhaustive()
    }
}

mod guards;

pub(crate) use self::guards::Guards;

/// Which of the handles that [`Trace::trace`] reports [`Trace::drop_rest`] leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct Spared {
    /// The object whose value is being dropped, where handles are spared that lead to dead objects;
    /// `None` if all are.
    dead_as: Option<Object>,
}

impl Spared {
    /// All handles.
    pub(crate) const ALL: Self = Self { dead_as: None };

    /// Those that lead to objects that the collection under way has found dead, like the one of the
    /// value that is being dropped.
    pub(crate) fn dead(object: Object) -> Self {
        Self {
            dead_as: Some(object),
        }
    }

    /// Whether this handle is to be spared.
    #[inline]
    pub(crate) fn spares<T: ?Sized>(self, handle: &Gc<T>) -> bool {
        self.dead_as.is_none_or(|object| {
            // The value at hand is borrowed mutably, and must not be looked at by a handle in it.
            handle.object() == object || handle.is_dead()
        })
    }

    /// A part of a value, to be dropped like the whole.
    #[doc(hidden)]
    #[inline]
    pub fn of<T: ?Sized>(self, part: &mut T) -> PartMut<'_, T> {
        PartMut { part, spared: self }
    }
}

/// A part of a value whose [`Trace::drop_rest`] is under way.
#[doc(hidden)]
#[derive(Debug)]
pub struct PartMut<'a, T: ?Sized> {
    part: &'a mut T,
    spared: Spared,
}

impl<'a, T: Trace + ?Sized> PartMut<'a, T> {
    /// A guard that calls [`Trace::drop_rest`] on the part when it goes: so a panic in one part leaves
    /// no other one behind.
    ///
    /// # Safety
    ///
    /// As for [`Trace::drop_rest`], but that the part is used until the guard goes.
    #[inline]
    pub unsafe fn rest(self) -> impl Sized + use<'a, T> {
        RestOf(self.part, self.spared)
    }
}

impl<'a, T: ?Sized> PartMut<'a, T> {
    /// A guard that drops all of a part that is not traced.
    ///
    /// # Safety
    ///
    /// The part is neither used nor dropped after the guard.
    #[inline]
    pub unsafe fn all(self) -> impl Sized + use<'a, T> {
        AllOf(self.part)
    }
}

struct RestOf<'a, T: Trace + ?Sized>(&'a mut T, Spared);

impl<T: Trace + ?Sized> Drop for RestOf<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: from the caller of `rest`.
        unsafe { T::drop_rest(self.0, self.1) };
    }
}

struct AllOf<'a, T: ?Sized>(&'a mut T);

impl<T: ?Sized> Drop for AllOf<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: from the caller of `all`.
        unsafe { ptr::drop_in_place(self.0) };
    }
}

/// A part of a type that is asked about its parts.
///
/// All methods that the derive calls take `self`: those of the type itself go first then, whatever
/// traits are in scope. Methods that take `&self` would come after those of traits that do not.
#[doc(hidden)]
#[derive(Debug)]
pub struct Part<T: ?Sized> {
    depth: Depth,
    part: PhantomData<fn(&T)>,
}

impl<T: Trace> Part<T> {
    /// The remainder of the part, with that of others.
    #[must_use]
    #[inline]
    pub fn remainder(self, others: Remainder) -> Remainder {
        others.and::<T>(self.depth)
    }

    /// The facts of the part, with those of others.
    #[must_use]
    #[inline]
    pub fn and(self, others: Facts) -> Facts {
        others.and::<T>(self.depth)
    }
}

impl<T: ?Sized> Part<T> {
    /// See [`Remainder::and_untraced`].
    #[must_use]
    #[inline]
    pub fn remainder_untraced(self, others: Remainder) -> Remainder {
        others.and_untraced::<T>()
    }
}

/// What the derive asks of a part that is not [`Trace`], where its call of [`Trace::trace`] does not
/// compile: so that the compiler complains once. No program that compiles comes here, as the methods
/// of the types themselves go first.
#[doc(hidden)]
pub trait NotTrace: Sized {
    /// Instead of [`PartMut::rest`].
    ///
    /// # Safety
    ///
    /// None.
    unsafe fn rest(self) {}

    /// Instead of [`Part::remainder`].
    fn remainder(self, others: Remainder) -> Remainder {
        let _ = others;
        Remainder::Anything
    }

    /// Instead of [`Part::and`].
    fn and(self, others: Facts) -> Facts {
        let _ = others;
        Facts::UNKNOWN
    }

    /// Instead of the report of a field.
    fn report(self) {}
}

impl<T: ?Sized> NotTrace for PartMut<'_, T> {}
impl<T: ?Sized> NotTrace for Part<T> {}

/// What the type of a value says about all values of that type.
///
/// A `Gc<T>` of a `T` that can hold no handle is never tracked, buffered or visited by the
/// collector, and costs what an `Rc<T>` costs. The question is answered from the static type by
/// [`Trace::facts`], a plain function that the optimizer folds to a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts(u8);

impl Facts {
    /// No handle and no finalizer: a leaf.
    pub const NOTHING: Self = Self(0);
    /// May hold a thread-local handle, so may be part of a cycle.
    pub const HANDLE: Self = Self(1);
    /// May hold a handle of the shared heap.
    pub const SHARED_HANDLE: Self = Self(2);
    /// Has a finalizer, or holds by value something that may have one.
    pub const FINALIZER: Self = Self(4);
    /// Nothing can be said: everything is possible.
    pub const UNKNOWN: Self = Self(7 | Self::GAVE_UP);

    /// The question went too deep. Asking on would not help, and would cost exponential time in a
    /// recursive type.
    const GAVE_UP: u8 = 8;

    /// Whether all of `other` holds here too.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both: what holds of a value made of two parts.
    #[must_use]
    #[inline]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same without [`FINALIZER`](Self::FINALIZER): what holds behind a cell, into which
    /// finalizers do not go.
    #[must_use]
    #[inline]
    pub const fn without_finalizer(self) -> Self {
        Self(self.0 & !Self::FINALIZER.0)
    }

    /// The facts of `T`, a part of the type whose `facts` were asked with `depth`.
    #[must_use]
    #[inline]
    pub fn of<T: Trace>(depth: Depth) -> Self {
        match depth.0.checked_sub(1) {
            Some(left) => T::facts(Depth(left)),
            None => Self::UNKNOWN,
        }
    }

    /// The union with the facts of `T`, a further part of the same type.
    ///
    /// Once nothing is known any more `T` is not asked, so that a recursive type costs one
    /// descent.
    #[must_use]
    #[inline]
    pub fn and<T: Trace>(self, depth: Depth) -> Self {
        if self.0 & Self::GAVE_UP != 0 {
            return Self::UNKNOWN;
        }
        self.union(Self::of::<T>(depth))
    }
}

/// What [`Trace::drop_rest`] does, besides sparing handles: of a value made of parts, the first of
/// these that is true of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Remainder {
    /// Nothing can be said: everything is possible.
    Anything,
    /// It is *bare*: it runs no code but this crate's, the standard library's and its own, which
    /// does no harm, and drops no handle that it is to spare.
    Bare,
    /// Nothing, if all handles are spared: there is nothing else to drop.
    Nothing,
}

impl Remainder {
    /// That of a type whose drop glue is the standard library's alone, and which has no handles.
    #[inline]
    pub(crate) const fn of_plain<T: ?Sized>() -> Self {
        if needs_drop::<T>() {
            Self::Bare
        } else {
            Self::Nothing
        }
    }

    /// That of a part that is not traced: everything is possible, unless there is nothing to drop.
    #[must_use]
    #[inline]
    pub const fn of_untraced<T: ?Sized>() -> Self {
        if needs_drop::<T>() {
            Self::Anything
        } else {
            Self::Nothing
        }
    }

    /// That of `T`, a part of the type whose `remainder` was asked for with `depth`.
    #[must_use]
    #[inline]
    pub fn of<T: Trace>(depth: Depth) -> Self {
        match depth.0.checked_sub(1) {
            Some(left) => T::remainder(Depth(left)),
            None => Self::Anything,
        }
    }

    /// The same with `T`, a further part of the same type.
    ///
    /// Once everything is possible `T` is not asked, so that a recursive type costs one descent.
    #[must_use]
    #[inline]
    pub fn and<T: Trace>(self, depth: Depth) -> Self {
        if self == Self::Anything {
            return self;
        }
        self.min(Self::of::<T>(depth))
    }

    /// The same for a part that is dropped with its handles: it must have none.
    #[must_use]
    #[inline]
    pub fn and_without_handles<T: Trace>(self, depth: Depth) -> Self {
        let facts = Facts::of::<T>(depth);
        if facts.contains(Facts::HANDLE) || facts.contains(Facts::SHARED_HANDLE) {
            return Self::Anything;
        }
        self.and::<T>(depth)
    }

    /// The same for a part that is not traced.
    #[must_use]
    #[inline]
    pub fn and_untraced<T: ?Sized>(self) -> Self {
        self.min(Self::of_untraced::<T>())
    }
}

/// How much deeper [`Trace::facts`] may ask into a type before it gives up with
/// [`Facts::UNKNOWN`], as it must for recursive types.
#[derive(Clone, Copy, Debug)]
pub struct Depth(u8);

impl Depth {
    /// The depth to start with.
    pub(crate) const START: Self = Self(20);

    /// The part that this function borrows. It is not called: all that counts is the type, which is
    /// that of the field itself.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn part<V: ?Sized, T: ?Sized>(self, _: fn(&V) -> &T) -> Part<T> {
        Part {
            depth: self,
            part: PhantomData,
        }
    }
}
