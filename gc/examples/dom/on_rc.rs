//! The same DOM on `std::rc::Rc`: documents leak.

/// What nodes hold each other by.
pub(crate) use std::rc::Rc as Handle;

#[path = "dom/mod.rs"]
pub(crate) mod dom;

/// The shared source derives `Trace`, which an `Rc` has only if no `Gc` hides behind it. None does.
impl gordian::trace::Leaf for dom::node::Node {}
