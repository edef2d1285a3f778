//! Documents that survive a restart: JSON by key, in named tables of one file.
//!
//! Refuses to know what they say. Invariant: of a batch of changes all are there after a crash, or none is.
//!
//! Every call waits for the disk: it is made off the runtime's threads.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a document cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("cannot use {path}")]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong; the variants hold much and are seldom seen.
        source: Box<redb::Error>,
    },
    /// A document is not what this version wrote.
    #[error("cannot read {key} in table {table} of {path}")]
    Document {
        /// The file.
        path: PathBuf,
        /// The table's name.
        table: &'static str,
        /// The document's key.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// A table, by its name in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table(&'static str);

impl Table {
    /// The table called `name`. A name is for ever: another version may find the file.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.0)
    }
}

struct Change {
    table: Table,
    key: String,
    document: Option<Vec<u8>>,
}

/// Changes that are made together.
#[derive(Default)]
pub struct Batch(Vec<Change>);

impl Batch {
    /// Puts `document` at `key`, in place of what was there.
    pub fn put(&mut self, table: Table, key: impl Into<String>, document: &impl Serialize) {
        // Documents are structs of plain fields, which always serialise.
        let document = serde_json::to_vec(document).unwrap_or_default();
        self.0.push(Change { table, key: key.into(), document: Some(document) });
    }

    /// Removes what is at `key`, if anything is.
    pub fn remove(&mut self, table: Table, key: impl Into<String>) {
        self.0.push(Change { table, key: key.into(), document: None });
    }

    /// Nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The open file.
pub struct Store {
    path: PathBuf,
    /// Empty after an error of the disk: redb does nothing more until its file is opened again.
    database: Mutex<Option<Database>>,
}

impl Store {
    /// The name of the file in the state directory.
    pub const FILE: &'static str = "state.redb";

    /// Opens the file in `directory`, or makes it. One that a crash left behind is mended first.
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(Self::FILE);
        // Made by us, so that nobody else may read it, whatever the umask and the directory say.
        let ours = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        if let Err(error) = ours {
            return Err(StoreError::Database { path, source: Box::new(redb::Error::Io(error)) });
        }
        match Database::create(&path) {
            Ok(database) => Ok(Self { path, database: Mutex::new(Some(database)) }),
            Err(error) => Err(StoreError::Database { path, source: Box::new(error.into()) }),
        }
    }

    /// All documents of `table` by their keys, in the order of these.
    pub fn load<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        let documents = self.with(|database| read(database, table)).map_err(|source| self.failed(source))?;
        let parse = |(key, document): (String, Vec<u8>)| match serde_json::from_slice(&document) {
            Ok(document) => Ok((key, document)),
            Err(source) => Err(StoreError::Document { path: self.path.clone(), table: table.0, key, source }),
        };
        documents.into_iter().map(parse).collect()
    }

    /// Uses the open file. After an error of the disk, as of one that was full, it is opened again the next time.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, redb::Error> {
        let mut open = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match open.take() {
            Some(database) => database,
            None => Database::create(&self.path)?,
        };
        let done = work(&database);
        if !matches!(done, Err(redb::Error::Io(_) | redb::Error::PreviousIo)) {
            *open = Some(database);
        }
        done
    }

    /// Makes all changes of `batch`, and waits until they are on the disk.
    pub fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.with(|database| commit(database, batch)).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: redb::Error) -> StoreError {
        StoreError::Database { path: self.path.clone(), source: Box::new(source) }
    }
}

fn read(database: &Database, table: Table) -> Result<Vec<(String, Vec<u8>)>, redb::Error> {
    let table = match database.begin_read()?.open_table(table.definition()) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        table => table?,
    };
    let entry = |entry: Result<(redb::AccessGuard<'_, &str>, redb::AccessGuard<'_, &[u8]>), _>| {
        entry.map(|(key, document)| (key.value().to_owned(), document.value().to_vec()))
    };
    Ok(table.iter()?.map(entry).collect::<Result<_, _>>()?)
}

fn commit(database: &Database, batch: &Batch) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for change in &batch.0 {
        let mut table = transaction.open_table(change.table.definition())?;
        match &change.document {
            Some(document) => table.insert(change.key.as_str(), document.as_slice())?,
            None => table.remove(change.key.as_str())?,
        };
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LEASES: Table = Table::new("leases");
    const QUEUE: Table = Table::new("queue");

    #[test]
    fn what_was_written_is_there_after_a_restart_in_the_order_of_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.load::<Value>(LEASES).unwrap(), []);
        let mut batch = Batch::default();
        batch.put(LEASES, "lnd", &json!({"from": 7}));
        batch.put(LEASES, "electrs", &json!({"from": 9}));
        batch.put(QUEUE, "lnd", &json!(1));
        store.write(&batch).unwrap();
        let mut batch = Batch::default();
        batch.remove(QUEUE, "lnd");
        batch.remove(QUEUE, "never there");
        batch.put(LEASES, "lnd", &json!({"from": 8}));
        store.write(&batch).unwrap();
        drop(store);

        let store = Store::open(dir.path()).unwrap();
        let kept = store.load::<Value>(LEASES).unwrap();
        assert_eq!(kept, [("electrs".to_owned(), json!({"from": 9})), ("lnd".to_owned(), json!({"from": 8}))]);
        assert_eq!(store.load::<Value>(QUEUE).unwrap(), []);
    }

    #[test]
    fn a_document_of_another_shape_is_named_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut batch = Batch::default();
        batch.put(LEASES, "lnd", &json!("no number"));
        store.write(&batch).unwrap();
        let error = store.load::<u32>(LEASES).unwrap_err().to_string();
        assert!(error.contains("lnd in table leases") && error.contains(Store::FILE), "{error}");
    }

    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let _store = Store::open(dir.path()).unwrap();
        let mode = std::fs::metadata(dir.path().join(Store::FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_store_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(Store::FILE), vec![7; 8192]).unwrap();
        let error = Store::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains(Store::FILE), "{error}");
    }
}
