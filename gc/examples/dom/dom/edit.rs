//! Changes to a document.

use html5ever::local_name;

use super::Handle;
use super::node::{Node, append, descendants};
use crate::page::Edits;

/// Deletes scripts, styles and navigation, and moves code samples to an appendix.
pub(crate) fn tidy(document: &Handle<Node>) -> Edits {
    let mut edits = Edits::default();
    let Some(body) =
        descendants(document).find(|node| node.html_name() == Some(&local_name!("body")))
    else {
        return edits;
    };

    for node in elements(document, is_clutter) {
        // What counting can free, such as a lone element, goes with `node`; a subtree whose
        // nodes hold each other stays behind, out of reach, for the collector.
        node.detach();
        edits.deleted += 1;
    }

    let samples = elements(&body, |node| node.html_name() == Some(&local_name!("pre")));
    if !samples.is_empty() {
        let appendix = Node::element(local_name!("section"));
        append(&body, &appendix);
        for sample in samples {
            append(&appendix, &sample);
            edits.moved += 1;
        }
    }
    edits
}

/// The elements below `root` that satisfy `wanted`, listed before anything moves.
fn elements(root: &Handle<Node>, wanted: impl Fn(&Node) -> bool) -> Vec<Handle<Node>> {
    descendants(root).filter(|node| wanted(node)).collect()
}

fn is_clutter(node: &Node) -> bool {
    matches!(
        node.html_name(),
        Some(&(local_name!("script") | local_name!("style") | local_name!("nav")))
    )
}
