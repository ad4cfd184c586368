//! The document tree: nodes, a parser, queries and edits.
//!
//! This directory is compiled twice: `Handle` in the parent module is `Gc` or `Rc`, and nothing
//! else differs.

mod edit;
pub(crate) mod node;
mod query;
mod sink;

use super::Handle;
use crate::page::Page;

/// Parses `html`, answers the queries, edits the tree and drops it.
pub(crate) fn read_page(html: &[u8]) -> Page {
    let document = sink::parse(html);
    let mut page = query::answer(&document);
    page.edits = edit::tidy(&document);
    page
    // Here goes the last handle from outside. The nodes still hold each other: on `Rc` for ever,
    // on `Gc` until the collector comes by.
}
