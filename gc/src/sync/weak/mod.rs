//! Weak handles that threads share, and finalizers that belong to no type.
//!
//! A callback of a single handle is [`Gc::downgrade_with`]; [`finalize`] registers code with an object
//! whoever holds it. All of it is `Send`: it runs on whatever thread drops the last handle to the object,
//! or collects it.
//!
//! The collections, whose entries go when objects do, are those of [`gordian::weak`](crate::weak):
//!
//! | | holds weakly | owns | an entry goes with |
//! |---|---|---|---|
//! | [`WeakValueMap`] | the values | the keys | its value |
//! | [`WeakKeyMap`], [`WeakIdentityMap`] | the keys | the values | its key |
//! | [`WeakSet`], [`WeakIdentitySet`] | the members | | its member |
//! | [`Ephemeron`] | the key | the value | its key |
//!
//! Threads share them as they are. An entry goes when its object is dead, after finalizers and before
//! callbacks; what it owns is dropped after the callbacks, on the same thread. The values of a
//! [`WeakKeyMap`] are those of ephemerons, as there.
//!
//! What waits for the exit runs when the last thread ends that uses the heap: one that has made an object
//! that can hold handles, dropped the last handle to one, or registered something here. What
//! a thread registers that begins during that waits for the end of that one. (A program whose main
//! thread does none of this, and gets handles from others, sees that happen when these have
//! ended.)

use std::fmt;
use std::sync::{Arc, Mutex};

mod entry;
mod ephemeron;
pub mod key_map;
mod lent;
mod look;
mod search;
pub mod set;
mod table;
mod trace;
pub mod value_map;

pub use self::ephemeron::Ephemeron;
pub use self::key_map::{WeakIdentityMap, WeakKeyMap};
pub use self::lent::Lent;
pub use self::set::{WeakIdentitySet, WeakSet};
pub use self::value_map::WeakValueMap;
pub use super::handle::Weak;
pub use crate::weak::{ByIdentity, ByValue, Compare};

use super::Gc;
use crate::collector::shared::add_at_exit;
use crate::guarded::Guarded;
use crate::heap::RunsAtExit;
use crate::object::shared::{Entry, Registered};
use crate::weak::finalizer::{Shared, finalizer};

finalizer! {
    Gc, Weak, Arc, Mutex, [Send + Sync +], [Send +],
    "gordian::sync", "the last thread that uses the heap ends"
}

/// Has it run when the object goes, or at exit.
fn register<T: ?Sized>(object: &Gc<T>, finalizer: Arc<impl Registered + RunsAtExit + 'static>) {
    let extension = object.header().extend();
    extension.register(object.object(), Entry::Finalizer(finalizer.clone()));
    let finalizer: Arc<dyn RunsAtExit + Send + Sync> = finalizer;
    add_at_exit(Arc::downgrade(&finalizer));
}
