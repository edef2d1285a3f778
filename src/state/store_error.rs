//! Why a document cannot be kept or found, and what an operator can do about it.

use std::path::PathBuf;

use super::free_space::is_full;

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
    /// Another file is at its path, or none: what is written to the open one would be lost.
    #[error("{path} was replaced or removed while it was in use")]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The file is of a version that this program does not know.
    #[error(
        "{path} was written by a newer bllvmctl: it is of version {found}, and this program \
         knows {known}"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The last one that this program knows.
        known: u64,
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
    pub(super) fn with_cause(&self) -> String {
        match std::error::Error::source(self) {
            None => self.to_string(),
            Some(cause) if self.is_full() => format!("{self}: there is no room ({cause})"),
            Some(cause) => format!("{self}: {cause}"),
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Document { .. } => {
                "it holds the leases, the reconnection queue and the prune jobs; put a copy back, \
                 or move it away and start again: then the queue is empty, and leases have to be \
                 added again before anything is pruned"
            }
            Self::Newer { .. } => {
                "start the newer version again; or move the file away and start this one: then the \
                 queue is empty, and leases have to be added again before anything is pruned"
            }
            Self::Replaced { .. } => "restart bllvmctl: it then uses what is there now",
            Self::Database { .. } => {
                "state_dir names its directory; look at its owner, its mode and the free space"
            }
        }
    }
}
