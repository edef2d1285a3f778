//! The documents of one node, or of the daemon itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;

use super::{Batch, ReadableDocuments, Store, StoreError, Table};

/// The documents of one node in the store. Every call but [`NodeStore::trouble`] waits for the
/// disk.
pub struct NodeStore {
    store: Arc<Store>,
    name: Mutex<String>,
}

impl NodeStore {
    /// The documents of the node called `name`.
    #[must_use]
    pub fn new(store: Arc<Store>, name: impl Into<String>) -> Self {
        Self {
            store,
            name: Mutex::new(name.into()),
        }
    }

    /// The documents of the daemon itself, beside those of its nodes.
    #[must_use]
    pub fn of_daemon(store: Arc<Store>) -> Self {
        Self::new(store, Store::DAEMON)
    }

    /// All documents of `table` by their keys, in the order of these.
    pub fn load<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        self.store.load(&self.name(), table)
    }

    /// As `load`, of a table in which one document more or less matters little: the keys of those
    /// that cannot be read are beside the others.
    pub fn load_readable<T: DeserializeOwned>(
        &self,
        table: Table,
    ) -> Result<ReadableDocuments<T>, StoreError> {
        self.store.load_readable(&self.name(), table)
    }

    /// Makes all changes of `batch`, and waits until they are on the disk.
    pub fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.store.write(&self.name(), batch)
    }

    /// Why the last change was not written, if it was not.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.store.trouble()
    }

    /// The node is called `name` from now on, and its documents are there under that name. If that
    /// cannot be written it keeps its name in the store.
    pub fn rename(&self, name: &str) -> Result<(), StoreError> {
        let mut before = self.name();
        if *before != name {
            self.store.rename(&before, name)?;
            name.clone_into(&mut before);
        }
        Ok(())
    }

    /// Held while the store is used, so that nothing is written under a name of before.
    fn name(&self) -> MutexGuard<'_, String> {
        self.name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
