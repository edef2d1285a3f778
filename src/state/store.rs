//! Documents that survive a restart: JSON by node and key, in named tables of one file.
//!
//! Refuses to know what they say. Invariant: of a batch of changes all are there after a crash, or
//! none is.
//!
//! Every call waits for the disk: it is made off the runtime's threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use redb::{Builder, Database, WriteTransaction};
use serde::de::DeserializeOwned;
use tracing::{info, warn};

use super::batch::{Batch, Table};
use super::free_space::is_full;
use super::layout::{self, Document, Keys};
use super::regular_file::FileIdentity;
use super::store_error::StoreError;
use super::store_file::{commit, create, failed, make_private, reopen};
use crate::values::unless_it_panics;

/// The open file.
pub struct Store {
    path: PathBuf,
    /// Whose the documents of an earlier version are, which knew only one node.
    only_node: String,
    open: Mutex<Open>,
    /// Why the last change was not written.
    trouble: ArcSwapOption<String>,
}

struct Open {
    /// Empty after an error of the disk: redb does nothing more until its file is opened again.
    database: Option<Database>,
    /// The file that it is in.
    file: Option<FileIdentity>,
    /// There was no store before, and there has been no room to make one.
    is_new: bool,
}

impl Open {
    fn new(path: &Path, database: Option<Database>, is_new: bool) -> Mutex<Self> {
        Mutex::new(Self {
            database,
            file: FileIdentity::of(path),
            is_new,
        })
    }
}

/// The documents of a table, of which some may be damaged, or of a later version.
pub struct ReadableDocuments<T> {
    /// Those that can be read, by their keys.
    pub documents: Vec<(String, T)>,
    /// The keys of the others.
    pub unreadable: Vec<String>,
}

impl Store {
    /// The name of the file in the state directory.
    pub const FILE: &'static str = "state.redb";
    /// Whose the documents of the daemon itself are. No node is called so.
    pub(super) const DAEMON: &'static str = "";

    /// Opens the file in `directory`, or makes it. One that a crash left behind is mended first;
    /// one that was changed since it was written is refused. `had_one`: there was one before, whose
    /// loss is worth a warning. Without room for a new one it is empty, and takes nothing before
    /// there is some. The documents of an earlier version, which knew only one node, become those
    /// of `only_node`, all in one transaction.
    pub(super) fn open(
        directory: &Path,
        had_one: bool,
        only_node: &str,
    ) -> Result<Self, StoreError> {
        let path = directory.join(Self::FILE);
        let size = match make_private(&path) {
            Ok(size) => size,
            Err(error) if is_full(&error) => 0,
            Err(error) => return Err(failed(&path, redb::Error::Io(error))),
        };
        if size == 0 && had_one {
            let path = path.display();
            warn!(%path, "the store of an earlier run is gone; starting without its leases, its \
                reconnection queue and jobs");
        }
        let store = |database, is_new, trouble| Self {
            path: path.clone(),
            only_node: only_node.to_owned(),
            open: Open::new(&path, database, is_new),
            trouble: ArcSwapOption::new(trouble),
        };
        if size == 0 {
            return match create(&path, only_node) {
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
            Ok(Ok(database)) => {
                let store = store(Some(database), false, None);
                store.take_over()?;
                Ok(store)
            }
            Ok(Err(error)) => Err(failed(&path, error.into())),
            Err(detail) => Err(StoreError::Damaged { path, detail }),
        }
    }

    /// A store in `directory`, which could not be made for want of room: it is empty, and made when
    /// there is some.
    pub(super) fn without_room(directory: &Path, only_node: &str) -> Self {
        let path = directory.join(Self::FILE);
        let cause = format!("cannot use {}: there is no room to make it", path.display());
        warn_full(&cause);
        Self {
            only_node: only_node.to_owned(),
            open: Open::new(&path, None, true),
            path,
            trouble: ArcSwapOption::new(Some(Arc::new(cause))),
        }
    }

    /// Brings a file of an earlier version to this one. Without room for that it is read as it is,
    /// and brought to this one with the first change.
    fn take_over(&self) -> Result<(), StoreError> {
        match self.with(layout::version)? {
            layout::VERSION => return Ok(()),
            found if found > layout::VERSION => {
                return Err(StoreError::Newer {
                    path: self.path.clone(),
                    found,
                    known: layout::VERSION,
                });
            }
            _ => {}
        }
        let path = self.path.display();
        match self.change(|_| Ok(())) {
            Ok(()) => {
                info!(%path, node = self.only_node, "the state of an earlier version is taken \
                                                     over");
                Ok(())
            }
            Err(error) if error.is_full() => {
                let cause = error.with_cause();
                warn!(
                    cause,
                    "the volume of the state is full: the state of an earlier version is taken \
                     over when there is room"
                );
                self.trouble.store(Some(Arc::new(cause)));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Why the last change was not written, if it was not.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    /// All documents of `node` in `table` by their keys, in the order of these.
    pub(super) fn load<T: DeserializeOwned>(
        &self,
        node: &str,
        table: Table,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let documents = self.read(|database| self.read_table(database, node, table))?;
        let parse = |(key, document): Document| match serde_json::from_slice(&document) {
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

    /// The same, but for those that cannot be read as a `T`: of these the keys.
    pub(super) fn load_readable<T: DeserializeOwned>(
        &self,
        node: &str,
        table: Table,
    ) -> Result<ReadableDocuments<T>, StoreError> {
        let documents = self.read(|database| self.read_table(database, node, table))?;
        let mut read = ReadableDocuments {
            documents: Vec::new(),
            unreadable: Vec::new(),
        };
        for (key, document) in documents {
            match serde_json::from_slice(&document) {
                Ok(document) => read.documents.push((key, document)),
                Err(_) => read.unreadable.push(key),
            }
        }
        Ok(read)
    }

    /// The nodes that have documents, and the keys of these by table.
    pub fn nodes(&self) -> Result<BTreeMap<String, Keys>, StoreError> {
        let mut nodes = self.read(|database| match layout::version(database)? {
            layout::VERSION => layout::nodes(database),
            // Whatever is in it is taken over by the only node.
            _ => Ok(BTreeMap::new()),
        })?;
        nodes.remove(Self::DAEMON);
        Ok(nodes)
    }

    /// Gives all documents of the node `before` to the node `after`, or none.
    pub fn rename(&self, before: &str, after: &str) -> Result<(), StoreError> {
        self.write_through(|transaction| layout::rename(transaction, before, after))
    }

    fn read_table(
        &self,
        database: &Database,
        node: &str,
        table: Table,
    ) -> Result<Vec<Document>, redb::Error> {
        if layout::version(database)? == layout::VERSION {
            return layout::read(database, table.0, node);
        }
        if node == self.only_node {
            layout::read_version_1(database, table.0)
        } else {
            Ok(Vec::new())
        }
    }

    /// Reads with `work`; a store for which there has been no room has nothing in it.
    fn read<T: Default>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        match self.with(work) {
            Err(error) if error.is_full() && self.locked().is_new => Ok(T::default()),
            read => read,
        }
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
                let database = create(&self.path, &self.only_node)?;
                info!(path = %self.path.display(), "there is space for the store again");
                open.is_new = false;
                open.file = FileIdentity::of(&self.path);
                database
            }
            None => {
                let database = self.uses(|| reopen(&self.path))?;
                open.file = FileIdentity::of(&self.path);
                database
            }
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

    /// Makes all changes of `batch` to the documents of `node`, and waits until they are on the
    /// disk.
    pub(super) fn write(&self, node: &str, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.write_through(|transaction| batch.apply(transaction, node))
    }

    /// Changes the file, and remembers whether that could be written.
    fn write_through(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        let written = self.check_file().and_then(|()| self.change(work));
        self.trouble.store(
            written
                .as_ref()
                .err()
                .map(|error| Arc::new(error.with_cause())),
        );
        written
    }

    /// Checks that what is written to the open file will be found at its path.
    fn check_file(&self) -> Result<(), StoreError> {
        let open = self.locked();
        if open.database.is_some() && open.file != FileIdentity::of(&self.path) {
            return Err(StoreError::Replaced {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    fn change(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        self.with(|database| commit(database, &self.only_node, work))
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
        "the volume of the state is full: leases and changes of the queue are refused until \
         there is room"
    );
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
