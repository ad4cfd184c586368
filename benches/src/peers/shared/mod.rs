//! The competitors whose handles threads can share, each used as its documentation says.
//!
//! A node is a value and an array of links behind a `Mutex` of the standard library, for all of them.

pub(crate) mod arc;
pub(crate) mod dumpster;
pub(crate) mod gcmodule;
pub(crate) mod gordian;
pub(crate) mod jrsonnet;

use super::Peer;
use crate::heap::Triple;

/// Makes and links nodes that hold a value and `N` links to other nodes, on any thread.
pub(crate) trait SharedHeap<V, const N: usize>: 'static {
    /// Whether the program must cut the links of what is dead, since there is no collector.
    const BY_HAND: bool = false;

    type Handle: Clone + Send + Sync + 'static;

    fn node(value: V) -> Self::Handle;
    fn read<R>(node: &Self::Handle, read: impl FnOnce(&V) -> R) -> R;

    /// Sets a link that is not set yet.
    fn set(from: &Self::Handle, slot: usize, to: Self::Handle);
    fn take(from: &Self::Handle, slot: usize) -> Option<Self::Handle>;

    /// Locks and unlocks a node, unless somebody else has the lock; whether it did.
    fn try_lock(node: &Self::Handle) -> bool;

    /// Locks and unlocks a node.
    fn lock(node: &Self::Handle);

    /// Collects everything there is to collect.
    fn collect() {}

    /// Collects the youngest objects; everything, where these cannot be asked for.
    fn collect_young() {
        Self::collect();
    }

    /// Called by each thread between units of work, in each of which so many objects were made: for
    /// collectors that do not start by themselves.
    fn breathe(made: usize) {
        let _ = made;
    }
}

/// Objects of a type that can hold no handle.
pub(crate) trait SharedLeaves: 'static {
    type Leaf: Clone + Send + Sync + 'static;

    fn leaf(value: Triple) -> Self::Leaf;
}

/// Implements both for a peer whose `Node` has a `value` and `links`. An object is made by `$make`;
/// `$look` is what must be done with a handle to get at its value. What is in braces is added to the
/// implementation.
macro_rules! shared_heap {
    ($peer:ident, $handle:ident, $make:path, |$node:ident| $look:expr, { $($rest:tt)* }) => {
        impl<V: Send + Sync + 'static, const N: usize> $crate::peers::shared::SharedHeap<V, N>
            for $peer
        {
            type Handle = $handle<Node<V, N>>;

            #[inline]
            fn node(value: V) -> Self::Handle {
                $make(Node { value, links: std::sync::Mutex::new([const { None }; N]) })
            }

            #[inline]
            fn read<R>($node: &Self::Handle, read: impl FnOnce(&V) -> R) -> R {
                read(&$look.value)
            }

            #[inline]
            fn set($node: &Self::Handle, slot: usize, to: Self::Handle) {
                $look.links.lock().expect("nobody panics")[slot] = Some(to);
            }

            #[inline]
            fn take($node: &Self::Handle, slot: usize) -> Option<Self::Handle> {
                $look.links.lock().expect("nobody panics")[slot].take()
            }

            #[inline]
            fn try_lock($node: &Self::Handle) -> bool {
                $look.links.try_lock().is_ok()
            }

            #[inline]
            fn lock($node: &Self::Handle) {
                drop($look.links.lock());
            }

            $($rest)*
        }

        impl $crate::peers::shared::SharedLeaves for $peer {
            type Leaf = $handle<$crate::heap::Triple>;

            #[inline]
            fn leaf(value: $crate::heap::Triple) -> Self::Leaf {
                $make(value)
            }
        }
    };
}

use shared_heap;

/// How the crate is used here, for the report.
pub(crate) fn usage(peer: Peer) -> &'static str {
    match peer {
        Peer::Gordian => "`sync::Gc`, `#[derive(Trace)]`, default thresholds",
        Peer::Arc => "cycles are broken by hand: links are cut before the last handle goes",
        Peer::Dumpster => "`sync::Gc`, default collection condition",
        Peer::Gcmodule => {
            "`ThreadedCc`, all in one `ThreadedObjectSpace`, read through `borrow`; never collects by \
             itself: each thread calls `collect_cycles` once it made as many objects as survived \
             its last one, and at least 10 000"
        }
        Peer::Jrsonnet => "as gcmodule, feature `sync`",
        _ => "not shared between threads",
    }
}
