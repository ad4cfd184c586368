//! What the example wants to know of a document, without any handle into it.

/// The answers to the queries on one document.
pub(crate) struct Page {
    /// The text of the first `title` element.
    pub(crate) title: Option<String>,
    /// `h1` to `h6`, in document order.
    pub(crate) headings: Vec<Heading>,
    /// `a` elements with `href`, in document order.
    pub(crate) links: Vec<Link>,
    /// What was changed afterwards.
    pub(crate) edits: Edits,
}

/// A heading.
pub(crate) struct Heading {
    /// 1 to 6.
    pub(crate) level: u8,
    /// Its text, with single spaces.
    pub(crate) text: String,
}

/// A link.
pub(crate) struct Link {
    /// Where it goes.
    pub(crate) href: String,
    /// Its text, with single spaces.
    pub(crate) text: String,
    /// The index in [`Page::headings`] of the last heading that begins before the link.
    pub(crate) heading: Option<usize>,
}

/// How many subtrees were moved and deleted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Edits {
    pub(crate) moved: usize,
    pub(crate) deleted: usize,
}
