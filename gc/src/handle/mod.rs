//! The handles: [`Gc`] and [`Weak`], and how they are made and converted.

mod convert;
mod cyclic;
mod forward;
mod gc;
mod slice;
mod uninit;
pub mod unsize;
mod weak;
mod weak_hash;

pub use self::gc::Gc;
pub use self::weak::Weak;
