//! Documents that survive a restart: JSON by key, in named tables of one file.
//!
//! Refuses to know what they say. Invariant: of a batch of changes all are there after a crash, or none is.
//!
//! Every call waits for the disk: it is made off the runtime's threads.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::warn;

use crate::values::unless_it_panics;

/// Why a document cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What the file holds is not what was written to it.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its reader said.
        detail: String,
    },
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

impl StoreError {
    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Document { .. } => {
                "it holds the leases, the reconnection queue and the prune jobs; put a copy back, or move it away and start \
                 again: then the queue is empty, and leases have to be added again before anything is pruned"
            }
            Self::Database { .. } => {
                "node.state_dir names its directory; look at its owner, its mode and the free space"
            }
        }
    }
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

    /// Opens the file in `directory`, or makes it. One that a crash left behind is mended first; one that was changed
    /// since it was written is refused. `had_one`: there was one before, whose loss is worth a warning.
    pub(super) fn open(directory: &Path, had_one: bool) -> Result<Self, StoreError> {
        let path = directory.join(Self::FILE);
        // Made by us, so that nobody else may read it, whatever the umask and the directory say.
        let ours = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let size = match ours.and_then(|file| file.metadata()) {
            Ok(metadata) => metadata.len(),
            Err(error) => return Err(StoreError::Database { path, source: Box::new(redb::Error::Io(error)) }),
        };
        if size == 0 && had_one {
            let path = path.display();
            warn!(%path, "the store of an earlier run is gone; starting without its leases, its reconnection queue and jobs");
        }
        // All that was written has a checksum; to look at every one costs a few milliseconds.
        let check = || Builder::new().set_check_integrity_on_open(true).create(&path);
        let database = match unless_it_panics(check) {
            Ok(Ok(database)) => database,
            Ok(Err(error)) => return Err(failed(&path, error.into())),
            Err(detail) => return Err(StoreError::Damaged { path, detail }),
        };
        Ok(Self { path, database: Mutex::new(Some(database)) })
    }

    /// All documents of `table` by their keys, in the order of these.
    pub fn load<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        let documents = self.with(|database| read(database, table))?;
        let parse = |(key, document): (String, Vec<u8>)| match serde_json::from_slice(&document) {
            Ok(document) => Ok((key, document)),
            Err(source) => Err(StoreError::Document { path: self.path.clone(), table: table.0, key, source }),
        };
        documents.into_iter().map(parse).collect()
    }

    /// Uses the open file. After an error of the disk, as of one that was full, it is opened again the next time.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, StoreError> {
        let mut open = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match open.take() {
            Some(database) => database,
            None => self.uses(|| Ok(Database::create(&self.path)?))?,
        };
        let done = self.uses(|| work(&database));
        let goes_on = match &done {
            Ok(_) => true,
            Err(StoreError::Database { source, .. }) => {
                !matches!(**source, redb::Error::Io(_) | redb::Error::PreviousIo)
            }
            Err(_) => false,
        };
        if goes_on {
            *open = Some(database);
        } else {
            // What is damaged may not close cleanly.
            let _ = unless_it_panics(|| drop(database));
        }
        done
    }

    /// Has something done by redb, which panics on some damage.
    fn uses<T>(&self, work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreError> {
        match unless_it_panics(work) {
            Ok(done) => done.map_err(|error| failed(&self.path, error)),
            Err(detail) => Err(StoreError::Damaged { path: self.path.clone(), detail }),
        }
    }

    /// Makes all changes of `batch`, and waits until they are on the disk.
    pub fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.with(|database| commit(database, batch))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let open = self.database.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let _ = unless_it_panics(|| drop(open));
    }
}

fn failed(path: &Path, error: redb::Error) -> StoreError {
    let path = path.to_path_buf();
    match error {
        redb::Error::Corrupted(detail) => StoreError::Damaged { path, detail },
        redb::Error::Io(source) if source.kind() == ErrorKind::InvalidData => {
            StoreError::Damaged { path, detail: source.to_string() }
        }
        error => StoreError::Database { path, source: Box::new(error) },
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
    let mut transaction = database.begin_write()?;
    // Both ends of each commit are on the disk: one that is found to be damaged is no crash, and is not rolled back.
    transaction.set_two_phase_commit(true);
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
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const LEASES: Table = Table::new("leases");
    const QUEUE: Table = Table::new("queue");

    #[test]
    fn what_was_written_is_there_after_a_restart_in_the_order_of_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), false).unwrap();
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

        let store = Store::open(dir.path(), false).unwrap();
        let kept = store.load::<Value>(LEASES).unwrap();
        assert_eq!(kept, [("electrs".to_owned(), json!({"from": 9})), ("lnd".to_owned(), json!({"from": 8}))]);
        assert_eq!(store.load::<Value>(QUEUE).unwrap(), []);
    }

    #[test]
    fn a_document_of_another_shape_is_named_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), false).unwrap();
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
        let _store = Store::open(dir.path(), false).unwrap();
        let mode = std::fs::metadata(dir.path().join(Store::FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_store_is_named_with_a_way_out() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(Store::FILE), vec![7; 8192]).unwrap();
        let error = Store::open(dir.path(), false).err().unwrap();
        assert!(error.to_string().contains(Store::FILE), "{error}");
        assert!(error.hint().contains("move it away"));
    }

    type Documents = Vec<(String, Value)>;

    /// A store with some documents that was closed, and what was in it.
    fn closed_store(dir: &Path) -> (Vec<u8>, Documents) {
        let store = Store::open(dir, false).unwrap();
        for n in 0..40 {
            let mut batch = Batch::default();
            batch.put(LEASES, format!("lease-{n}"), &json!({"from_height": 1003, "owner": n}));
            batch.put(QUEUE, format!("peer-{n}"), &json!(vec![n; 20]));
            store.write(&batch).unwrap();
        }
        let documents = store.load(LEASES).unwrap();
        drop(store);
        (std::fs::read(dir.join(Store::FILE)).unwrap(), documents)
    }

    #[test]
    fn a_file_that_has_lost_its_end_is_damaged_wherever_it_was_cut() {
        let dir = tempfile::tempdir().unwrap();
        let (whole, documents) = closed_store(dir.path());
        for part in 1..20 {
            std::fs::write(dir.path().join(Store::FILE), &whole[..whole.len() * part / 20]).unwrap();
            let opened = Store::open(dir.path(), true).and_then(|store| store.load::<Value>(LEASES));
            assert!(opened.as_ref().is_ok_and(|found| *found == documents) || opened.is_err(), "{part}: {opened:?}");
        }
    }

    #[test]
    fn what_is_damaged_while_it_is_open_is_an_error_and_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        let (mut bytes, _) = closed_store(dir.path());
        let store = Store::open(dir.path(), true).unwrap();
        bytes[..].fill(0xff);
        std::fs::write(dir.path().join(Store::FILE), &bytes).unwrap();
        let mut batch = Batch::default();
        batch.put(LEASES, "late", &json!(1));
        // What is in memory may still be answered.
        let _ = (store.load::<Value>(LEASES), store.write(&batch), store.load::<Value>(QUEUE));
        drop(store);
        assert!(Store::open(dir.path(), true).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
        #[test]
        fn a_flipped_bit_is_found_or_changes_nothing(at in any::<prop::sample::Index>(), bit in 0..8_u8, anywhere in 0..4_u8) {
            static WHOLE: LazyLock<(Vec<u8>, Documents)> = LazyLock::new(|| {
                let dir = tempfile::tempdir().unwrap();
                closed_store(dir.path())
            });
            let dir = tempfile::tempdir().unwrap();
            let (mut bytes, documents) = WHOLE.clone();
            // Most of the file is empty, and may say what it likes.
            let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || anywhere == 0).collect();
            bytes[written[at.index(written.len())]] ^= 1_u8 << bit;
            std::fs::write(dir.path().join(Store::FILE), bytes).unwrap();
            match Store::open(dir.path(), true) {
                Ok(store) => prop_assert_eq!(store.load::<Value>(LEASES).unwrap(), documents),
                Err(error) => prop_assert!(error.to_string().contains(Store::FILE), "{}", error),
            }
        }
    }
}
