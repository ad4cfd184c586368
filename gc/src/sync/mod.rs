//! Handles that threads share, and the collector of their heap, which stops no thread.
//!
//! [`Gc`] and [`Weak`] are to [`Arc`](std::sync::Arc) what [`gordian::Gc`](crate::Gc) is to `Rc`: the
//! value goes the moment its last handle does, on the thread that drops it, and cycles are found by the
//! collector, with finalizers, weak callbacks and generations as on the heap of a thread. All threads
//! share one such heap. Values are [`Send`] and [`Sync`]; what holds handles and is changed after it was
//! made lies behind a lock of the standard library, or in a [`OnceLock`](std::sync::OnceLock).
//!
//! ```
//! use gordian::Trace;
//! use gordian::sync::{self, Gc};
//! use std::sync::RwLock;
//! use std::thread;
//!
//! #[derive(Trace)]
//! struct Page { url: String, links: RwLock<Vec<Gc<Page>>> }
//!
//! let home = Gc::new(Page { url: "/".into(), links: RwLock::default() });
//! let visitors: Vec<_> = (0..4)
//!     .map(|number| {
//!         let home = home.clone();
//!         thread::spawn(move || {
//!             let links = RwLock::new(vec![home.clone()]);
//!             let page = Gc::new(Page { url: format!("/{number}"), links });
//!             home.links.write().unwrap().push(page);
//!         })
//!     })
//!     .collect();
//! visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
//!
//! let urls: Vec<_> = home.links.read().unwrap().iter().map(|page| page.url.clone()).collect();
//! assert_eq!(urls.len(), 4);
//! drop(home); // Each page holds it.
//! assert_eq!(sync::collect(), 5);
//! ```
//!
//! # What it costs
//!
//! Reading is one plain load. A clone is one atomic read-modify-write, and so is a drop, of the last
//! handle too, where `Arc` has two. An object takes its value and 16 bytes of a block. Types that can hold
//! no shared handle are never buffered, tracked or visited.
//!
//! # How it collects
//!
//! Any thread may collect; two do not look for garbage at once. An automatic collection, which only
//! construction starts, is put off if another thread is at it for long (see
//! [`gc`](gc#when-a-collection-happens)). An explicit one waits for another thread's look, but not for its
//! finalizers, and returns when all that was garbage at the call has been found, and is being dealt with.
//! Inside a finalizer or a callback it does nothing.
//!
//! The collector counts the handles in values while other threads go on. It reads a value that is behind a
//! lock only if it gets the lock at once: a value whose lock is taken is in use, so alive. It keeps the
//! locks of what it has read until it has decided, if these are few (some thousands, for well below a
//! millisecond). If they are many it lets each go after reading, and then reads once more, keeping locks
//! this time, what it took for garbage; nobody waits for those, if garbage is what it is. So:
//!
//! * A thread may find a lock taken for a moment because the collector reads: `try_lock` may fail where
//!   no other thread of the program has the lock.
//! * [`Gc::get_mut`], [`Gc::make_mut`] and [`Gc::try_unwrap`] wait while the collector looks at their object,
//!   and no longer: not while finalizers run.
//! * No lock is held, of the program or of the collector, while finalizers, callbacks or `Drop` run. They
//!   may lock, collect, upgrade and allocate.
//! * A panic in a `trace` poisons no lock. A poisoned lock is read like any other.
//!
//! # Finalizers and threads
//!
//! They run on the thread that drops the last handle, or on the one that collects. Garbage is finalized
//! while weak handles to it still upgrade, on other threads too; who gets a handle so has resurrected the
//! object and what it leads to.
//!
//! An automatic collection runs inside [`Gc::new`], so finalizers may run there: see
//! [`gc`](gc#when-a-collection-happens) for what that means to who holds a lock.
//!
//! # Closures
//!
//! [`closure!`] makes closures whose captures the collector sees, and that threads may call at once, in a
//! `Gc<dyn Call<(i32,), Output = String> + Send + Sync>`: see [`closure`](mod@crate::closure).
//!
//! # Both heaps
//!
//! A type that holds [`sync::Gc`](Gc) handles can be the value of a [`gordian::Gc`](crate::Gc): the shared
//! handle is then held from outside, for the collector of the shared heap, until the thread's object
//! goes. The other way round does not compile, as handles of a thread are not [`Send`]. A cycle through
//! both heaps, which takes a lock whose content is made `Send` by other means, is not found by either
//! collector. One type with `#[derive(Trace)]` may be used in both heaps, generic over its handles.
//!
//! # Memory of ended threads
//!
//! Objects live as long as their handles, whatever thread made them. Blocks that a thread leaves behind are
//! taken over by those that allocate, or free what is in them, and the candidates that it found are
//! looked at by the next collection. When the last thread ends that has made or dropped a tracked shared
//! object, or registered a [finalizer](weak::finalize), the finalizers that wait for the exit run there,
//! and garbage that is left is finalized and freed; [`gc::shutdown`] does the same at once.
//! What statics hold is not garbage, and is never dropped, as is the rule in Rust.

pub mod gc;
pub mod weak;

mod calls;
mod closure;
pub(crate) mod handle;

pub use self::closure::Closure;
pub use self::gc::collect;
pub use self::handle::{Gc, Weak};
#[doc(inline)]
pub use crate::__shared_closure as closure;

mod atomic {
    pub(super) use std::sync::atomic::{AtomicUsize, Ordering};
}
