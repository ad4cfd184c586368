//! The handles of a thread, [`Gc`] and [`Weak`], and how these and those that threads share are made and
//! converted: whatever both kinds have, and what is the same but for the bounds, is written once.

/// Has a macro implement something for both kinds of handles, which it finds as `Gc` and `Weak`. It gets
/// where their objects are made, what a value is beside being `Trace + 'static`, and the way from the
/// crate to the module where users find them.
macro_rules! for_both {
    ($implement:ident) => {
        mod local {
            use super::*;
            use crate::handle::*;

            $implement! { Local, [], "" }
        }

        mod shared {
            use super::*;
            use crate::sync::handle::*;

            $implement! { Shared, [Send + Sync +], "::sync" }
        }
    };
}

// Documentation shows the methods in the order of these modules.
mod gc;
mod weak;

mod value;

mod count;

mod raw;

mod convert;
mod cyclic;
mod erased;
mod forward;
mod home;
mod slice;
mod uninit;
pub mod unsize;
mod weak_hash;

pub(crate) use self::erased::Erased;
pub use self::gc::Gc;
pub(crate) use self::home::{Local, Shared};
pub use self::weak::Weak;
