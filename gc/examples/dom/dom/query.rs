//! Questions to a document.

use html5ever::{LocalName, local_name};

use super::Handle;
use super::node::{Data, Node, descendants, preceding};
use crate::page::{Edits, Heading, Link, Page};

/// A link or heading in the tree, and the index of the nearest heading at or before it.
struct Landmark {
    node: Handle<Node>,
    heading: Option<usize>,
}

/// Title, headings, and links with their nearest headings.
pub(crate) fn answer(document: &Handle<Node>) -> Page {
    let mut page = Page {
        title: None,
        headings: Vec::new(),
        links: Vec::new(),
        edits: Edits::default(),
    };
    let mut last = None;
    for node in descendants(document) {
        let Some(name) = node.html_name() else {
            continue;
        };
        if *name == local_name!("title") && page.title.is_none() {
            page.title = Some(text(&node));
        } else if let Some(level) = heading_level(name) {
            last = Some(Landmark {
                node: node.clone(),
                heading: Some(page.headings.len()),
            });
            page.headings.push(Heading {
                level,
                text: text(&node),
            });
        } else if let Some(href) = href(&node) {
            let heading = nearest_heading(&node, last.as_ref());
            page.links.push(Link {
                href,
                text: text(&node),
                heading,
            });
            last = Some(Landmark {
                node: node.clone(),
                heading,
            });
        }
    }
    page
}

/// The heading that most closely precedes or encloses `link`.
///
/// Walks back through siblings and up through parents until it meets the `last` landmark, whose
/// heading is the answer here too. So a long list of links costs one walk, not one per link.
fn nearest_heading(link: &Handle<Node>, last: Option<&Landmark>) -> Option<usize> {
    let last = last?;
    std::iter::successors(preceding(link), preceding)
        .find(|node| Handle::ptr_eq(node, &last.node))
        .and(last.heading)
}

/// The `href` of an `a` element.
fn href(node: &Node) -> Option<String> {
    let element = node
        .as_element()
        .filter(|e| e.name.local == local_name!("a"))?;
    let attributes = element.attributes.borrow();
    let href = attributes
        .iter()
        .find(|attribute| attribute.name.local == local_name!("href"))?;
    Some(href.value.to_string())
}

fn heading_level(name: &LocalName) -> Option<u8> {
    match *name {
        local_name!("h1") => Some(1),
        local_name!("h2") => Some(2),
        local_name!("h3") => Some(3),
        local_name!("h4") => Some(4),
        local_name!("h5") => Some(5),
        local_name!("h6") => Some(6),
        _ => None,
    }
}

/// All text below `root`, with runs of white space made single spaces.
fn text(root: &Handle<Node>) -> String {
    let mut raw = String::new();
    for node in descendants(root) {
        if let Data::Text(text) = node.data() {
            raw.push_str(&text.borrow());
        }
    }
    let words: Vec<_> = raw.split_whitespace().collect();
    words.join(" ")
}
