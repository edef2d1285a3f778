//! The page, as a parser of HTML sees it.

use std::collections::BTreeMap;
use std::rc::Rc;

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// A parsed document.
pub(super) struct Document {
    dom: RcDom,
}

/// An element of it.
#[derive(Clone)]
pub(super) struct Element {
    handle: Handle,
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
}

impl Document {
    /// Parses `html`, which must have no error.
    #[track_caller]
    pub(super) fn parse(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let errors = dom.errors.borrow();
        assert!(errors.is_empty(), "{errors:?}");
        drop(errors);
        Self { dom }
    }

    /// All elements, in their order.
    pub(super) fn all(&self) -> Vec<Element> {
        let mut found = Vec::new();
        collect(&self.dom.document, &mut found);
        found
    }

    /// The elements called `name`.
    pub(super) fn named(&self, name: &str) -> Vec<Element> {
        let mut all = self.all();
        all.retain(|element| element.name == name);
        all
    }

    /// The element with this id.
    #[track_caller]
    pub(super) fn id(&self, id: &str) -> Element {
        let all = self.all().into_iter();
        let mut with = all.filter(|element| element.attribute("id") == Some(id));
        with.next()
            .unwrap_or_else(|| panic!("no element with the id {id}"))
    }
}

impl Element {
    fn of(handle: &Handle) -> Option<Self> {
        let NodeData::Element { name, attrs, .. } = &handle.data else {
            return None;
        };
        let attributes = attrs.borrow();
        let attributes = attributes.iter();
        Some(Self {
            handle: Rc::clone(handle),
            name: name.local.to_string(),
            attributes: attributes
                .map(|attribute| {
                    (
                        attribute.name.local.to_string(),
                        attribute.value.to_string(),
                    )
                })
                .collect(),
        })
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attribute("class")
            .is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }

    /// The elements in it.
    pub(super) fn within(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for child in self.handle.children.borrow().iter() {
            collect(child, &mut found);
        }
        found
    }

    /// The elements called `name` in it.
    pub(super) fn named(&self, name: &str) -> Vec<Self> {
        let mut within = self.within();
        within.retain(|element| element.name == name);
        within
    }

    /// Its text, as it is.
    pub(super) fn raw_text(&self) -> String {
        let mut text = String::new();
        write_text(&self.handle, &mut text);
        text
    }

    /// Its text, with one space between words.
    pub(super) fn text(&self) -> String {
        let text = self.raw_text();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn collect(handle: &Handle, into: &mut Vec<Element>) {
    into.extend(Element::of(handle));
    for child in handle.children.borrow().iter() {
        collect(child, into);
    }
}

fn write_text(handle: &Handle, into: &mut String) {
    if let NodeData::Text { contents } = &handle.data {
        into.push_str(&contents.borrow());
    }
    for child in handle.children.borrow().iter() {
        write_text(child, into);
    }
}
