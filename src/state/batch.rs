//! Changes of documents that are made together.

use redb::WriteTransaction;
use serde::Serialize;

use super::layout;

/// A table, by its name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table(pub(super) &'static str);

impl Table {
    /// The table called `name`. A name is for ever: another version may find the file.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

struct RecordChange {
    table: Table,
    key: String,
    document: Option<Vec<u8>>,
}

/// Changes that are made together.
#[derive(Default)]
pub struct Batch(Vec<RecordChange>);

impl Batch {
    /// Puts `document` at `key`, in place of what was there.
    pub fn put(&mut self, table: Table, key: impl Into<String>, document: &impl Serialize) {
        // Documents are structs of plain fields, which always serialise.
        let document = serde_json::to_vec(document).unwrap_or_default();
        self.0.push(RecordChange {
            table,
            key: key.into(),
            document: Some(document),
        });
    }

    /// Removes what is at `key`, if anything is.
    pub fn remove(&mut self, table: Table, key: impl Into<String>) {
        self.0.push(RecordChange {
            table,
            key: key.into(),
            document: None,
        });
    }

    /// Nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn apply(
        &self,
        transaction: &WriteTransaction,
        node: &str,
    ) -> Result<(), redb::Error> {
        for change in &self.0 {
            let mut table = transaction.open_table(layout::table(change.table.0))?;
            let key = (node, change.key.as_str());
            match &change.document {
                Some(document) => table.insert(key, document.as_slice())?,
                None => table.remove(key)?,
            };
        }
        Ok(())
    }
}
