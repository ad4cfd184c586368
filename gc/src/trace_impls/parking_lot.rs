//! The locks of `parking_lot`, with the feature of that name.
//!
//! As those of the standard library ([`sync_cells`](super::sync_cells)), but that they are never
//! poisoned. Reentrant ones are not here: that one is taken would not mean that it is in use.

use parking_lot::{Condvar, Mutex, Once, RwLock};

// Nothing is in them but waiting threads.
leaf! { Condvar, Once }

lock! { Mutex, mutex => mutex.try_lock(), mutex.get_mut() }
lock! { RwLock, lock => lock.try_read(), lock.get_mut() }
