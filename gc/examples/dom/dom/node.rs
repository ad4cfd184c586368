//! The nodes and the links between them.

use std::cell::RefCell;

use gordian::Trace;
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, QualName, ns};

use super::Handle;
use crate::meter::Counted;

/// A strong handle to another node, or none.
type Link = RefCell<Option<Handle<Node>>>;

/// A node of a document, linked to its surroundings in every direction.
///
/// This is all that the collector needs to be told: derive [`Trace`], and skip the fields of
/// foreign types, which hold no handles.
#[derive(Trace)]
pub(crate) struct Node {
    #[trace(skip)]
    data: Data,
    parent: Link,
    previous: Link,
    next: Link,
    first: Link,
    last: Link,
    /// The contents of a `template` element, which are a tree of their own.
    template: Link,
    #[trace(skip)]
    _counted: Counted,
}

/// What a node is.
pub(crate) enum Data {
    /// The root of a document or of the contents of a `template`.
    Document,
    /// The document type; the queries do not ask for its name.
    Doctype,
    /// A comment or processing instruction; the queries do not ask for its text.
    Comment,
    /// Text. The parser extends it as it reads on.
    Text(RefCell<StrTendril>),
    /// An element.
    Element(Element),
}

/// The part of an element that is not its place in the tree.
pub(crate) struct Element {
    pub(crate) name: QualName,
    pub(crate) attributes: RefCell<Vec<Attribute>>,
    /// Whether HTML may begin again inside this MathML element; the parser asks.
    pub(crate) integration_point: bool,
}

impl Node {
    /// A node that is linked to nothing.
    pub(crate) fn new(data: Data) -> Handle<Self> {
        Handle::new(Self {
            data,
            parent: Link::default(),
            previous: Link::default(),
            next: Link::default(),
            first: Link::default(),
            last: Link::default(),
            template: Link::default(),
            _counted: Counted::new(),
        })
    }

    /// An HTML element without attributes.
    pub(crate) fn element(name: LocalName) -> Handle<Self> {
        Self::new(Data::Element(Element {
            name: QualName::new(None, ns!(html), name),
            attributes: RefCell::default(),
            integration_point: false,
        }))
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    /// The element that this node is, if it is one.
    pub(crate) fn as_element(&self) -> Option<&Element> {
        match &self.data {
            Data::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The name of the HTML element that this node is, if it is one.
    pub(crate) fn html_name(&self) -> Option<&LocalName> {
        self.as_element()
            .filter(|e| e.name.ns == ns!(html))
            .map(|e| &e.name.local)
    }

    pub(crate) fn parent(&self) -> Option<Handle<Self>> {
        self.parent.borrow().clone()
    }

    pub(crate) fn previous(&self) -> Option<Handle<Self>> {
        self.previous.borrow().clone()
    }

    pub(crate) fn next(&self) -> Option<Handle<Self>> {
        self.next.borrow().clone()
    }

    pub(crate) fn first(&self) -> Option<Handle<Self>> {
        self.first.borrow().clone()
    }

    pub(crate) fn last(&self) -> Option<Handle<Self>> {
        self.last.borrow().clone()
    }

    /// The root of the contents of this `template` element, made on first use.
    pub(crate) fn template_contents(&self) -> Handle<Self> {
        self.template
            .borrow_mut()
            .get_or_insert_with(|| Self::new(Data::Document))
            .clone()
    }

    /// Unlinks this node, and with it what is below it, from its parent and siblings.
    pub(crate) fn detach(&self) {
        let (parent, previous, next) = (self.parent.take(), self.previous.take(), self.next.take());
        match (&previous, &parent) {
            (Some(previous), _) => set(&previous.next, next.clone()),
            (None, Some(parent)) => set(&parent.first, next.clone()),
            (None, None) => {}
        }
        match (next, parent) {
            (Some(next), _) => set(&next.previous, previous),
            (None, Some(parent)) => set(&parent.last, previous),
            (None, None) => {}
        }
    }
}

/// Points `link` elsewhere. The old handle is dropped after the borrow has ended.
fn set(link: &Link, target: Option<Handle<Node>>) {
    drop(link.replace(target));
}

/// Makes `child`, wherever it was before, the last child of `parent`.
pub(crate) fn append(parent: &Handle<Node>, child: &Handle<Node>) {
    child.detach();
    let last = parent.last.replace(Some(child.clone()));
    match &last {
        Some(last) => set(&last.next, Some(child.clone())),
        None => set(&parent.first, Some(child.clone())),
    }
    set(&child.previous, last);
    set(&child.parent, Some(parent.clone()));
}

/// Makes `child`, wherever it was before, the sibling before `sibling`.
pub(crate) fn insert_before(sibling: &Handle<Node>, child: &Handle<Node>) {
    child.detach();
    let parent = sibling.parent();
    let previous = sibling.previous.replace(Some(child.clone()));
    match (&previous, &parent) {
        (Some(previous), _) => set(&previous.next, Some(child.clone())),
        (None, Some(parent)) => set(&parent.first, Some(child.clone())),
        (None, None) => {}
    }
    set(&child.previous, previous);
    set(&child.next, Some(sibling.clone()));
    set(&child.parent, parent);
}

/// All nodes below `root` in document order.
///
/// An explicit walk along the links: a recursive one would be at the mercy of the input.
pub(crate) fn descendants(root: &Handle<Node>) -> impl Iterator<Item = Handle<Node>> {
    std::iter::successors(root.first(), |node| following(node, root))
}

/// The node after `node` in document order, if it is still below `root`.
fn following(node: &Handle<Node>, root: &Handle<Node>) -> Option<Handle<Node>> {
    if let Some(child) = node.first() {
        return Some(child);
    }
    let mut node = node.clone();
    while !Handle::ptr_eq(&node, root) {
        if let Some(next) = node.next() {
            return Some(next);
        }
        node = node.parent()?;
    }
    None
}

/// The node before `node` in document order: back through the siblings, then up to the parent.
pub(crate) fn preceding(node: &Handle<Node>) -> Option<Handle<Node>> {
    let Some(mut node) = node.previous() else {
        return node.parent();
    };
    while let Some(last) = node.last() {
        node = last;
    }
    Some(node)
}
