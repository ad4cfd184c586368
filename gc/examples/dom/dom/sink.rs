//! From html5ever's parser to the tree.

use std::borrow::Cow;
use std::cell::RefCell;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};

use super::Handle;
use super::node::{Data, Element, Node, append, insert_before};

/// The document of `html`, which may be damaged in any way, as UTF-8.
pub(crate) fn parse(html: &[u8]) -> Handle<Node> {
    let sink = Sink {
        document: Node::new(Data::Document),
    };
    parse_document(sink, ParseOpts::default())
        .from_utf8()
        .one(html)
}

/// Receives the parser's instructions. Its handles are those of the tree.
struct Sink {
    document: Handle<Node>,
}

/// The element that the parser says `node` is.
fn element(node: &Node) -> &Element {
    node.as_element()
        .expect("the parser asks this of elements only")
}

/// Extends `node` by `text`, if there is such a node and it is text.
fn extend_text(node: Option<&Handle<Node>>, text: &StrTendril) -> bool {
    let Some(Data::Text(old)) = node.map(|node| node.data()) else {
        return false;
    };
    old.borrow_mut().push_tendril(text);
    true
}

fn text_node(text: StrTendril) -> Handle<Node> {
    Node::new(Data::Text(RefCell::new(text)))
}

impl TreeSink for Sink {
    type Handle = Handle<Node>;
    type Output = Handle<Node>;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Handle<Node> {
        self.document
    }

    fn get_document(&self) -> Handle<Node> {
        self.document.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle<Node>) -> &'a QualName {
        &element(target).name
    }

    fn same_node(&self, x: &Handle<Node>, y: &Handle<Node>) -> bool {
        Handle::ptr_eq(x, y)
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> Handle<Node> {
        Node::new(Data::Element(Element {
            name,
            attributes: RefCell::new(attributes),
            integration_point: flags.mathml_annotation_xml_integration_point,
        }))
    }

    fn create_comment(&self, _text: StrTendril) -> Handle<Node> {
        Node::new(Data::Comment)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle<Node> {
        Node::new(Data::Comment)
    }

    fn append(&self, parent: &Handle<Node>, child: NodeOrText<Handle<Node>>) {
        match child {
            NodeOrText::AppendNode(node) => append(parent, &node),
            NodeOrText::AppendText(text) => {
                if !extend_text(parent.last().as_ref(), &text) {
                    append(parent, &text_node(text));
                }
            }
        }
    }

    fn append_before_sibling(&self, sibling: &Handle<Node>, child: NodeOrText<Handle<Node>>) {
        match child {
            NodeOrText::AppendNode(node) => insert_before(sibling, &node),
            NodeOrText::AppendText(text) => {
                if !extend_text(sibling.previous().as_ref(), &text) {
                    insert_before(sibling, &text_node(text));
                }
            }
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle<Node>,
        previous: &Handle<Node>,
        child: NodeOrText<Handle<Node>>,
    ) {
        if element.parent().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        append(&self.document, &Node::new(Data::Doctype));
    }

    fn get_template_contents(&self, target: &Handle<Node>) -> Handle<Node> {
        target.template_contents()
    }

    fn add_attrs_if_missing(&self, target: &Handle<Node>, attributes: Vec<Attribute>) {
        let mut present = element(target).attributes.borrow_mut();
        for attribute in attributes {
            if !present.iter().any(|other| other.name == attribute.name) {
                present.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle<Node>) {
        target.detach();
    }

    fn reparent_children(&self, node: &Handle<Node>, new_parent: &Handle<Node>) {
        while let Some(child) = node.first() {
            append(new_parent, &child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, node: &Handle<Node>) -> bool {
        element(node).integration_point
    }

    /// Like a browser, says nothing about errors.
    fn parse_error(&self, _message: Cow<'static, str>) {}

    /// Quirks matter to layout, which this is not.
    fn set_quirks_mode(&self, _mode: QuirksMode) {}
}
