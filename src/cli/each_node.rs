//! What readers show: the only node, or each of several under its name.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::{NodeDocuments, Received};
use super::args::Format;
use super::client::Client;
use super::exit::{CommandResult, Exit, Failure};
use super::output::Output;
use super::render::flatten;

/// A list that each node has.
pub(super) struct PerNodeList<T: 'static> {
    /// Where it is, such as `queue`.
    pub(super) resource: &'static str,
    pub(super) columns: &'static [&'static str],
    /// The cells of `columns`.
    pub(super) raw: fn(&T) -> Vec<String>,
    pub(super) table: fn(&[T], Output) -> Result<(), Failure>,
}

impl<T: DeserializeOwned> PerNodeList<T> {
    /// Prints the list, or that of each node.
    pub(super) fn show(&self, client: &Client, output: Output) -> CommandResult {
        match client.read::<Vec<T>>(self.resource)? {
            NodeDocuments::One(list) => self.show_one(&list, output)?,
            NodeDocuments::Each(lists) => self.show_each(&lists, output)?,
        }
        Ok(Exit::Yes)
    }

    fn show_one(&self, list: &Received<Vec<T>>, output: Output) -> Result<(), Failure> {
        match output.format {
            Format::Json => output.json(&list.raw),
            Format::Tsv => {
                let rows: Vec<_> = list.document.iter().map(self.raw).collect();
                output.rows(self.columns, &rows)
            }
            Format::Table => (self.table)(&list.document, output),
        }
    }

    fn show_each(
        &self,
        lists: &[(String, Received<Vec<T>>)],
        output: Output,
    ) -> Result<(), Failure> {
        match output.format {
            Format::Json => output.json(&by_name(lists)),
            Format::Tsv => {
                let columns: Vec<&str> = [&["node"], self.columns].concat();
                let mut rows = Vec::new();
                for (name, list) in lists {
                    for row in list.document.iter().map(self.raw) {
                        rows.push([vec![name.clone()], row].concat());
                    }
                }
                output.rows(&columns, &rows)
            }
            Format::Table => {
                for (index, (name, list)) in lists.iter().enumerate() {
                    output.print(&heading(index, name))?;
                    (self.table)(&list.document, output)?;
                }
                Ok(())
            }
        }
    }
}

/// Prints documents: whole as JSON or TSV, as `text` in a table. `text` is given the name of a node
/// that is one of several.
pub(super) fn show<T>(
    documents: &NodeDocuments<T>,
    output: Output,
    text: impl Fn(Option<&str>, &T) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let raw = match documents {
        NodeDocuments::One(one) => one.raw.clone(),
        NodeDocuments::Each(each) => by_name(each),
    };
    match (output.format, documents) {
        (Format::Json, _) => output.json(&raw),
        (Format::Tsv, _) => output.rows(&["key", "value"], &flatten(&raw)),
        (Format::Table, NodeDocuments::One(one)) => output.print(&text(None, &one.document)?),
        (Format::Table, NodeDocuments::Each(each)) => {
            for (index, (name, received)) in each.iter().enumerate() {
                output.print(&heading(index, name))?;
                output.print(&text(Some(name), &received.document)?)?;
            }
            Ok(())
        }
    }
}

/// The line above what is of the node called `name`.
pub(super) fn heading(index: usize, name: &str) -> String {
    let gap = if index == 0 { "" } else { "\n" };
    format!("{gap}node {name}\n")
}

/// One document with that of each node under its name.
fn by_name<T>(documents: &[(String, Received<T>)]) -> Value {
    let members = documents
        .iter()
        .map(|(name, received)| (name.clone(), received.raw.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}
