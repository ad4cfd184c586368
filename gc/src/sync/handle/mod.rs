//! The handles: [`Gc`] and [`Weak`], and how they are made and converted.

mod gc;
mod weak;

pub use self::gc::Gc;
pub use self::weak::Weak;
