//! Random types with a derived `Trace`: [`source`](source()) writes a program that makes values of them,
//! and [`local`] and [`sync`] are what it checks with that they report what is in them, and lose nothing.

mod definition;
pub mod local;
mod source;
pub mod sync;
mod value;

pub use self::source::source;
