//! What the nodes are linked to: built the same way for all competitors, and given up by hand
//! where there is no collector.

pub(crate) mod dom;
pub(crate) mod graph;
pub(crate) mod line;
mod random;
pub(crate) mod tree;

pub(crate) use self::random::Random;
