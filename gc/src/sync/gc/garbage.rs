//! Garbage of the shared heap that was saved instead of being freed.
#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::guarded::Guarded;
use crate::handle::Shared;
use crate::heap::process::DIAGNOSIS;
use crate::sync::Gc;

crate::gc::saved_garbage! {
    /// The garbage that collections of the shared heap have saved, while
    /// [`SAVEALL`](super::DebugFlags::SAVEALL) was set.
    ///
    /// As [`gc::garbage`](crate::gc::garbage()), for all threads: finalizers and callbacks have run, weak
    /// handles of that time are dead, and the objects are intact, and alive as long as they are here.
    ///
    /// # Examples
    ///
    /// ```
    /// use gordian::Trace;
    /// use gordian::sync::Gc;
    /// use gordian::sync::gc::{self, DebugFlags};
    /// use std::sync::OnceLock;
    ///
    /// #[derive(Trace)]
    /// struct Loop { name: &'static str, me: OnceLock<Gc<Loop>> }
    ///
    /// let a = Gc::new(Loop { name: "a", me: OnceLock::new() });
    /// assert!(a.me.set(a.clone()).is_ok());
    /// drop(a);
    ///
    /// gc::set_debug(DebugFlags::SAVEALL);
    /// assert_eq!(gc::collect(), 1);
    /// let garbage = gc::garbage();
    /// assert_eq!(garbage.len(), 1);
    /// assert_eq!(garbage[0].downcast_ref::<Loop>().unwrap().name, "a");
    ///
    /// gc::set_debug(DebugFlags::NONE);
    /// garbage.clear();
    /// assert_eq!(gc::collect(), 1);
    /// ```
    Gc, Arc<Shared>, with_saved, "shared heap's"
}

fn with_saved<R>(f: impl FnOnce(&mut Vec<Arc<Erased<Shared>>>) -> R) -> R {
    DIAGNOSIS.with(|diagnosis| f(&mut diagnosis.saved))
}
