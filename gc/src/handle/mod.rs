//! The handles: [`Gc`] and [`Weak`], and how they are made and converted.

mod convert;
mod cyclic;
mod erased;
mod forward;
mod gc;
mod slice;
mod uninit;
pub mod unsize;
mod weak;
mod weak_hash;

pub(crate) use self::erased::Erased;
pub use self::gc::Gc;
pub use self::weak::Weak;
