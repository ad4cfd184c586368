//! The DOM on `gordian::Gc`: documents are freed.

/// What nodes hold each other by.
pub(crate) use gordian::Gc as Handle;

#[path = "dom/mod.rs"]
pub(crate) mod dom;
