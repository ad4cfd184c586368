//! The handles of a thread, [`Gc`] and [`Weak`], and how these and those that threads share are made and
//! converted: whatever both kinds have, and what is the same but for the bounds, is written once.

/// Has a macro implement something for both kinds of handles: it gets their names, where their objects
/// are made, what a value is beside being `Trace + 'static`, and the module where users find them.
macro_rules! for_both {
    ($implement:ident) => {
        $implement! { Gc, Weak, Local, [], "gordian" }
        $implement! { SharedGc, SharedWeak, Shared, [Send + Sync +], "gordian::sync" }
    };
}

mod convert;
mod cyclic;
mod erased;
mod forward;
mod gc;
mod home;
mod slice;
mod uninit;
pub mod unsize;
mod weak;
mod weak_hash;

pub(crate) use self::erased::Erased;
pub use self::gc::Gc;
pub(crate) use self::home::{Local, Shared};
pub use self::weak::Weak;
