//! Documents that survive a restart: JSON by key, in named tables of one file.
//!
//! Refuses to know what they say. Invariant: of a batch of changes all are there after a crash, or
//! none is.
//!
//! Every call waits for the disk: it is made off the runtime's threads.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{info, warn};

use super::{is_full, make_directory};
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
    /// Whether there was no room, which may be another time.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database { source, .. } => {
                matches!(&**source, redb::Error::Io(error) if is_full(error))
            }
            _ => false,
        }
    }

    /// It, and what the system said, in one line.
    fn with_cause(&self) -> String {
        let cause = std::error::Error::source(self);
        cause.map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Document { .. } => {
                "it holds the leases, the reconnection queue and the prune jobs; put a copy back, or move it away and start \
                 again: then the queue is empty, and leases have to be added again before anything is pruned"
            }
            Self::Database { .. } => {
                "state_dir names its directory; look at its owner, its mode and the free space"
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
        self.0.push(Change {
            table,
            key: key.into(),
            document: Some(document),
        });
    }

    /// Removes what is at `key`, if anything is.
    pub fn remove(&mut self, table: Table, key: impl Into<String>) {
        self.0.push(Change {
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
}

/// The open file.
pub struct Store {
    path: PathBuf,
    open: Mutex<Open>,
    /// Why the last change was not written.
    trouble: ArcSwapOption<String>,
}

struct Open {
    /// Empty after an error of the disk: redb does nothing more until its file is opened again.
    database: Option<Database>,
    /// There was no store before, and there has been no room to make one.
    is_new: bool,
}

impl Store {
    /// The name of the file in the state directory.
    pub const FILE: &'static str = "state.redb";

    /// Opens the file in `directory`, or makes it. One that a crash left behind is mended first;
    /// one that was changed since it was written is refused. `had_one`: there was one before, whose
    /// loss is worth a warning. Without room for a new one it is empty, and takes nothing before
    /// there is some.
    pub(super) fn open(directory: &Path, had_one: bool) -> Result<Self, StoreError> {
        let path = directory.join(Self::FILE);
        let size = match make_private(&path) {
            Ok(size) => size,
            Err(error) if is_full(&error) => 0,
            Err(error) => return Err(failed(&path, redb::Error::Io(error))),
        };
        if size == 0 && had_one {
            let path = path.display();
            warn!(%path, "the store of an earlier run is gone; starting without its leases, its reconnection queue and jobs");
        }
        let store = |database, is_new, trouble| Self {
            path: path.clone(),
            open: Mutex::new(Open { database, is_new }),
            trouble: ArcSwapOption::new(trouble),
        };
        if size == 0 {
            return match create(&path) {
                Ok(database) => Ok(store(Some(database), false, None)),
                Err(error) if error.is_full() => {
                    let cause = error.with_cause();
                    warn_full(&cause);
                    Ok(store(None, true, Some(Arc::new(cause))))
                }
                Err(error) => Err(error),
            };
        }
        // All that was written has a checksum; to look at every one costs a few milliseconds.
        let check = || {
            Builder::new()
                .set_check_integrity_on_open(true)
                .create(&path)
        };
        match unless_it_panics(check) {
            Ok(Ok(database)) => Ok(store(Some(database), false, None)),
            Ok(Err(error)) => Err(failed(&path, error.into())),
            Err(detail) => Err(StoreError::Damaged { path, detail }),
        }
    }

    /// A store in `directory`, which could not be made for want of room: it is empty, and made when
    /// there is some.
    pub(super) fn without_room(directory: &Path) -> Self {
        let path = directory.join(Self::FILE);
        let cause = format!("cannot use {}: there is no room to make it", path.display());
        warn_full(&cause);
        Self {
            path,
            open: Mutex::new(Open {
                database: None,
                is_new: true,
            }),
            trouble: ArcSwapOption::new(Some(Arc::new(cause))),
        }
    }

    /// Why the last change was not written, if it was not.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    /// All documents of `table` by their keys, in the order of these.
    pub fn load<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        let documents = match self.with(|database| read(database, table)) {
            // There are none.
            Err(error) if error.is_full() && self.locked().is_new => Vec::new(),
            documents => documents?,
        };
        let parse = |(key, document): (String, Vec<u8>)| match serde_json::from_slice(&document) {
            Ok(document) => Ok((key, document)),
            Err(source) => Err(StoreError::Document {
                path: self.path.clone(),
                table: table.0,
                key,
                source,
            }),
        };
        documents.into_iter().map(parse).collect()
    }

    /// Uses the open file. After an error of the disk, as of one that was full, it is opened again
    /// the next time.
    fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let mut open = self.locked();
        let database = match open.database.take() {
            Some(database) => database,
            None if open.is_new => {
                let database = create(&self.path)?;
                info!(path = %self.path.display(), "there is room for the store again");
                open.is_new = false;
                database
            }
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
            open.database = Some(database);
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
            Err(detail) => Err(StoreError::Damaged {
                path: self.path.clone(),
                detail,
            }),
        }
    }

    /// Makes all changes of `batch`, and waits until they are on the disk.
    pub fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let written = self.with(|database| commit(database, batch));
        self.trouble.store(
            written
                .as_ref()
                .err()
                .map(|error| Arc::new(error.with_cause())),
        );
        written
    }

    fn locked(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let open = self
            .open
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .database
            .take();
        let _ = unless_it_panics(|| drop(open));
    }
}

fn warn_full(cause: &str) {
    warn!(
        cause,
        "the volume of the state is full: leases and changes of the queue are refused until there is room"
    );
}

/// Made by us, so that nobody else may read it, whatever the umask and the directory say. Its size.
fn make_private(path: &Path) -> io::Result<u64> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.metadata()?.len())
}

/// Makes a store where none was. One for which there is no room leaves nothing behind that would
/// pass for a damaged one.
fn create(path: &Path) -> Result<Database, StoreError> {
    let as_error = |error| failed(path, redb::Error::Io(error));
    // There may have been no room for the directory either.
    path.parent()
        .map_or(Ok(()), make_directory)
        .map_err(as_error)?;
    make_private(path).map_err(as_error)?;
    let made = unless_it_panics(|| Database::create(path));
    if !matches!(made, Ok(Ok(_))) {
        let _ = OpenOptions::new().write(true).truncate(true).open(path);
    }
    match made {
        Ok(made) => made.map_err(|error| failed(path, error.into())),
        Err(detail) => Err(StoreError::Damaged {
            path: path.to_path_buf(),
            detail,
        }),
    }
}

fn failed(path: &Path, error: redb::Error) -> StoreError {
    let path = path.to_path_buf();
    match error {
        redb::Error::Corrupted(detail) => StoreError::Damaged { path, detail },
        redb::Error::Io(source) if source.kind() == ErrorKind::InvalidData => StoreError::Damaged {
            path,
            detail: source.to_string(),
        },
        error => StoreError::Database {
            path,
            source: Box::new(error),
        },
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
    // Both ends of each commit are on the disk: one that is found to be damaged is no crash, and is
    // not rolled back.
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
#[path = "store_tests.rs"]
mod tests;
